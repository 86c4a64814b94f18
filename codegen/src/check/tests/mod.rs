//! Tests of the analysis: programs in the text format, and their findings, one per line.
//!
//! ```text
//!   flaws     flaws of every kind, definite and possible
//!   control   every kind of control transfer
//!   correct   programs without misuse, which have no findings
//!   hostile   programs designed to make the analysis slow
//!   random    generated programs, compared with all their possible executions
//! ```

mod control;
mod correct;
mod flaws;
mod hostile;
mod random;

use super::{Flaw, analyse};
use crate::config::Config;
use crate::link::input::{Body, Input};
use crate::link::scan;
use crate::source::Source;
use linmem_allocator::Nesting;
use std::collections::BTreeMap;
use wasmparser::Operator;

const PRELUDE: &str = r#"
    (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
    (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
    (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result i64)))
    (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
    (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
    (import "linmem" "wasi.write_all" (func $write (param i32 i64) (result i32)))
    (import "env" "use" (func $use (param i32)))
    (import "env" "get" (func $get (result i32)))
    (import "env" "cond" (func $cond (result i32)))
    (import "env" "act" (func $act))
    (import "env" "x" (tag $x))
    (import "env" "y" (tag $y))
    (tag $e)
    (tag $f)
    (tag $carry (param i32))
    (global $g (mut i32) (i32.const 0))
    (memory 1)
    (table 1 funcref)
"#;

/// A module with these functions after the prelude.
fn module(functions: &str) -> Vec<u8> {
    let text = format!("(module {PRELUDE} {functions})");
    match crate::wat::parse(text.as_bytes()) {
        Ok(bytes) => bytes.into_owned(),
        Err(error) => panic!("{error} in {functions}"),
    }
}

fn read(bytes: &[u8]) -> Source<'_> {
    Source::read(bytes).unwrap_or_else(|error| panic!("{error}"))
}

fn parse<'a>(source: &'a Source<'a>) -> Input<'a> {
    let input = scan::parse(source, &Config::default()).unwrap_or_else(|error| panic!("{error}"));
    assert!(input.errors.is_empty(), "{:?}", input.errors);
    input
}

/// The labels of the instructions of a function, by offset: `free 2` is the second call of `free` in the text.
fn labels(input: &Input<'_>, body: &Body<'_>) -> BTreeMap<usize, String> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut labels = BTreeMap::new();
    let mut reader = body.body.get_operators_reader().unwrap();
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset().unwrap();
        let word = match operator {
            Operator::End if reader.eof() => {
                labels.insert(offset, "end".to_string());
                break;
            }
            Operator::Call { function_index } => match input.intrinsic(function_index) {
                Some(signature) => signature.intrinsic.name().rsplit('.').next().unwrap_or_default().to_string(),
                None => "call".to_string(),
            },
            _ => format!("{operator:?}").chars().take_while(|char| char.is_alphanumeric()).collect(),
        };
        let count = counts.entry(word.clone()).or_default();
        *count += 1;
        labels.insert(offset, format!("{word} {count}"));
    }
    labels
}

fn render(labels: &BTreeMap<usize, String>, flaw: &Flaw) -> String {
    let kind = flaw.kind.map_or("Open", |kind| kind.name());
    let opened = flaw.opened.map(|opened| format!(" of {}", labels[&opened])).unwrap_or_default();
    format!("{} {kind} at {}{opened}", flaw.severity, labels[&flaw.offset])
}

/// The flaws of all functions, with their indices.
fn analyse_all(input: &Input<'_>, nesting: Nesting) -> Vec<(u32, Flaw)> {
    let of =
        |body: &Body<'_>| analyse(input, body, nesting).unwrap().into_iter().map(|flaw| (body.index, flaw)).collect();
    input.bodies.iter().flat_map(|body| -> Vec<(u32, Flaw)> { of(body) }).collect()
}

/// The findings in these functions.
fn findings(nesting: Nesting, functions: &str) -> Vec<String> {
    let bytes = module(functions);
    let source = read(&bytes);
    let input = parse(&source);
    let labels: BTreeMap<u32, _> = input.bodies.iter().map(|body| (body.index, labels(&input, body))).collect();
    let flaws = analyse_all(&input, nesting);
    flaws.iter().map(|(function, flaw)| render(&labels[function], flaw)).collect()
}

/// A function with locals `$r`, `$s`, `$t` (handles) and `$i`.
fn function(code: &str) -> String {
    format!("(func (local $r i32) (local $s i32) (local $t i32) (local $i i32) {code})")
}

#[track_caller]
fn check(nesting: Nesting, code: &str, expected: &[&str]) {
    assert_eq!(findings(nesting, &function(code)), expected, "{nesting}: {code}");
}

/// Checks the findings in a function with stack nesting.
#[track_caller]
fn stack(code: &str, expected: &[&str]) {
    check(Nesting::Stack, code, expected);
}
