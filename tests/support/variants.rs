//! The text of a golden: parts, such as functions, each in the variants that different choices give. The first variant of a part is
//! shown whole, each other one as the changes from the most similar variant before it.
//!
//! ```text
//! ;; 1: i32
//! func $f (result i32)
//!     i32.load
//!
//! ;; 2, from 1: i64 anyref
//! -func $f (result i32)
//! +func $f (param i64) (result i32)
//! ```
//!
//! A change follows as many unchanged lines as are needed to find its place when the variant is read from its start, and at
//! least one. So the text determines every variant, which [`render`] asserts.

use super::choices::Universe;
use super::shown::Part;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::ops::Range;

/// Renders the parts that each choice of the universe gives as the text of a golden.
pub fn render(universe: &Universe, choices: &[Vec<Part>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for part in choices.iter().flatten() {
        if !names.contains(&part.name.as_str()) {
            names.push(&part.name);
        }
    }
    let of = |name: &str, text: fn(&Part) -> &String| -> Vec<String> {
        let part = |parts: &Vec<Part>| parts.iter().find(|part| part.name == name).map(text).cloned();
        choices.iter().map(|parts| part(parts).unwrap_or_default()).collect()
    };
    let parts = names.iter().map(|name| {
        let (heads, texts) = (of(name, |part| &part.head), of(name, |part| &part.text));
        let groups = |texts: &[String]| distinct(texts).into_iter().map(|(_, members)| members).collect::<Vec<_>>();
        let whole: Vec<String> = heads.iter().zip(&texts).map(|(head, text)| format!("{head}{text}")).collect();
        match groups(&heads) {
            heads_of if heads_of.len() == 1 => format!("{}{}", heads[0], variants(universe, &texts)),
            heads_of if heads_of == groups(&texts) => variants(universe, &whole),
            _ => format!("{}{}", variants(universe, &heads), variants(universe, &texts)),
        }
    });
    parts.collect::<Vec<_>>().join("\n")
}

/// The distinct texts, each with the numbers of the choices that give it.
pub fn distinct(texts: &[String]) -> Vec<(&str, Vec<usize>)> {
    let mut found: Vec<(&str, Vec<usize>)> = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        match found.iter_mut().find(|(known, _)| known == text) {
            Some((_, members)) => members.push(number),
            None => found.push((text, vec![number])),
        }
    }
    found
}

/// Renders one part, from the text that each choice gives.
pub fn variants(universe: &Universe, texts: &[String]) -> String {
    let labelled = |(text, members): (&str, Vec<usize>)| (universe.describe(&members), text.to_string());
    let labelled: Vec<(Vec<String>, String)> = distinct(texts).into_iter().map(labelled).collect();
    match &labelled[..] {
        [(_, only)] => only.clone(),
        all => shapes(all),
    }
}

/// Renders texts with their labels: the first one whole, each other one as changes.
pub fn shapes(all: &[(Vec<String>, String)]) -> String {
    let mut out = String::new();
    for (number, (labels, text)) in all.iter().enumerate() {
        let changes = (0..number).map(|before| (before, changes(&all[before].1, text)));
        let nearest = changes.min_by_key(|(_, changes)| changes.lines().count());
        let (from, body) = match nearest {
            Some((before, changes)) if changes.lines().count() < text.lines().count() => {
                assert_eq!(apply(&all[before].1, &changes), *text, "the changes determine the text");
                (format!(", from {}", before + 1), changes)
            }
            _ if text.is_empty() => (String::new(), ";; nothing\n".to_string()),
            _ => (String::new(), text.clone()),
        };
        out += &format!(";; {}{from}: {}\n{body}", number + 1, labels.join("\n;; "));
    }
    out
}

/// The changes from one text to another: lines with `-` and `+`, after unchanged lines.
pub fn changes(from: &str, to: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (from.lines().collect(), to.lines().collect());
    let mut out = String::new();
    let mut done = 0_usize;
    for (removed, added) in hunks(&old, &new) {
        let mut context = removed.start.saturating_sub(1).max(done);
        // `apply` uses the first place where the unchanged and the removed lines match: it must be this one.
        while context > done && place(&old, done, &old[context..removed.end]) != Some(context) {
            context -= 1;
        }
        old[context..removed.start].iter().for_each(|line| out += &format!(" {line}\n"));
        old[removed.clone()].iter().for_each(|line| out += &format!("-{line}\n"));
        new[added].iter().for_each(|line| out += &format!("+{line}\n"));
        done = removed.end;
    }
    out
}

/// Where two texts differ: the lines of the first, and those of the second that replace them.
pub fn hunks<T: Eq + Ord + std::hash::Hash>(old: &[T], new: &[T]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    let (mut at, mut to) = (0, 0);
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        let (removed, added) = (op.old_range().len(), op.new_range().len());
        if !matches!(op, DiffOp::Equal { .. }) {
            match found.last_mut().filter(|(before, _)| before.end == at) {
                Some((before, after)) => (before.end, after.end) = (at + removed, to + added),
                None => found.push((at..at + removed, to..to + added)),
            }
        }
        (at, to) = (at + removed, to + added);
    }
    found
}

/// The first place, from a line on, where the lines occur.
fn place(text: &[&str], from: usize, lines: &[&str]) -> Option<usize> {
    (from..=text.len().saturating_sub(lines.len())).find(|start| text[*start..].starts_with(lines))
}

/// Applies changes to a text.
pub fn apply(from: &str, changes: &str) -> String {
    let old: Vec<&str> = from.lines().collect();
    let lines: Vec<(&str, &str)> = changes.lines().map(|line| line.split_at(1)).collect();
    let (mut out, mut done, mut at) = (String::new(), 0, 0);
    while at < lines.len() {
        let mut end = at;
        // A change ends where an unchanged line follows a changed one.
        while end < lines.len() && !(end > at && lines[end].0 == " " && lines[end - 1].0 != " ") {
            end += 1;
        }
        let hunk = &lines[at..end];
        let gone: Vec<&str> = hunk.iter().filter(|(sign, _)| *sign != "+").map(|(_, line)| *line).collect();
        let start = place(&old, done, &gone).expect("the changed lines exist");
        let added = hunk.iter().filter(|(sign, _)| *sign != "-").map(|(_, line)| *line);
        old[done..start].iter().copied().chain(added).for_each(|line| {
            out += line;
            out.push('\n');
        });
        (done, at) = (start + gone.len(), end);
    }
    old[done..].iter().for_each(|line| {
        out += line;
        out.push('\n');
    });
    out
}
