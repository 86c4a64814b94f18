//! Functions that exceed the limits of the facts that lowering keeps: it discards facts, and the code stays correct.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::{Config, Safety};
use linmem_host::wasmtime::Val;
use std::fmt::Write;
use support::host::{Running, State, violation};

const IMPORTS: &str = r#"
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
"#;

/// More segment locals than lowering keeps a second local for, which holds the segment as a structure.
const SEGMENTS: usize = 1030;

/// Runs `f` of a module whose segments are references, with checks.
fn run(code: &str, safety: Safety, argument: i32) -> Result<i32, String> {
    let text = format!("(module {IMPORTS} {code})").replace("{seg}", "anyref");
    let config = Config::new().with_safety(safety);
    let linked = linmem::link(text.as_bytes(), &config).unwrap();
    let result = Running::new(&linked, State::default()).call("f", &[Val::I32(argument)]);
    result.map(|values| values[0].unwrap_i32()).map_err(|error| violation(&error).unwrap())
}

/// A function with [`SEGMENTS`] segments in locals: those with even numbers have `$z` bytes, the others 100 more.
fn with_segments(end: &str) -> String {
    let mut code =
        String::from("(func $make (param i32 i32) (result {seg}) (call $allocate (local.get 0) (local.get 1)))");
    code += "(func (export \"f\") (param $z i32) (result i32) (local $region i32) (local $i i32)";
    (0..SEGMENTS).for_each(|number| write!(code, " (local $s{number} {{seg}})").unwrap());
    code += "(local.set $region (call $new))";
    for number in 0..SEGMENTS {
        let more = number % 2 * 100;
        let size = format!("(i32.add (local.get $z) (i32.const {more}))");
        writeln!(code, "(local.set $s{number} (call $make (local.get $region) {size}))").unwrap();
    }
    for number in 0..SEGMENTS {
        writeln!(code, "(call $setInt (local.get $s{number}) (i32.const 0) (i32.const {number}))").unwrap();
    }
    code + end + ")"
}

#[test]
fn many_segments_are_distinguished() {
    let sum = "(i32.add (i32.mul (call $getInt (local.get $s1028) (i32.const 0)) (i32.const 10000))
                        (call $getInt (local.get $s1029) (i32.const 0)))";
    assert_eq!(run(&with_segments(sum), Safety::Spatial, 16), Ok(10_281_029));
}

#[test]
fn many_segments_keep_sizes() {
    let read = "(call $getInt (local.get $s1028) (i32.add (local.get $z) (i32.const 60)))";
    assert_eq!(run(&with_segments(read), Safety::Spatial, 16), Err("OutOfBounds".to_string()));
}

#[test]
fn loops_over_many_segments_are_independent() {
    let fill = "(loop $next
        (call $setByte (local.get $s1028) (local.get $i) (i32.const 1))
        (call $setByte (local.get $s1029) (local.get $i) (i32.const 2))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $z))))
      (i32.add (i32.mul (call $getUByte (local.get $s1028) (i32.const 7)) (i32.const 10))
               (call $getUByte (local.get $s1029) (i32.const 7)))";
    assert_eq!(run(&with_segments(fill), Safety::Temporal, 16), Ok(12));
}

#[test]
fn split_segments_respect_local_limit() {
    let locals = "(local i64) ".repeat(49_990);
    let mut reads = String::new();
    for local in 0..20 {
        write!(reads, "(drop (call $getInt (local.get {}) (i32.const 0)))", local + 1).unwrap();
    }
    let code = format!("(func (export \"f\") (param i32) (result i32) {locals} (loop {reads} {reads}) (i32.const 5))");
    let text = format!("(module {IMPORTS} {code})").replace("{seg}", "i64");
    let config = Config::new().with_safety(Safety::None);
    assert!(linmem::link(text.as_bytes(), &config).is_ok());
}

/// If the time grew with the square of the size, each of these functions would take far too long.
#[test]
fn large_functions_link() {
    let mut growing = String::new();
    (0..4_000)
        .for_each(|offset| write!(growing, "(drop (call $getUByte (local.get $s) (i32.const {offset})))").unwrap());
    let step = "(local.set $i (i32.add (local.get $i) (i32.const 1)))";
    let read = "(drop (call $getUByte (local.get $s) (local.get $i)))";
    let bodies = [
        format!("{growing} {}", "(loop)".repeat(20_000)),
        format!("(loop $l {} (br_if $l (i32.lt_u (local.get $i) (local.get $n))))", step.repeat(20_000)),
        format!(
            "(loop $l {} {step} (br_if $l (i32.lt_u (local.get $i) (local.get $n))))",
            growing + &read.repeat(10_000)
        ),
        format!(
            "(loop $l {} (br_if $l (i32.lt_u (local.get $i) (local.get $n))))",
            format!("{read}{step}").repeat(10_000)
        ),
    ];
    for body in bodies {
        let code = format!("(func (param $s {{seg}}) (param $n i32) (local $i i32) {body})");
        for segment in ["i64", "anyref"] {
            let text = format!("(module {IMPORTS} {code})").replace("{seg}", segment);
            let config = Config::new().with_safety(Safety::Temporal);
            assert!(linmem::link(text.as_bytes(), &config).is_ok());
        }
    }
}

/// The number of loops whose checks are moved before them is limited: the checks of further loops stay in place. An engine
/// needs more memory for such a function than a machine has, so that the one that runs has fewer loops.
#[test]
fn hundred_thousand_loops_link() {
    let one = "(local.set $i (i32.const 0)) (loop $l
        (call $setByte (local.get $s) (local.get $i) (i32.const 7))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))\n";
    let code = |loops: usize| {
        format!(
            "(func $fill (param $s {{seg}}) (param $n i32) (local $i i32) {})
             (func (export \"f\") (param $n i32) (result i32) (local $r i32) (local $s {{seg}})
               (local.set $r (call $new))
               (local.set $s (call $allocate (local.get $r) (i32.const 16)))
               (call $fill (local.get $s) (local.get $n))
               (call $getUByte (local.get $s) (i32.const 15)))",
            one.repeat(loops)
        )
    };
    let link = |loops: usize, segment: &str| {
        let text = format!("(module {IMPORTS} {})", code(loops)).replace("{seg}", segment);
        let config = Config::new().with_safety(Safety::Spatial);
        linmem::link(text.as_bytes(), &config).unwrap_or_else(|error| panic!("{segment}: {error}"))
    };
    link(100_000, "i64");
    link(100_000, "anyref");
    let mut running = Running::new(&link(4_100, "i64"), State::default());
    assert_eq!(running.call("f", &[Val::I32(16)]).unwrap()[0].unwrap_i32(), 7);
    let error = running.call("f", &[Val::I32(17)]).expect_err("too far");
    assert_eq!(violation(&error).as_deref(), Some("OutOfBounds"));
}
