//! How host calls are lowered, and the helpers that call the host.

use crate::support::choices::Universe;
use crate::support::shown::{self, Part};
use crate::support::{self, sequences, variants};
use crate::{REPRESENTATIONS, call, functions, names_of_helpers, violation_word};
use linmem::{Config, Intrinsic, Nesting, OnViolation, Representation, Safety, Signature};
use std::collections::BTreeMap;

/// Each function by its name, with its code for each choice, if it exists.
type Found = BTreeMap<String, Vec<Option<Part>>>;

/// The choices with which host calls are lowered.
fn host_choices() -> Vec<(&'static str, Safety, Nesting, OnViolation, bool)> {
    let mut all = Vec::new();
    for word in REPRESENTATIONS {
        for (safety, nesting) in support::levels(support::representation(word)) {
            for on_violation in [OnViolation::Trap, OnViolation::Report] {
                for last_errno in [false, true] {
                    if nesting == Nesting::Stack || (on_violation == OnViolation::Trap && !last_errno) {
                        all.push((word, safety, nesting, on_violation, last_errno));
                    }
                }
            }
        }
    }
    all
}

/// A function without the type of the array in the names of helpers.
fn without_array_type(part: Part) -> Part {
    let general = |text: &str| text.replace(".i8.0", "").replace(".i8.1", "");
    Part { name: general(&part.name), head: general(&part.head), text: general(&part.text) }
}

/// Whether a helper does not call the host, but copies or converts elements of arrays: other goldens show those.
fn is_of_arrays(name: &str) -> bool {
    name.contains(".utf8") || name.contains("copy_to_array")
}

#[test]
fn host_calls() {
    let all = host_choices();
    let universe = Universe::new(
        &["", "--safety", "--nesting", "--on-violation", ""],
        all.iter()
            .map(|(word, safety, nesting, on_violation, last_errno)| {
                let last_errno = if *last_errno { "with last_errno" } else { "without last_errno" };
                [*word, safety.name(), nesting.name(), violation_word(*on_violation), last_errno]
                    .map(str::to_string)
                    .to_vec()
            })
            .collect(),
    );
    let helpers = names_of_helpers();
    let mut calls = Found::new();
    let mut adapters = Found::new();
    for &intrinsic in Intrinsic::ALL {
        if !intrinsic.name().starts_with("wasi.") || matches!(intrinsic, Intrinsic::Get(_) | Intrinsic::Set(_)) {
            continue;
        }
        for folded in [false, true] {
            let name = intrinsic.name().trim_start_matches("wasi.");
            let name = if folded { format!("{name}.folded") } else { name.to_string() };
            for (number, (word, safety, nesting, on_violation, last_errno)) in all.iter().enumerate() {
                let representation: Representation = support::representation(word);
                let possible = Signature::possible(intrinsic).into_iter().find(|signature| {
                    signature.folded == folded && signature.representation.is_none_or(|of| of == representation)
                });
                let Some(signature) = possible else { continue };
                let (safety, nesting, on_violation) = (Some(*safety), *nesting, *on_violation);
                let config = Config::new().with_safety(safety).with_nesting(nesting).with_on_violation(on_violation);
                for part in functions(&call(&signature, *last_errno), word, &config) {
                    let mut part = without_array_type(part);
                    if part.name == "(export \"site\")" {
                        // The label of the choice says whether the errno is kept. Every helper that returns one keeps it.
                        let calls_it =
                            part.text.contains(&format!("call $linmem.{}", name.trim_end_matches(".folded")));
                        let is_kept = part.text.contains(".kept");
                        assert_eq!(is_kept, calls_it && *last_errno && name != "list.item", "{name}");
                        part.text = shown::unpack(&part.text.replace(".kept", ""));
                        sequences::fold(&sequences::of(word, &config).unwrap(), &mut part);
                        calls.entry(name.clone()).or_insert_with(|| vec![None; all.len()])[number] = Some(part);
                    } else if part.is_helper() && !helpers.contains(&part.name) && !is_of_arrays(&part.name) {
                        part.text = shown::unpack(&part.text);
                        let name = part.name.trim_start_matches("$linmem.").to_string();
                        let found = adapters.entry(name).or_insert_with(|| vec![None; all.len()]);
                        let other = found[number].replace(part.clone());
                        assert!(other.is_none_or(|other| other == part), "{} does not depend on the call", part.name);
                    }
                }
            }
        }
    }
    let _guard = support::goldens("wasi");
    insta::assert_snapshot!("calls", shapes(&universe, &calls));
    insta::assert_snapshot!("adapters", shapes(&universe, &adapters));
}

