//! `linmem run --invoke`: arguments, results, and what is wrong with a call.

use crate::{expect, expect_error, expect_failure, linmem};

const MODULE: &str = r#"(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "sub") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
  (func (export "half") (param f32) (result f32) (f32.mul (local.get 0) (f32.const 0.5)))
  (func (export "vector") (param v128) (result v128) (i8x16.add (local.get 0) (local.get 0)))
  (func (export "nothing"))
  (func (export "null") (result anyref) (ref.null any))
  (func (export "refers") (param i32 anyref))
  (func (export "exits") (param i32) (call $exit (local.get 0)))
  (func $traps (export "traps") unreachable)
  (func (export "_start") (call $exit (i32.const 9))))"#;

/// Calls an export of `MODULE`; the first of `args` is its name.
fn invoke(args: &[&str]) -> std::process::Output {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("m.wat"), MODULE).unwrap();
    linmem(&[&["run", "--invoke", args[0], "m.wat"], &args[1..]].concat(), dir.path(), b"")
}

#[test]
fn results_are_printed_one_per_line() {
    for (args, printed) in [
        (&["sub", "3", "5"][..], "-2\n"),
        (&["sub", "--", "-0x10", "0xffffffff"], "-15\n"),
        (&["sub", "-7", "-5"], "-2\n"),
        (&["swap", "-9223372036854775808", "-0.0"], "-0.0\n-9223372036854775808\n"),
        (&["swap", "0x10", "nan:0x5"], "nan:0x5\n16\n"),
        (&["half", "inf"], "inf\n"),
        (&["half", "3"], "1.5\n"),
        (&["vector", "0x01020304050607080910111213141516"], "0x020406080a0c0e101220222426282a2c\n"),
        (&["nothing"], ""),
        (&["null"], "null\n"),
    ] {
        expect(&invoke(args), 0, printed);
    }
    expect(&invoke(&["exits", "42"]), 42, "");
    expect_failure(&invoke(&["traps"]), "error: m.wat: the program trapped: wasm trap: wasm `unreachable`");
}

#[test]
fn wrong_calls_are_usage_errors() {
    for (args, parts) in [
        (&["sub", "3"][..], &["`--invoke sub`", "takes 2 arguments, (param i32 i32) (result i32)", "1 is given"][..]),
        (&["nothing", "1"], &["takes no arguments", "1 is given"]),
        (&["half"], &["takes 1 argument, (param f32) (result f32)", "none are given"]),
        (&["sub", "3", "x"], &["argument 2 of 2", "`x`", "i32"]),
        (&["sub", "3", "4294967296"], &["argument 2 of 2", "out of range"]),
        (&["sub", "1.5", "1"], &["argument 1 of 2", "`1.5`"]),
        (&["refers", "1", "2"], &["argument 2 of 2", "(ref null any)", "reference"]),
        (&["absent"], &["`--invoke absent`", "`sub` (param i32 i32) (result i32), `swap`", "`nothing`,"]),
        (&["memory"], &["`--invoke memory`", "does not export this function"]),
    ] {
        expect_error(&invoke(args), 2, parts);
    }
}

#[test]
fn module_without_start_names_invoke() {
    let dir = tempfile::tempdir().unwrap();
    let run = |text: &str| linmem(&["run", "-"], dir.path(), text.as_bytes());
    let exports = "(module (func (export \"f\") (param i32)) (func (export \"g\")))";
    expect_error(&run(exports), 1, &["does not export a function `_start`", "`--invoke`", "`f` (param i32), `g`"]);
    let none = "(module (memory (export \"memory\") 1))";
    expect_error(&run(none), 1, &["`_start`", "does not export any function"]);
    let other = "(module (func (export \"_start\") (param i32)))";
    expect_error(&run(other), 1, &["`_start` without parameters", "`_start` (param i32)"]);
    let many: String = (0..25).map(|n| format!("(func (export \"f{n}\"))")).collect();
    expect_error(&run(&format!("(module {many})")), 1, &["`f19` and 5 more functions"]);
}

/// A reactor is initialized once, before the call.
#[test]
fn reactors_are_initialized_first() {
    let dir = tempfile::tempdir().unwrap();
    let run = |name: &str, initialize: &str| {
        let text = format!(
            "(module (global $calls (mut i32) (i32.const 0))
               (func (export \"_initialize\") {initialize}
                 (global.set $calls (i32.add (global.get $calls) (i32.const 1))))
               (func (export \"calls\") (result i32) (global.get $calls)))"
        );
        linmem(&["run", "--invoke", name, "-"], dir.path(), text.as_bytes())
    };
    expect(&run("calls", ""), 0, "1\n");
    expect(&run("_initialize", "(if (global.get $calls) (then unreachable))"), 0, "");
    // Not the function of the convention.
    expect(&run("calls", "(param i32)"), 0, "0\n");
    expect_failure(&run("calls", "unreachable"), "error: standard input: the program trapped");
}
