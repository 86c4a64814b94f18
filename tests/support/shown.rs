//! What goldens show of a module: its functions, each separately, and the rest of the module. Indices of types and functions are
//! omitted, so that a golden changes only if the code does.

use std::collections::BTreeMap;

/// A part of a module: a function, or the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name: `$name`, or `(export "name")` of a function without a name, else its position among the functions.
    pub name: String,
    /// The heading of a function, with its locals.
    pub head: String,
    /// The body, indented by at least four blanks.
    pub text: String,
}

impl Part {
    /// Whether this is a function that linmem added.
    pub fn is_helper(&self) -> bool {
        self.name.starts_with("$linmem.")
    }
}

/// The functions of a printed module, in their order.
pub fn functions(printed: &str) -> Vec<Part> {
    let exports = exports(printed);
    let mut found: Vec<Part> = Vec::new();
    let mut is_inside = false;
    for line in printed.lines() {
        if let Some(heading) = line.strip_prefix("  (func ") {
            let number = number_of(heading);
            let (name, heading) = match (heading.starts_with('$'), exports.get(&number)) {
                (true, _) => (heading.split(" (;").next().unwrap_or_default().to_string(), heading.to_string()),
                (false, Some(export)) => (export.clone(), format!("{export} {heading}")),
                (false, None) => (format!("function {}", found.len()), heading.to_string()),
            };
            // A function without a body ends on its first line.
            is_inside = balance(&heading) >= 0;
            let heading = if is_inside { &heading[..] } else { heading.strip_suffix(')').unwrap_or(&heading) };
            found.push(Part { name, head: format!("func {}\n", without_numbers(heading)), text: String::new() });
        } else if line == "  )" {
            is_inside = false;
        } else if is_inside && let Some(part) = found.last_mut() {
            let is_local = line.starts_with("    (local ");
            let place = if is_local { &mut part.head } else { &mut part.text };
            *place += &without_type(line);
            place.push('\n');
        }
    }
    found
}

/// A module without its types and functions; with the headings of the helpers, if `with_helpers` is set.
pub fn shell(printed: &str, with_helpers: bool) -> Part {
    let mut text = String::new();
    let mut keeps = false;
    for line in printed.lines().skip(1).filter(|line| *line != ")") {
        if line.starts_with("  (") {
            keeps = !line.starts_with("  (func ") && !line.starts_with("  (type ") && !line.starts_with("  (rec");
            if line.starts_with("  (func $linmem.") && with_helpers {
                text += &format!("  {}\n", without_numbers(line));
            }
        }
        if keeps {
            text += &format!("  {}\n", without_numbers(line));
        }
    }
    Part { name: "module".to_string(), head: "module\n".to_string(), text }
}

/// Writes `{seg}` for the type of a parameter, a result or a local if it is the type of segments with every choice. `choices` has
/// the type of segments and the parts of the module for each choice.
pub fn generalize(choices: &mut [(&str, &mut Vec<Part>)]) {
    let words: std::collections::BTreeSet<&str> = choices.iter().map(|(word, _)| *word).collect();
    if words.len() < 2 {
        return;
    }
    let mut always: BTreeMap<(String, String), bool> = BTreeMap::new();
    for (word, parts) in choices.iter() {
        for part in parts.iter() {
            for (key, ty) in types(&part.head).1 {
                *always.entry((part.name.clone(), key)).or_insert(true) &= ty == *word || ty == "{seg}";
            }
        }
    }
    for (_, parts) in choices {
        for part in parts.iter_mut() {
            let (pieces, types) = types(&part.head);
            let mut head = String::new();
            for (number, piece) in pieces.iter().enumerate() {
                head += piece;
                if let Some((key, ty)) = types.get(number) {
                    let is_segment = always.get(&(part.name.clone(), key.clone())) == Some(&true);
                    head += if is_segment { "{seg}" } else { ty };
                }
            }
            part.head = head;
        }
    }
}

