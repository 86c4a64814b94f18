//! Sequences that the compiler emits in many places, such as the bump that reserves a frame. A golden shows a sequence as one
//! line, `;; bump 24 -> $linmem.frame`; `tests/filetests/sequences` has a file for each, whose golden shows its instructions.
//!
//! The instructions are derived from the compiler's own output: see [`derive`](super::derive).

use super::derive::{PAD, Source};
use super::shown::{self, Part};
use linmem::{Config, Nesting, OnViolation, Optimize, OutOfMemory, Safety, StaticFrames, Zero};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

/// The options that the goldens of sequences show in addition to safety and nesting, one at a time.
pub const OPTIONS: [&str; 5] = ["default", "--on-violation report", "--zero free", "--oom null", "--optimize size"];

/// A configuration with one of [`OPTIONS`].
pub fn configure(safety: Safety, nesting: Nesting, option: &str) -> Config {
    let mut config = Config::new().with_safety(safety).with_nesting(nesting).with_static_frames(StaticFrames::Off);
    match option {
        "--on-violation report" => config.on_violation = OnViolation::Report,
        "--zero free" => config.zero = Zero::Free,
        "--oom null" => config.out_of_memory = OutOfMemory::Null,
        "--optimize size" => config.optimize = Optimize::Size,
        _ => {}
    }
    config
}

/// A word of a line of a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Text(String),
    /// `before`, and a number that depends on a parameter: its value times `factor`, plus `offset`.
    Number {
        before: String,
        parameter: String,
        factor: i128,
        offset: i128,
    },
    /// A local, by its name in the file.
    Local(String),
    /// `before`, the number of a label, counted from the block around the sequence, and `after`.
    Label {
        before: String,
        depth: usize,
        after: String,
    },
}

/// A line: its indentation relative to the first line, and its words.
pub(super) type Line = (usize, Vec<Word>);

/// A sequence in one configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    pub(super) format: Vec<Piece>,
    pub(super) lines: Vec<Line>,
}

/// A piece of the line that abbreviates a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Parameter(String),
}

type Values = BTreeMap<String, String>;

impl Sequence {
    /// The instructions of the sequence, with its parameters in braces.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (indent, words) in &self.lines {
            let words: Vec<String> = words.iter().map(Word::show).collect();
            out += &format!("{}{}\n", " ".repeat(4 + indent), words.join(" "));
        }
        shown::pack(&out)
    }

    /// The values of the parameters, if the lines start with this sequence.
    fn matches(&self, lines: &[&str]) -> Option<Values> {
        let mut values = Values::new();
        let base = indent(lines.first()?);
        for (number, (further, words)) in self.lines.iter().enumerate() {
            let line = lines.get(number)?;
            let starts_otherwise =
                matches!(words.first(), Some(Word::Text(word)) if !line[indent(line)..].starts_with(word.as_str()));
            if starts_otherwise || indent(line) != base + further {
                return None;
            }
            let found = split(line.trim_start());
            if found.len() != words.len()
                || !words.iter().zip(&found).all(|(word, found)| word.fits(found, base, &mut values))
            {
                return None;
            }
        }
        Some(values)
    }

    fn lines(&self, values: &Values, base: usize) -> Option<Vec<String>> {
        let line = |(further, words): &Line| -> Option<String> {
            let words: Option<Vec<String>> = words.iter().map(|word| word.fill(values, base)).collect();
            Some(format!("{}{}", " ".repeat(base + further), words?.join(" ")))
        };
        self.lines.iter().map(line).collect()
    }

    /// The line that abbreviates the sequence.
    fn write(&self, values: &Values) -> String {
        let mut out = String::from(";; ");
        for piece in &self.format {
            match piece {
                Piece::Text(text) => out += text,
                Piece::Parameter(name) => out += values.get(name).map_or("_", |value| value),
            }
        }
        out
    }

    /// Parses the line that abbreviates the sequence.
    fn read(&self, line: &str) -> Option<Values> {
        let mut rest = line.trim_start().strip_prefix(";; ")?;
        let mut values = Values::new();
        for (number, piece) in self.format.iter().enumerate() {
            match piece {
                Piece::Text(text) => rest = rest.strip_prefix(text.as_str())?,
                Piece::Parameter(name) => {
                    let end = match self.format.get(number + 1) {
                        Some(Piece::Text(next)) => rest.find(next.as_str())?,
                        _ => rest.len(),
                    };
                    let quoted = rest.starts_with("$\"");
                    if rest[..end].contains(' ') && !quoted {
                        return None;
                    }
                    if &rest[..end] != "_" {
                        values.insert(name.clone(), rest[..end].to_string());
                    }
                    rest = &rest[end..];
                }
            }
        }
        rest.is_empty().then_some(values)
    }
}

impl Word {
    fn show(&self) -> String {
        match self {
            Word::Text(text) => text.clone(),
            Word::Local(name) => format!("{{{name}}}"),
            Word::Label { before, depth, after } => format!("{before}{depth}{after}"),
            Word::Number { before, parameter, factor, offset } => {
                let parameter = if parameter == PAD { "site" } else { parameter };
                let times = if *factor == 1 { String::new() } else { format!("{factor} * ") };
                let plus = match offset {
                    0 => String::new(),
                    _ if *offset < 0 => format!(" - {}", -offset),
                    _ => format!(" + {offset}"),
                };
                format!("{before}{{{times}{parameter}{plus}}}")
            }
        }
    }

