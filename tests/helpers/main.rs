//! What linmem adds to modules, each thing once: its helpers, in every configuration that changes them; how host calls are
//! lowered, and the helpers that call the host, each distinct shape once; and the accessors of WASI's records.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod arrays;
mod calls;
mod records;
mod text;

use linmem::intrinsics::{ArrayReference, ArrayType, Element, TextsType};
use linmem::{
    Config, Nesting, OnViolation, Optimize, OutOfMemory, Signature, StaticFrames, ValueType, Violation, Zero,
};
use std::collections::{BTreeMap, BTreeSet};
use support::choices::Universe;
use support::shown::{self, Part};
use support::{sequences, variants};

/// A helper: its name, and its code with each choice, if it exists.
type Member<'a> = (&'a str, &'a [Option<Part>]);

/// The types of segments. All reference types have the same code, which the matrix shows.
const REPRESENTATIONS: [&str; 3] = ["i32", "i64", "anyref"];

/// Where memory comes from: a name for the source, what the program declares, and the values of `--share` and `--base`.
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

/// A program that needs every helper except those that call the host.
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
            let config = config.clone().with_optimize(optimize);
            names.extend(functions(text, word, &config).into_iter().filter(Part::is_helper).map(|part| part.name));
        }
    }
    names
}

/// The variants of a helper that exists only with some choices.
fn existing_variants(universe: &Universe, parts: &[Option<Part>]) -> String {
    let there: Vec<usize> = (0..parts.len()).filter(|number| parts[*number].is_some()).collect();
    let choices = there.iter().map(|number| universe.choices[*number].clone()).collect();
    let parts: Vec<Vec<Part>> = there.iter().map(|number| parts[*number].clone().into_iter().collect()).collect();
    variants::render(&Universe::new(&universe.axes, choices), &parts)
}

/// Every configuration that changes helpers: the type of segments, the configuration, its words, and the program.
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
                            let config = Config::new()
                                .with_safety(safety)
                                .with_nesting(nesting)
                                .with_static_frames(StaticFrames::Off)
                                .with_on_violation(on_violation)
                                .with_out_of_memory(out_of_memory)
                                .with_zero(zero)
                                .with_share((!share.is_empty()).then(|| share.parse().unwrap()))
                                .with_base((!base.is_empty()).then(|| base.parse().unwrap()));
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
            let config = config.clone().with_optimize(optimize);
            for part in functions(text, word, &config).into_iter().filter(Part::is_helper) {
                let known = found.entry(part.name.clone()).or_insert_with(|| vec![None; configurations.len()]);
                let other = known[number].replace(part.clone());
                assert!(other.is_none_or(|other| other == part), "{} does not depend on `--optimize`", part.name);
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
    let texts = violations.iter().map(|(_, parts)| existing_variants(&universe, parts));
    insta::assert_snapshot!("violations", texts.collect::<Vec<_>>().join("\n"));
    let mut families: BTreeMap<&str, Vec<Member<'_>>> = BTreeMap::new();
    for (name, parts) in &found {
        let name = name.trim_start_matches("$linmem.");
        families.entry(family(name)).or_default().push((name, parts.as_slice()));
    }
    for (family, members) in families {
        insta::assert_snapshot!(family, family_variants(&universe, &members));
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

/// The variants of the helpers of a family, with their name as an additional axis.
fn family_variants(universe: &Universe, members: &[Member<'_>]) -> String {
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

/// An array type that all intrinsics with arrays can have.
const ARRAY: ArrayReference =
    ArrayReference { nullable: true, ty: ArrayType { index: 0, element: Element::I8, mutable: true } };

/// An array type of texts that all intrinsics with such arrays can have.
const TEXTS: TextsType = TextsType { index: 1, text: 0, unit: Element::I8, nullable: true };

/// A module with a function that passes its parameters to an intrinsic.
fn call(signature: &Signature, with_last_errno: bool) -> String {
    let instance = signature.with_array(ARRAY).or_else(|| signature.with_texts(TEXTS));
    let ty = instance.unwrap_or(*signature).function_type();
    let list = |kind: &str, types: &[ValueType]| {
        let types: String = types.iter().map(|ty| format!(" {ty}")).collect();
        if types.is_empty() { types } else { format!(" ({kind}{types})") }
    };
    let ty_text = format!("{}{}", list("param", &ty.params), list("result", &ty.results));
    let operands: String = (0..ty.params.len()).map(|number| format!("(local.get {number}) ")).collect();
    let last_errno = "(import \"linmem\" \"wasi.last_errno\" (func $last (result i32)))";
    format!(
        "(module {}(import \"linmem\" \"{}\" (func $call{ty_text})) {}\n(func (export \"site\"){ty_text} (call $call {operands})){})",
        if instance.is_some() { "(type (array (mut i8))) (type (array (mut (ref null 0)))) " } else { "" },
        signature.intrinsic.name(),
        if with_last_errno { last_errno } else { "" },
        if with_last_errno { "(func (export \"last\") (result i32) (call $last))" } else { "" },
    )
}