/// The distinct shapes of functions. In a shape, `NAME` stands for the name of the host's function, `PARAMS` for a sequence that
/// reads all parameters in order, and locals are numbered from the last parameter on. Each shape lists its functions, with their
/// parameters.
fn shapes(universe: &Universe, found: &Found) -> String {
    let mut shapes: Vec<(String, BTreeMap<String, Vec<String>>)> = Vec::new();
    for (name, parts) in found {
        let own = name.split('.').next().unwrap_or_default();
        let own = if name.starts_with("list.item") { "list.item" } else { own };
        let there: Vec<usize> = (0..parts.len()).filter(|number| parts[*number].is_some()).collect();
        let choices = there.iter().map(|number| universe.choices[*number].clone()).collect();
        let of_these = Universe::new(&universe.axes, choices);
        let texts: Vec<(String, String)> =
            there.iter().filter_map(|number| parts[*number].as_ref()).map(|part| shape(part, own)).collect();
        let keys: Vec<String> = texts.iter().map(|(params, text)| format!("{params}\0{text}")).collect();
        for (key, members) in variants::distinct(&keys) {
            let Some((params, text)) = key.split_once('\0') else { continue };
            let label = of_these.describe(&members).join("; ");
            let place = shapes.iter().position(|(known, _)| known == text).unwrap_or_else(|| {
                shapes.push((text.to_string(), BTreeMap::new()));
                shapes.len() - 1
            });
            shapes[place].1.entry(label).or_default().push(format!("{name}{params}"));
        }
    }
    let labels = |of: BTreeMap<String, Vec<String>>| -> Vec<String> {
        of.into_iter().map(|(label, names)| format!("{label}: {}", names.join(", "))).collect()
    };
    let shapes: Vec<(Vec<String>, String)> = shapes.into_iter().map(|(text, of)| (labels(of), text)).collect();
    variants::shapes(&shapes)
}

/// The end of the group that begins with the parenthesis at a position.
fn end_of_group(text: &str, start: usize) -> usize {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 1 => return at + 1,
            b')' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The parameters of a function, and its shape.
fn shape(part: &Part, own: &str) -> (String, String) {
    let (params, head) = match part.head.find(" (param ") {
        Some(start) => {
            let end = end_of_group(&part.head, start + 1);
            (part.head[start..end].to_string(), format!("{}{}", &part.head[..start], &part.head[end..]))
        }
        None => (String::new(), part.head.clone()),
    };
    // The parts of a reference type are one parameter.
    let count = params.replace("(ref null 0)", "ref").split_whitespace().skip(1).count();
    let text = shown::unpack(&part.text);
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let run: Vec<String> = (0..count).map(|number| format!("local.get {number}")).collect();
    if let Some(start) = (0..lines.len()).find(|start| {
        count > 0
            && lines[*start..].len() >= count
            && lines[*start..].iter().zip(&run).all(|(line, run)| line.trim() == run)
    }) {
        let indent = lines[start].len() - lines[start].trim_start().len();
        lines.splice(start..start + count, [format!("{}local.get PARAMS", " ".repeat(indent))]);
    }
    let relative = |line: &String| {
        let number = line.trim().strip_prefix("local.").and_then(|rest| rest.split_once(' '));
        match number.and_then(|(kind, number)| Some((kind, number.parse::<usize>().ok()?))) {
            Some((kind, number)) if number >= count => {
                format!("{}local.{kind} +{}\n", " ".repeat(line.len() - line.trim_start().len()), number - count)
            }
            _ => format!("{line}\n"),
        }
    };
    let text: String = lines.iter().map(relative).collect();
    let replace = |text: &str| {
        text.replace(&format!("linmem.{own}"), "linmem.NAME").replace(&format!("preview1.{own}\n"), "preview1.NAME\n")
    };
    (params, format!("{}{}", replace(&head), shown::pack(&replace(&text))))
}