    fn fits(&self, found: &str, base: usize, values: &mut Values) -> bool {
        let mut is = |name: &String, value: String| match values.get(name) {
            Some(known) => *known == value,
            None => {
                values.insert(name.clone(), value);
                true
            }
        };
        match self {
            Word::Text(text) => text == found,
            Word::Local(name) => is(name, found.to_string()),
            Word::Label { before, depth, after } => {
                let number = found.strip_prefix(before.as_str()).and_then(|rest| rest.strip_suffix(after.as_str()));
                number == Some((depth + (base - 4) / 2).to_string().as_str())
            }
            Word::Number { before, parameter, factor, offset } => {
                let number = found.strip_prefix(before.as_str()).and_then(|rest| rest.parse::<i128>().ok());
                number.is_some_and(|number| {
                    (number - offset) % factor == 0
                        && (number - offset) / factor >= 0
                        && is(parameter, ((number - offset) / factor).to_string())
                })
            }
        }
    }

    fn fill(&self, values: &Values, base: usize) -> Option<String> {
        Some(match self {
            Word::Text(text) => text.clone(),
            Word::Local(name) => values.get(name)?.clone(),
            Word::Label { before, depth, after } => format!("{before}{}{after}", depth + (base - 4) / 2),
            Word::Number { before, parameter, factor, offset } => {
                format!("{before}{}", factor * values.get(parameter)?.parse::<i128>().ok()? + offset)
            }
        })
    }
}

/// Replaces the type of segments by `{seg}`, if it is a reference, nullable or not.
pub fn generalize(representation: &str, text: &str) -> String {
    if !super::references().iter().any(|reference| reference == representation) {
        return text.to_string();
    }
    let nullable = representation.strip_prefix("(ref ").and_then(|rest| rest.strip_suffix(')'));
    let text = text.replace(representation, "{seg}");
    nullable.map_or(text.clone(), |heap| text.replace(&format!("{heap}ref"), "{seg}"))
}

pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The words of a line; quoted text is one word.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        quoted ^= c == '"';
        match words.last_mut() {
            Some(last) if c != ' ' || quoted => last.push(c),
            _ => words.push(String::new()),
        }
    }
    words
}

/// The sequences of one configuration, longest first.
pub type Sequences = Arc<Vec<Sequence>>;

/// The sequences of a configuration; empty if it has more than one of [`OPTIONS`].
pub fn of(representation: &str, config: &Config) -> Result<Sequences, String> {
    static KNOWN: OnceLock<Mutex<BTreeMap<String, Sequences>>> = OnceLock::new();
    static SOURCES: OnceLock<Result<Vec<Source>, String>> = OnceLock::new();
    let safety = config.safety_of(super::representation(representation));
    let relevant = |config: &Config| (config.zero, config.out_of_memory, config.on_violation, config.optimize);
    let same = |option: &&&str| relevant(&configure(safety, config.nesting, option)) == relevant(config);
    let Some(option) = OPTIONS.iter().find(same) else { return Ok(Sequences::default()) };
    let representation = match representation {
        "" => "i64",
        // All reference types give the same code.
        other if super::references().iter().any(|reference| reference == other) => "anyref",
        other => other,
    };
    let key = format!("{representation} {safety} {} {option}", config.nesting);
    let known = KNOWN.get_or_init(Mutex::default);
    if let Some(found) = known.lock().expect("no thread panicked with the lock").get(&key) {
        return Ok(found.clone());
    }
    let sources = SOURCES.get_or_init(|| {
        let folder = super::root().join("tests/filetests/sequences");
        super::files(&folder, "wat").iter().map(|path| Source::read(path)).collect()
    });
    let mut found = Vec::new();
    for source in sources.as_ref().map_err(Clone::clone)? {
        found.extend(source.derive(representation, &configure(safety, config.nesting, option))?);
    }
    found.sort_by_key(|sequence| std::cmp::Reverse(sequence.lines.len()));
    let found = Arc::new(found);
    known.lock().expect("no thread panicked with the lock").insert(key, found.clone());
    Ok(found)
}

/// Replaces each sequence in the text of a part by its line.
pub fn fold(sequences: &Sequences, part: &mut Part) {
    let lines: Vec<&str> = part.text.lines().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < lines.len() {
        let matching = |sequence: &Sequence| {
            let values = sequence.matches(&lines[at..])?;
            // The line must determine the instructions.
            let unfolded = unfold(sequences, &format!("{}{}", " ".repeat(indent(lines[at])), sequence.write(&values)));
            unfolded
                .lines()
                .eq(lines[at..at + sequence.lines.len()].iter().copied())
                .then(|| (sequence.clone(), values))
        };
        match sequences.iter().find_map(matching).filter(|_| indent(lines[at]) >= 4) {
            Some((sequence, values)) => {
                out += &format!("{}{}\n", " ".repeat(indent(lines[at])), sequence.write(&values));
                at += sequence.lines.len();
            }
            None => {
                out += &format!("{}\n", lines[at]);
                at += 1;
            }
        }
    }
    assert_eq!(unfold(sequences, &out), part.text, "the folded lines determine the text");
    part.text = out;
}

/// Replaces each line that abbreviates a sequence by its instructions.
pub fn unfold(sequences: &Sequences, text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let read = |sequence: &Sequence| sequence.lines(&sequence.read(line)?, indent(line));
        match sequences.iter().find_map(read) {
            Some(lines) => lines.iter().for_each(|line| out += &format!("{line}\n")),
            None => out += &format!("{line}\n"),
        }
    }
    out
}
