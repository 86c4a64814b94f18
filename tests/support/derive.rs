//! Derives the instructions of a sequence from the compiler's output.
//!
//! A file of `tests/filetests/sequences` is lowered with several values of its parameters:
//!
//! ```text
//! ;;! sequence: bump {bytes} -> {$linmem.frame}   the line that abbreviates it
//! ;;! bytes: 24 48 104                            values of a parameter, or TEXT=VALUE, where TEXT replaces `{bytes}`
//! ;;! after: i32.add > end | else    ;;! before: i32.load   ;;! behind: end
//! ;;! until: struct.get   ;;! through: end
//! ```
//!
//! The sequence is taken from the lines between `call $begin` and `call $end`, which these headers narrow, in this order:
//!
//! - `after` keeps the lines after its first match; each pattern after a `>` does the same with the rest;
//! - `before` keeps the lines before its last match, and `behind` those after its last match;
//! - `until` keeps the lines before its first match, and `through` those up to its first match, which is included.
//!
//! A pattern is the start of a line; `|` separates alternatives. Lines in blocks do not match. If a pattern is not found, the
//! sequence is empty. Numbers that change with a parameter are parameters of the sequence, and so are locals. `{pad}` is
//! replaced by functions with sites, so that site numbers change.

use super::sequences::{Line, Piece, Sequence, Word, generalize, indent, split};
use super::shown;
use linmem::Config;
use std::path::Path;

/// The placeholder that makes site numbers change.
pub(super) const PAD: &str = "pad";

/// A file that defines a sequence.
pub struct Source {
    text: String,
    format: Vec<Piece>,
    parameters: Vec<(String, Vec<(String, i128)>)>,
    after: Vec<Vec<String>>,
    before: Vec<String>,
    until: Vec<String>,
    through: Vec<String>,
    behind: Vec<String>,
}

