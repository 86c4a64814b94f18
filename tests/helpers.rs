//! What linmem adds to modules, each thing once: its helpers, in every configuration that changes them; how host calls are lowered,
//! and the helpers that call the host, as the distinct shapes that there are; and the accessors of WASI's records.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::allocator::{Nesting, OutOfMemory, Zero};
use linmem::{Config, Intrinsic, OnViolation, Optimize, Representation, Safety, Signature, Violation};
use std::collections::{BTreeMap, BTreeSet};
use support::choices::Universe;
use support::shown::{self, Part};
use support::{sequences, variants};

/// A helper: its name, and what it is with each choice.
type Member<'a> = (&'a str, &'a [Option<Part>]);

/// The variants of each function by its name: what they are, and the choices that give them.
type Found = BTreeMap<String, Vec<Option<Part>>>;

/// Segments: references are the same code, whatever they are declared as, which the matrix shows.
const REPRESENTATIONS: [&str; 3] = ["i32", "i64", "anyref"];

/// Where memory comes from: a word for it, what the program has for it, and the options.
const HOMES: [(&str, &str, &str, &str); 8] = [
    ("own memory", "", "", ""),
    ("trust", "(memory (export \"memory\") 2)", "trust", ""),
    ("base", "(memory (export \"memory\") 2)", "trust", "70001"),
    (
        "base global",
        "(memory (export \"memory\") 1) (global (export \"__heap_base\") i32 (i32.const 1028))",
        "trust",
        "global:__heap_base",
    ),
    (
        "split",
        "(memory (export \"memory\") 1)
         (func (export \"pages\") (result i32) (memory.size))
         (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))",
        "split",
        "",
    ),
    (
        "malloc",
        "(memory (export \"memory\") 1) (func (export \"malloc\") (param i32) (result i32) (unreachable))",
        "allocator:malloc",
        "",
    ),
    (
        "__new, __pin",
        "(memory (export \"memory\") 1) (func (export \"__new\") (param i32 i32) (result i32) (unreachable))
         (func (export \"__pin\") (param i32) (result i32) (unreachable))",
        "allocator:__new,__pin",
        "",
    ),
    (
        "cabi_realloc",
        "(memory (export \"memory\") 1)
         (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (unreachable))",
        "allocator:cabi_realloc",
        "",
    ),
];

/// A program that needs every helper but those that call the host.
const PROGRAM: &str = r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  {home}
  (func (export "closes") (param $region i32) (call $free (local.get $region)))
  (func (export "reads") (param $s {seg}) (param $at i32) (result i32) (call $getInt (local.get $s) (local.get $at)))
  (func (export "allocates") (param $region i32) (param $bytes i32) (result {seg})
    (call $allocate (local.get $region) (local.get $bytes)))
  (func (export "opens") (param $bytes i32) (result {seg}) (local $region i32)
    (local.set $region (call $new))
    (drop (call $getInt (call $allocate (local.get $region) (i32.const 8)) (i32.const 0)))
    (call $free (local.get $region))
    (call $allocate (call $new) (i32.const 8)))
  {aligned})"#;

const ALIGNED: &str = r#"(func (export "aligns") (param $region i32) (param $bytes i32) (result {seg})
    (call $aligned (local.get $region) (local.get $bytes) (local.get $bytes)))"#;

/// The functions of a linked module.
fn functions(text: &str, representation: &str, config: &Config) -> Vec<Part> {
    let text = text.replace("{seg}", representation);
    let linked = linmem::link(text.as_bytes(), config).unwrap_or_else(|error| panic!("{error}\n{text}\n{config:?}"));
    let mut parts = shown::functions(&linmem::wat::print(&linked).unwrap());
    for part in &mut parts {
        part.head = sequences::generalize(representation, &part.head);
        part.text = shown::pack(&sequences::generalize(representation, &part.text));
    }
    parts
}

fn violation_word(on_violation: OnViolation) -> &'static str {
    if on_violation == OnViolation::Report { "report" } else { "trap" }
}

/// The helpers that do not call the host.
fn names_of_helpers() -> BTreeSet<String> {
    let mut names: BTreeSet<String> = Violation::ALL.iter().map(|kind| format!("$linmem.{kind}")).collect();
    let plain = |config: &Config| config.on_violation == OnViolation::Trap && config.zero != Zero::Free;
    for (word, config, _, text) in configurations().iter().filter(|(_, config, _, _)| plain(config)) {
        for optimize in [Optimize::Speed, Optimize::Size] {
            let config = Config { optimize, ..config.clone() };
            names.extend(functions(text, word, &config).into_iter().filter(Part::is_helper).map(|part| part.name));
        }
    }
    names
}

/// The variants of something that not all choices have.
fn of_those_that_have_it(universe: &Universe, parts: &[Option<Part>]) -> String {
    let there: Vec<usize> = (0..parts.len()).filter(|number| parts[*number].is_some()).collect();
    let choices = there.iter().map(|number| universe.choices[*number].clone()).collect();
    let parts: Vec<Vec<Part>> = there.iter().map(|number| parts[*number].clone().into_iter().collect()).collect();
    variants::render(&Universe::new(&universe.axes, choices), &parts)
}

