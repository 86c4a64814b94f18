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
        (&["sub", "3"][..], &["`--invoke sub`", "takes 2 values, (param i32 i32) (result i32)", "1 is given"][..]),
        (&["nothing", "1"], &["takes no values", "1 is given"]),
        (&["half"], &["takes 1 value, (param f32) (result f32)", "none are given"]),
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

/// The exports of a program without an allocator, one for each way to pass a text. Each prints what it got.
const TEXTS: &str = r#"
  (func (export "pair") (param i32 i32 i32) (call $print (local.get 0) (local.get 1)) (call $exit (local.get 2)))
  (func (export "packed") (param i64)
    (call $print (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32)))))
  (func (export "terminated") (param $start i32) (local $end i32)
    (local.set $end (local.get $start))
    (loop $again
      (local.set $end (i32.add (local.get $end) (i32.const 1)))
      (br_if $again (i32.load8_u (local.get $end))))
    (call $print (local.get $start) (i32.sub (local.get $end) (local.get $start))))
  (func (export "two") (param i32 i32 i64)
    (call $print (i32.wrap_i64 (local.get 2)) (i32.wrap_i64 (i64.shr_u (local.get 2) (i64.const 32))))
    (call $print (local.get 0) (local.get 1)))
  (func $print (param i32 i32)
    (i32.store (i32.const 16) (local.get 0))
    (i32.store (i32.const 20) (local.get 1))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))"#;

const WASI: &str = r#"
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))"#;