impl Source {
    pub fn read(path: &Path) -> Result<Source, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let mut source = Source {
            text,
            format: Vec::new(),
            parameters: Vec::new(),
            after: Vec::new(),
            before: Vec::new(),
            until: Vec::new(),
            through: Vec::new(),
            behind: Vec::new(),
        };
        for line in source.text.clone().lines().filter_map(|line| line.strip_prefix(";;!")) {
            let (key, value) = line.trim().split_once(": ").ok_or_else(|| format!("`{line}` is not a header"))?;
            let alternatives = |value: &str| value.split(" | ").map(|text| text.trim().to_string()).collect();
            match key {
                "sequence" => source.format = pieces(value),
                "after" => source.after = value.split(" > ").map(alternatives).collect(),
                "before" => source.before = alternatives(value),
                "until" => source.until = alternatives(value),
                "through" => source.through = alternatives(value),
                "behind" => source.behind = alternatives(value),
                "representations" => {}
                _ => {
                    let value = |word: &str| {
                        let (text, value) = word.split_once('=').unwrap_or((word, word));
                        value
                            .parse()
                            .map(|value| (text.to_string(), value))
                            .map_err(|_| format!("`{value}` is not a number"))
                    };
                    let values: Result<Vec<_>, _> =
                        line.trim()[key.len() + 1..].split_whitespace().map(value).collect();
                    source.parameters.push((key.to_string(), values?));
                }
            }
        }
        let pads = [0, 1, 3].map(|count| {
            let function = "(func (drop (call $allocate (call $new) (i32.const 8))))";
            (function.repeat(count), count as i128)
        });
        source.parameters.push((PAD.to_string(), pads.to_vec()));
        Ok(source)
    }

    /// Derives the sequence for a representation and a configuration; `None` if the compiler emits nothing.
    pub fn derive(&self, representation: &str, config: &Config) -> Result<Option<Sequence>, String> {
        let first: Vec<usize> = vec![0; self.parameters.len()];
        let base = self.lower(representation, config, &first)?;
        let mut lines: Vec<Line> = Vec::new();
        let depth = base.first().map_or(0, |line| indent(line));
        let mut others: Vec<(usize, Vec<i128>, Vec<Vec<String>>)> = Vec::new();
        for (parameter, (_, values)) in self.parameters.iter().enumerate() {
            let mut lowered = Vec::new();
            for value in 1..values.len() {
                let mut with = first.clone();
                with[parameter] = value;
                lowered.push(self.lower(representation, config, &with)?);
            }
            others.push((parameter, values.iter().map(|(_, value)| *value).collect(), lowered));
        }
        for (number, line) in base.iter().enumerate() {
            let mut words = Vec::new();
            let found = split(line.trim_start());
            for (place, word) in found.iter().enumerate() {
                let previous = place.checked_sub(1).map(|before| found[before].as_str());
                if previous.is_some_and(|before| before.starts_with("local.")) {
                    words.push(Word::Local(word.clone()));
                    continue;
                }
                if let Some((before, label, after)) = label(word) {
                    let depth = (label + 2) - depth / 2;
                    words.push(Word::Label { before, depth, after });
                    continue;
                }
                let mut kind = Word::Text(word.clone());
                for (parameter, values, lowered) in &others {
                    let mut texts = vec![word.clone()];
                    for lines in lowered {
                        let line = lines.get(number).ok_or("the number of lines depends on a parameter")?;
                        texts.push(split(line.trim_start()).get(place).cloned().ok_or("words depend on a parameter")?);
                    }
                    if texts.iter().all(|text| text == word) {
                        continue;
                    }
                    kind = number_word(&self.parameters[*parameter].0, values, &texts)
                        .ok_or_else(|| format!("{texts:?} do not follow from the values of a parameter"))?;
                }
                words.push(kind);
            }
            lines.push((indent(line) - depth, words));
        }
        if lines.len() < 2 {
            return Ok(None);
        }
        // Use the first alternative that exists.
        let has = |name: &str| {
            lines.iter().flat_map(|(_, words)| words).any(|word| match word {
                Word::Local(local) => local == name,
                Word::Number { parameter, .. } => parameter == name,
                _ => false,
            })
        };
        let mut format = self.format.clone();
        for piece in &mut format {
            if let Piece::Parameter(names) = piece {
                *names = names.split('|').find(|name| has(name)).unwrap_or_default().to_string();
            }
        }
        let is_named = |format: &[Piece], name: &str| format.contains(&Piece::Parameter(name.to_string()));
        for word in lines.iter().flat_map(|(_, words)| words) {
            let (name, before) = match word {
                Word::Local(name) => (name, ", "),
                Word::Number { parameter, .. } if parameter == PAD => (parameter, ", site "),
                Word::Number { parameter, .. } => (parameter, ", "),
                _ => continue,
            };
            if !is_named(&format, name) {
                format.extend([Piece::Text(before.to_string()), Piece::Parameter(name.clone())]);
            }
        }
        Ok(Some(Sequence { format, lines }))
    }

    /// The lines of the sequence with these values of the parameters.
    fn lower(&self, representation: &str, config: &Config, values: &[usize]) -> Result<Vec<String>, String> {
        let mut text = self.text.clone();
        for ((name, known), value) in self.parameters.iter().zip(values) {
            text = text.replace(&format!("{{{name}}}"), &known[*value].0);
        }
        let text = super::testfile::expand(&text, representation);
        let linked = linmem::link(text.as_bytes(), config).map_err(|error| error.to_string())?;
        let printed = linmem::wat::print(&linked).map_err(|error| error.to_string())?;
        let parts = shown::functions(&printed);
        let part = parts
            .iter()
            .find(|part| part.name == "(export \"sequence\")")
            .ok_or("the export `sequence` does not exist")?;
        let body = generalize(representation, &part.text);
        let lines: Vec<&str> = body.lines().collect();
        let place =
            |mark: &str| lines.iter().position(|line| line.trim() == mark).ok_or(format!("`{mark}` does not exist"));
        let mut lines = &lines[place("call $begin")? + 1..place("call $end")?];
        let outer = lines.first().map_or(0, |line| indent(line));
        let starts = |line: &&str, with: &[String]| {
            indent(line) == outer && with.iter().any(|with| line.trim_start().starts_with(with.as_str()))
        };
        for after in &self.after {
            let start = lines.iter().position(|line| starts(line, after));
            lines = start.map_or(&[], |start| &lines[start + 1..]);
        }
        if !self.before.is_empty() {
            let end = lines.iter().rposition(|line| starts(line, &self.before));
            lines = end.map_or(&[], |end| &lines[..end]);
        }
        if !self.behind.is_empty() {
            let start = lines.iter().rposition(|line| starts(line, &self.behind));
            lines = start.map_or(&[], |start| &lines[start + 1..]);
        }
        if !self.until.is_empty() {
            let end = lines.iter().position(|line| starts(line, &self.until));
            lines = end.map_or(&[], |end| &lines[..end]);
        }
        if !self.through.is_empty() {
            let end = lines.iter().position(|line| starts(line, &self.through));
            lines = end.map_or(&[], |end| &lines[..=end]);
        }
        Ok(lines.iter().map(|line| (*line).to_string()).collect())
    }
}

/// The number after `@`, with the text before and after it.
fn label(word: &str) -> Option<(String, usize, String)> {
    let (before, rest) = word.split_once('@')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let number = rest[..digits].parse().ok()?;
    Some((format!("{before}@"), number, rest[digits..].to_string()))
}

/// The rule by which the texts follow from the values: a common prefix, and a number that is linear in the value.
fn number_word(parameter: &str, values: &[i128], texts: &[String]) -> Option<Word> {
    let before = texts[0].trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_string();
    let numbers: Option<Vec<i128>> =
        texts.iter().map(|text| text.strip_prefix(before.as_str())?.parse().ok()).collect();
    let numbers = numbers?;
    let factor = (numbers[1] - numbers[0]) / (values[1] - values[0]);
    let offset = numbers[0] - factor * values[0];
    let holds = values.iter().zip(&numbers).all(|(value, number)| factor * value + offset == *number);
    (holds && factor != 0).then(|| Word::Number { before, parameter: parameter.to_string(), factor, offset })
}

/// The pieces of a line with parameters in braces.
fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    for (number, part) in text.split(['{', '}']).enumerate() {
        if !part.is_empty() {
            found.push(if number % 2 == 0 { Piece::Text(part.into()) } else { Piece::Parameter(part.into()) });
        }
    }
    found
}