/// The types in a heading: the text between them, and each type with a key, which is the name or else the position of its owner.
fn types(head: &str) -> (Vec<String>, Vec<(String, String)>) {
    let (mut pieces, mut types, mut kind, mut name) = (vec![String::new()], Vec::new(), String::new(), String::new());
    let mut rest = head;
    while !rest.is_empty() {
        let end = rest.find([' ', '(', ')', '\n', '"']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let separator = after.chars().next().map_or("", |c| &after[..c.len_utf8()]);
        if matches!(word, "param" | "result" | "local") {
            (kind, name) = (word.to_string(), String::new());
        } else if word.starts_with('$') {
            name = word.to_string();
        }
        if matches!(word, "i32" | "i64" | "{seg}") && !kind.is_empty() {
            let key = if name.is_empty() { format!("{kind} {}", types.len()) } else { format!("{kind} {name}") };
            types.push((key, word.to_string()));
            pieces.push(String::new());
        } else if let Some(last) = pieces.last_mut() {
            last.push_str(word);
        }
        if let Some(last) = pieces.last_mut() {
            last.push_str(separator);
        }
        rest = &after[separator.len()..];
    }
    (pieces, types)
}

/// The length up to which instructions are added to a line.
const WIDTH: usize = 100;

/// The blanks between instructions of one line.
const BLANKS: &str = "   ";

/// Puts each statement of a body on one line: the instructions that compute operands, and the one that uses them.
///
/// ```text
/// local.get $i   i32.const 1   i32.add   local.set $i
/// ```
pub fn pack(text: &str) -> String {
    let mut lines: Vec<(usize, String, bool)> = Vec::new();
    for line in text.lines() {
        let (indent, word) = (line.len() - line.trim_start().len(), line.trim_start());
        let begins = ["block", "loop", "try_table", "else", "end", ";;"].iter().any(|start| word.starts_with(start));
        match lines.last_mut() {
            Some((of, last, true)) if *of == indent && !begins && last.len() + word.len() < WIDTH => {
                *last += &format!("{BLANKS}{word}");
                let (_, _, continues) = lines.last_mut().expect("a line was found");
                *continues = computes(word);
            }
            _ => lines.push((indent, word.to_string(), computes(word))),
        }
    }
    let packed: String = lines.iter().map(|(indent, line, _)| format!("{}{line}\n", " ".repeat(*indent))).collect();
    assert_eq!(unpack(&packed), text, "the packed lines determine the text");
    packed
}

/// Puts each instruction of a body on its own line.
pub fn unpack(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let (indent, line) = line.split_at(line.len() - line.trim_start().len());
        line.split(BLANKS).for_each(|word| out += &format!("{indent}{word}\n"));
    }
    out
}

/// Whether an instruction only computes a value, so that an instruction that uses the value follows.
fn computes(line: &str) -> bool {
    let word = line.split(' ').next().unwrap_or_default();
    let has_effect = word.contains("store") || word.contains("atomic") || word == "local.set" || word == "global.set";
    let starts =
        ["local.", "global.", "i32", "i64", "f32", "f64", "v128", "i8x16", "i16x8", "ref.", "struct.", "select"];
    !has_effect && starts.iter().any(|start| word.starts_with(start))
}

/// The export names of functions, by their index.
fn exports(printed: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for line in printed.lines() {
        let Some((name, rest)) = line.strip_prefix("  (export ").and_then(|line| line.split_once(" (func ")) else {
            continue;
        };
        let number = rest.trim_end_matches(')').to_string();
        let export = format!("(export {name})");
        found.entry(number).and_modify(|known| *known = format!("{known} {export}")).or_insert(export);
    }
    found
}

/// The number in `(;3;)`.
fn number_of(heading: &str) -> String {
    let number = heading.split_once("(;").and_then(|(_, rest)| rest.split_once(";)"));
    number.map(|(number, _)| number.to_string()).unwrap_or_default()
}

/// The number of parentheses that are open at the end.
fn balance(text: &str) -> i32 {
    text.chars().map(|c| i32::from(c == '(') - i32::from(c == ')')).sum()
}

/// A line without `(;3;)` and `(type 4)`.
fn without_numbers(line: &str) -> String {
    let mut text = line.to_string();
    for (open, close) in [("(;", ";)"), ("(type ", ")")] {
        while let Some(start) = text.find(open) {
            let Some(length) = text[start..].find(close) else { break };
            let before = if text[..start].ends_with(' ') { start - 1 } else { start };
            text.replace_range(before..start + length + close.len(), "");
        }
    }
    text
}

/// A line of a body. In the heading of a block, the index of its type is omitted, since the type follows it.
fn without_type(line: &str) -> String {
    let word = line.trim_start().split(' ').next().unwrap_or_default();
    if !matches!(word, "block" | "loop" | "if" | "try_table") {
        return line.to_string();
    }
    match (line.find("(type "), line) {
        (Some(start), line) => {
            let end = line[start..].find(')').map_or(line.len(), |length| start + length + 1);
            format!("{}{}", &line[..start], line[end..].trim_start())
        }
        (None, line) => line.to_string(),
    }
}