/// Every configuration that the helpers of a program depend on, with its words.
fn configurations() -> Vec<(&'static str, Config, Vec<String>, String)> {
    let mut all = Vec::new();
    for word in REPRESENTATIONS {
        for (safety, nesting) in support::levels(support::representation(word)) {
            for on_violation in [OnViolation::Trap, OnViolation::Report] {
                for out_of_memory in [OutOfMemory::Trap, OutOfMemory::Null] {
                    for zero in [Zero::Never, Zero::Free, Zero::Allocate] {
                        for (home, brings, share, base) in HOMES {
                            let is_own = home == "own memory";
                            if !is_own && (zero != Zero::Never || nesting == Nesting::Forbid) {
                                continue;
                            }
                            let config = Config {
                                safety: Some(safety),
                                nesting,
                                on_violation,
                                out_of_memory,
                                zero,
                                share: (!share.is_empty()).then(|| share.parse().unwrap()),
                                base: (!base.is_empty()).then(|| base.parse().unwrap()),
                                ..Config::default()
                            };
                            for aligned in ["", ALIGNED] {
                                let text = PROGRAM.replace("{home}", brings).replace("{aligned}", aligned);
                                let aligned =
                                    if aligned.is_empty() { "without allocateAligned" } else { "with allocateAligned" };
                                let words = [
                                    word,
                                    safety.name(),
                                    nesting.name(),
                                    violation_word(on_violation),
                                    out_of_memory.name(),
                                    zero.name(),
                                    home,
                                    aligned,
                                ];
                                all.push((word, config.clone(), words.map(str::to_string).to_vec(), text));
                            }
                        }
                    }
                }
            }
        }
    }
    all
}

#[test]
fn helpers() {
    linmem_codegen::planted::always_for_size();
    let configurations = configurations();
    let mut found: BTreeMap<String, Vec<Option<Part>>> = BTreeMap::new();
    for (number, (word, config, _, text)) in configurations.iter().enumerate() {
        for optimize in [Optimize::Speed, Optimize::Size] {
            if optimize == Optimize::Size && config.share.is_some() {
                continue;
            }
            let config = Config { optimize, ..config.clone() };
            for part in functions(text, word, &config).into_iter().filter(Part::is_helper) {
                let known = found.entry(part.name.clone()).or_insert_with(|| vec![None; configurations.len()]);
                let other = known[number].replace(part.clone());
                assert!(other.is_none_or(|other| other == part), "{} is the same however it is optimized", part.name);
            }
        }
    }
    let universe = Universe::new(
        &["", "--safety", "--nesting", "--on-violation", "--oom", "--zero", "", ""],
        configurations.into_iter().map(|(_, _, words, _)| words).collect(),
    );
    let _guard = support::goldens("helpers");
    let is_violation = |name: &String| Violation::ALL.iter().any(|kind| *name == format!("$linmem.{kind}"));
    let (violations, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|(name, _)| is_violation(name));
    let texts = violations.iter().map(|(_, parts)| of_those_that_have_it(&universe, parts));
    insta::assert_snapshot!("violations", texts.collect::<Vec<_>>().join("\n"));
    let mut families: BTreeMap<&str, Vec<Member<'_>>> = BTreeMap::new();
    for (name, parts) in &found {
        let name = name.trim_start_matches("$linmem.");
        families.entry(family(name)).or_default().push((name, parts.as_slice()));
    }
    for (family, members) in families {
        insta::assert_snapshot!(family, of_a_family(&universe, &members));
    }
}

/// The family of a helper: those whose code has much in common are shown together.
fn family(name: &str) -> &str {
    match name {
        "refill" | "refill_aligned" | "try_refill" | "try_refill_aligned" => "refill",
        "check_allocator" | "check_close" => "blame",
        "bump" | "allocate_aligned" => "bump",
        "enter_scope" | "leave_scope" => "scope",
        "program_size" | "program_grow" | "grow" => "grow",
        name => name,
    }
}