#[test]
fn texts_are_passed_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let run = |allocator: &str, name: &str, args: &[&str]| {
        let text = format!("(module {WASI} {allocator} (memory (export \"memory\") 1) {TEXTS})");
        std::fs::write(dir.path().join("m.wat"), text).unwrap();
        linmem(&[&["run", "--invoke", name, "m.wat"], args].concat(), dir.path(), b"")
    };
    // With the program's own allocator, with linmem's, since the program has intrinsics, and with pages that the host adds.
    let malloc = "(global $next (mut i32) (i32.const 1024))
        (func (export \"malloc\") (param i32) (result i32)
          (global.get $next)
          (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get 0) (i32.const 15)) (i32.const -8)))))
        (func (export \"free\") (param i32) unreachable)";
    let intrinsic = "(import \"linmem\" \"MemoryAllocator.new\" (func (result i32)))
        (import \"linmem\" \"MemorySegment.size\" (func (param i64) (result i32)))";
    for allocator in [malloc, intrinsic, ""] {
        expect(&run(allocator, "pair", &["utf8:grüße", "0"]), 0, "grüße");
        expect(&run(allocator, "pair", &["--", "hex:000a", "7"]), 7, "\0\n");
        expect(&run(allocator, "pair", &["utf8:", "3"]), 3, "");
        expect(&run(allocator, "packed", &["utf8:a text"]), 0, "a text");
        expect(&run(allocator, "packed", &["utf16:ab"]), 0, "a\0b\0");
        expect(&run(allocator, "terminated", &["cstr:hi there"]), 0, "hi there");
        expect(&run(allocator, "two", &["utf8:second", "hex:66697273742c20"]), 0, "first, second");
    }
    let traps = malloc.replace("(global.get $next)\n", "unreachable");
    expect_failure(
        &run(&traps, "packed", &["utf8:a"]),
        "error: m.wat: the program trapped: wasm trap: wasm `unreachable`",
    );
    let lies = malloc.replace("(i32.const 1024)", "(i32.const 65536)");
    expect_failure(
        &run(&lies, "packed", &["utf8:a"]),
        "error: m.wat: the program failed: `malloc` of the guest returned",
    );
    for (name, args, parts) in [
        ("pair", &["utf8:a"][..], &["takes 3 values, (param i32 i32 i32)", "2 are given"][..]),
        ("pair", &["1", "2", "utf8:a"], &["argument 3 of 3", "`utf8:a` is passed as an address and a size, two i32"]),
        ("packed", &["cstr:a"], &["argument 1 of 1", "an i32"]),
        ("packed", &["hex:a"], &["argument 1 of 1", "even number of hexadecimal digits"]),
        ("packed", &["text"], &["argument 1 of 1", "`utf8:text`"]),
    ] {
        expect_error(&run("", name, args), 2, parts);
    }
    let without = "(module (func (export \"f\") (param i64)))";
    std::fs::write(dir.path().join("m.wat"), without).unwrap();
    let output = linmem(&["run", "--invoke", "f", "m.wat", "utf8:a"], dir.path(), b"");
    expect_error(&output, 2, &["argument 1 of 1", "a memory that is exported as `memory`"]);
}

/// Segments of a program with intrinsics, in each representation.
#[test]
fn texts_are_passed_as_segments() {
    let dir = tempfile::tempdir().unwrap();
    for (segment, size) in [("i64", ""), ("anyref", ""), ("i32", "i32")] {
        let text = format!(
            "(module
               (import \"linmem\" \"wasi.write_all\" (func $write_all (param i32 {segment} {size}) (result i32)))
               (func (export \"print\") (param {segment} {size}) (result i32)
                 (call $write_all (i32.const 1) (local.get 0) {})))",
            if size.is_empty() { "" } else { "(local.get 1)" }
        );
        let args = |options: &[&'static str]| [&["run"], options, &["--invoke", "print", "-", "utf8:grüße, "]].concat();
        let run = |options: &[&'static str]| linmem(&args(options), dir.path(), text.as_bytes());
        expect(&run(&[]), 0, "grüße, 0\n");
        expect(&run(&["--nesting", "outermost", "--export-allocator"]), 0, "grüße, 0\n");
        if segment != "i32" {
            expect(&run(&["--safety", "temporal"]), 0, "grüße, 0\n");
        }
    }
}

/// Texts are passed in memories of every kind; with a timeout, the code that copies to a shared memory is not interrupted.
#[test]
fn texts_are_passed_in_wide_and_shared_memories() {
    let dir = tempfile::tempdir().unwrap();
    for (memory, ty) in [("1", "i32"), ("i64 1", "i64"), ("1 9 shared", "i32"), ("i64 1 9 shared", "i64")] {
        let text = format!(
            "(module (memory (export \"memory\") {memory})
               (func (export \"f\") (param {ty} {ty} {ty}) (result i32 {ty} i64)
                 (i32.load8_u offset=1 (local.get 0)) (local.get 1) (i64.load (local.get 2))))"
        );
        for options in [&[][..], &["--timeout", "60s"]] {
            let args = [&["run"], options, &["--invoke", "f", "-", "utf8:abc", "cstr:1234567"]].concat();
            expect(&linmem(&args, dir.path(), text.as_bytes()), 0, "98\n3\n15540725856023089\n");
        }
    }
}

/// With `cabi_realloc`, each text is a block of its own, which the callee can free.
#[test]
fn callee_frees_each_text() {
    let dir = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let text = format!(
            r#"(module {WASI}
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func $cabi_realloc (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
    (if (local.get $old)
      (then
        ;; The size is before each block. Freeing anything else traps.
        (if (i32.ne (i32.load (i32.sub (local.get $old) (i32.const 8))) (local.get $size)) (then unreachable))
        (return (i32.const 0))))
    (if (i32.eqz (local.get $new)) (then (return (local.get $align))))
    (i32.store (global.get $next) (local.get $new))
    (i32.add (global.get $next) (i32.const 8))
    (global.set $next (i32.and (i32.add (i32.add (global.get $next) (local.get $new)) (i32.const 15)) (i32.const -8))))
  (func $free (param $text i32) (param $size i32)
    (if (local.get $size)
      (then (drop (call $cabi_realloc (local.get $text) (local.get $size) (i32.const 1) (i32.const 0))))))
  (func (export "both") (param i32 i32 i32 i32) (result i32)
    (call $free (local.get 0) (local.get 1))
    (call $free (local.get 2) (local.get 3))
    (i32.add (local.get 1) (local.get 3))))"#
        );
        std::fs::write(dir.path().join("m.wat"), text).unwrap();
        linmem(&[&["run", "--invoke", "both", "m.wat"], args].concat(), dir.path(), b"")
    };
    expect(&run(&["utf8:hello", "utf8:world!"]), 0, "11\n");
    expect(&run(&["utf8:", "hex:00"]), 0, "1\n");
}

#[test]
fn text_for_another_reference_is_a_usage_error() {
    let dir = tempfile::tempdir().unwrap();
    let run = |imports: &str, ty: &str| {
        let text = format!("(module {imports} (memory (export \"memory\") 1) (func (export \"f\") (param {ty})))");
        linmem(&["run", "--invoke", "f", "-", "utf8:a"], dir.path(), text.as_bytes())
    };
    let segments = "(import \"linmem\" \"MemorySegment.size\" (func (param anyref) (result i32)))";
    expect(&run(segments, "anyref"), 0, "");
    for (imports, ty) in [
        (segments, "externref"),
        (segments, "arrayref"),
        ("", "anyref"),
        ("(import \"linmem\" \"MemorySegment.size\" (func (param i64) (result i32)))", "anyref"),
    ] {
        expect_error(&run(imports, ty), 2, &["argument 1 of 1: `utf8:a` cannot be passed", "not that of a segment"]);
    }
}

/// A program that exits in its allocator.
#[test]
fn exit_in_the_allocator_ends_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let text = r#"(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "malloc") (param i32) (result i32) (call $exit (i32.const 42)) unreachable)
  (func (export "free") (param i32))
  (func (export "f") (param i32 i32)))"#;
    expect(&linmem(&["run", "--invoke", "f", "-", "utf8:a"], dir.path(), text.as_bytes()), 42, "");
}
