//! Describes code as other code with some lines replaced, by the same rules in all variants.
//!
//! ```text
//! $f
//! -    i32.load offset=8
//! +    i32.load8_s offset=8
//! ```
//!
//! In the function `$f`, every such line is replaced. It is asserted that the rules give every variant.

use super::choices::Universe;
use super::shown::Part;
use super::variants;

/// Lines of a function, and what replaces them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    old: Vec<String>,
    new: Vec<String>,
}

/// Describes the change from the variants of one text to those of another: for each part its rules, if rules suffice, else the
/// changes with each choice.
pub fn render(universe: &Universe, from: &[Vec<Part>], to: &[Vec<Part>]) -> Result<String, String> {
    let mut names: Vec<&String> = Vec::new();
    for part in from.iter().chain(to).flatten() {
        if !names.contains(&&part.name) {
            names.push(&part.name);
        }
    }
    let mut out = String::new();
    for name in names {
        let of = |choices: &[Vec<Part>]| -> Option<Vec<Part>> {
            choices.iter().map(|parts| parts.iter().find(|part| part.name == *name).cloned()).collect()
        };
        let (Some(old), Some(new)) = (of(from), of(to)) else {
            return Err(format!("{name} is missing in some variants"));
        };
        if old.len() != new.len() {
            return Err("the two have different choices".to_string());
        }
        if old == new {
            continue;
        }
        out += &format!("{name}\n");
        // If lines are replaced only at some places, the lines before them identify the places.
        let found = (0..4)
            .map(|context| rules(&old, &new, context))
            .find(|rules| old.iter().zip(&new).all(|(old, new)| apply(rules, old) == lines(new)));
        let Some(rules) = found else {
            let whole = |part: &Part| format!("{}{}", part.head, part.text);
            let changed: Vec<String> =
                old.iter().zip(&new).map(|(old, new)| variants::changes(&whole(old), &whole(new))).collect();
            for (changes, members) in variants::distinct(&changed) {
                for member in &members {
                    assert_eq!(variants::apply(&whole(&old[*member]), changes), whole(&new[*member]));
                }
                out += &format!(";; {}\n{changes}", universe.describe(&members).join("\n;; "));
            }
            continue;
        };
        for rule in rules {
            rule.old.iter().for_each(|line| out += &format!("-{line}\n"));
            rule.new.iter().for_each(|line| out += &format!("+{line}\n"));
        }
    }
    Ok(out)
}

fn lines(part: &Part) -> Vec<String> {
    part.head.lines().chain(part.text.lines()).map(str::to_string).collect()
}

fn rules(from: &[Part], to: &[Part], context: usize) -> Vec<Rule> {
    let mut found: Vec<Rule> = Vec::new();
    for (from, to) in from.iter().zip(to) {
        let (old, new) = (lines(from), lines(to));
        for (gone, added) in variants::hunks(&old, &new) {
            let before = context.min(gone.start).min(added.start);
            // Lines that are only added need a line before them.
            let before = if gone.is_empty() { before.max(1.min(gone.start)) } else { before };
            let rule = Rule {
                old: old[gone.start - before..gone.end].to_vec(),
                new: new[added.start - before..added.end].to_vec(),
            };
            if !found.contains(&rule) {
                found.push(rule);
            }
        }
    }
    found.sort_by_key(|rule| std::cmp::Reverse(rule.old.len()));
    found
}

fn apply(rules: &[Rule], part: &Part) -> Vec<String> {
    let lines = lines(part);
    let (mut out, mut at) = (Vec::new(), 0);
    while at < lines.len() {
        let fits = |rule: &&Rule| lines[at..].starts_with(&rule.old);
        match rules.iter().find(fits) {
            Some(rule) => {
                out.extend(rule.new.iter().cloned());
                at += rule.old.len();
            }
            None => {
                out.push(lines[at].clone());
                at += 1;
            }
        }
    }
    out
}