/// The variants of helpers of a family, with their name as one more axis.
fn of_a_family(universe: &Universe, members: &[Member<'_>]) -> String {
    let mut axes = vec![""];
    axes.extend(&universe.axes);
    let (mut choices, mut parts) = (Vec::new(), Vec::new());
    for (name, of_member) in members {
        for (choice, part) in universe.choices.iter().zip(*of_member) {
            let Some(part) = part else { continue };
            choices.push([&[(*name).to_string()], &choice[..]].concat());
            parts.push(vec![Part { name: String::new(), ..part.clone() }]);
        }
    }
    variants::render(&Universe::new(&axes, choices), &parts)
}

/// A module whose function calls an intrinsic with its parameters.
fn call(signature: &Signature, with_last_errno: bool) -> String {
    let ty = signature.function_type();
    let list = |kind: &str, types: &[linmem::ValueType]| {
        let types: String = types.iter().map(|ty| format!(" {ty}")).collect();
        if types.is_empty() { types } else { format!(" ({kind}{types})") }
    };
    let ty_text = format!("{}{}", list("param", &ty.params), list("result", &ty.results));
    let operands: String = (0..ty.params.len()).map(|number| format!("(local.get {number}) ")).collect();
    let last_errno = "(import \"linmem\" \"wasi.last_errno\" (func $last (result i32)))";
    format!(
        "(module (import \"linmem\" \"{}\" (func $call{ty_text})) {}\n(func (export \"site\"){ty_text} (call $call {operands})){})",
        signature.intrinsic.name(),
        if with_last_errno { last_errno } else { "" },
        if with_last_errno { "(func (export \"last\") (result i32) (call $last))" } else { "" },
    )
}

/// The choices that host calls are lowered with.
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
                let config = Config { safety, nesting, on_violation, ..Config::default() };
                for mut part in functions(&call(&signature, *last_errno), word, &config) {
                    if part.name == "(export \"site\")" {
                        // The label says whether the errno is kept: by each helper that gives one.
                        let calls_it =
                            part.text.contains(&format!("call $linmem.{}", name.trim_end_matches(".folded")));
                        let is_kept = part.text.contains(".kept");
                        assert_eq!(is_kept, calls_it && *last_errno && name != "list.item", "{name}");
                        part.text = shown::unpack(&part.text.replace(".kept", ""));
                        sequences::fold(&sequences::of(word, &config).unwrap(), &mut part);
                        calls.entry(name.clone()).or_insert_with(|| vec![None; all.len()])[number] = Some(part);
                    } else if part.is_helper() && !helpers.contains(&part.name) {
                        part.text = shown::unpack(&part.text);
                        let name = part.name.trim_start_matches("$linmem.").to_string();
                        let found = adapters.entry(name).or_insert_with(|| vec![None; all.len()]);
                        let other = found[number].replace(part.clone());
                        assert!(other.is_none_or(|other| other == part), "{} is the same for all calls", part.name);
                    }
                }
            }
        }
    }
    let _guard = support::goldens("wasi");
    insta::assert_snapshot!("calls", shapes(&universe, &calls));
    insta::assert_snapshot!("adapters", shapes(&universe, &adapters));
}

/// The distinct shapes of functions. A shape has `NAME` for the name of the host's function, `PARAMS` where all parameters are read in
/// order, and numbers locals from the last parameter on. Each one lists the functions that have it, with their parameters.
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

/// The parameters of a function, and its shape.
fn shape(part: &Part, own: &str) -> (String, String) {
    let (params, head) = match part.head.find(" (param ") {
        Some(start) => {
            let end = start + part.head[start..].find(')').unwrap() + 1;
            (part.head[start..end].to_string(), format!("{}{}", &part.head[..start], &part.head[end..]))
        }
        None => (String::new(), part.head.clone()),
    };
    let count = params.split_whitespace().skip(1).count();
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

/// A field of a record is read and written as a number at its offset in a segment.
#[test]
fn fields_of_records() {
    let mut table = String::new();
    for &intrinsic in Intrinsic::ALL {
        let (Intrinsic::Get(field) | Intrinsic::Set(field)) = intrinsic else { continue };
        let own = "MemorySegment.";
        let fits = |other: &&Intrinsic| {
            other.name().starts_with(own)
                && all_levels().into_iter().all(|(word, safety)| {
                    let representation = support::representation(word);
                    let config = Config { safety: Some(safety), ..Config::default() };
                    let (Some(of_field), Some(of_segment)) =
                        (Signature::new(intrinsic, representation), Signature::new(**other, representation))
                    else {
                        return false;
                    };
                    let (field_type, other_type) = (of_field.function_type(), of_segment.function_type());
                    let mut params = other_type.params.clone();
                    if params.len() < 2
                        || params.remove(1) != linmem::ValueType::I32
                        || params != field_type.params
                        || field_type.results != other_type.results
                    {
                        return false;
                    }
                    let text = call(&of_field, false);
                    let at = text.replace(
                        &format!("\"{}\" (func $call (param", intrinsic.name()),
                        &format!("\"{}\" (func $call (param", other.name()),
                    );
                    let at = at.replacen(&format!("(param {word}"), &format!("(param {word} i32"), 1);
                    let at = at.replacen(
                        "(call $call (local.get 0) ",
                        &format!("(call $call (local.get 0) (i32.const {}) ", field.offset()),
                        1,
                    );
                    functions(&text, word, &config) == functions(&at, word, &config)
                })
        };
        let found = Intrinsic::ALL.iter().find(fits);
        let found = found.unwrap_or_else(|| panic!("{} is lowered in a way of its own", intrinsic.name()));
        table += &format!("{:40} {} at {}\n", intrinsic.name(), found.name(), field.offset());
    }
    let _guard = support::goldens("wasi");
    insta::assert_snapshot!("records", table);
}

fn all_levels() -> Vec<(&'static str, Safety)> {
    let level = |word: &'static str| {
        support::levels(support::representation(word))
            .into_iter()
            .step_by(Nesting::ALL.len())
            .map(move |(safety, _)| (word, safety))
    };
    REPRESENTATIONS.into_iter().flat_map(level).collect()
}
