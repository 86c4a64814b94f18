//! Errors and warnings before a program runs: of `linmem check`, and those of linking.

use crate::{example, expect, expect_error, linmem};

#[test]
fn check_prints_nothing_for_correct_program() {
    let dir = tempfile::tempdir().unwrap();
    expect(&linmem(&["check", &example("hello.wat")], dir.path(), b""), 0, "");
}

#[test]
fn check_distinguishes_errors_and_warnings() {
    let dir = tempfile::tempdir().unwrap();
    let prelude = "(import \"linmem\" \"MemoryAllocator.new\" (func $new (result i32)))\n\
                   (import \"linmem\" \"MemoryAllocator.free\" (func $free (param i32)))\n";
    let check = |code: &str| {
        let text = format!("(module {prelude} (func $f (param $c i32) (local $r i32)\n{code}))");
        linmem(&["check", "-"], dir.path(), text.as_bytes())
    };
    let early = "(local.set $r (call $new))\n(br_if 0 (local.get $c))\n(call $free (local.get $r))";
    let output = check(early);
    expect(&output, 0, "");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "warning: standard input: the region is left open on this path out of the function; it was opened at line 4 (in \
         $f at line 5)\n"
    );
    let twice = "(local.set $r (call $new))\n(call $free (local.get $r))\n(call $free (local.get $r))";
    expect_error(&check(twice), 1, &["AlreadyFreed", "opened at line 4", "in $f at line 6"]);
    let right = "(local.set $r (call $new))\n(call $free (local.get $r))";
    let output = check(right);
    expect(&output, 0, "");
    assert!(output.stderr.is_empty());
}

#[test]
fn warnings_do_not_prevent_linking() {
    let dir = tempfile::tempdir().unwrap();
    let write = |start: &str| {
        let text = format!(
            "(module\n\
             (import \"linmem\" \"MemorySegment.ofAddress\" (func $of (param i32 i32) (result i64)))\n\
             (import \"linmem\" \"MemorySegment.getInt\" (func $get (param i64 i32) (result i32)))\n\
             (func $main (export \"_start\")\n{start}))"
        );
        std::fs::write(dir.path().join("dead.wat"), text).unwrap();
    };
    let access = "(drop (call $get (call $of (i32.const 16) (i32.const 8)) (i32.const 5)))";
    let finding =
        "dead.wat: OutOfBounds: MemorySegment.getInt: bytes 5..9 of a segment of 8 bytes (in $main at line 5)";
    // The access is in a branch that never runs.
    write(&format!("(if (i32.const 0) (then {access}))"));
    for args in [&["link", "dead.wat", "-o", "dead.wasm"][..], &["run", "dead.wat"], &["check", "dead.wat"]] {
        let output = linmem(args, dir.path(), b"");
        expect(&output, 0, "");
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("warning: {finding}\n"), "{args:?}");
    }
    expect(&linmem(&["run", "dead.wasm"], dir.path(), b""), 0, "");
    // If every execution of the function reaches it, only `check` reports an error.
    write(access);
    expect_error(&linmem(&["check", "dead.wat"], dir.path(), b""), 1, &[finding]);
    expect(&linmem(&["link", "dead.wat", "-o", "dead.wasm"], dir.path(), b""), 0, "");
    let output = linmem(&["run", "dead.wat"], dir.path(), b"");
    expect(&output, 1, "");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let error = "error: MemorySegment.getInt: bytes 5..9 of a segment of 8 bytes\n  at dead.wat:5, in $main\n";
    assert_eq!(errors, format!("warning: {finding}\n{error}"));
}

#[test]
fn memory_sharing_is_reported_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let text = "(module\n\
                (import \"linmem\" \"MemoryAllocator.new\" (func $new (result i32)))\n\
                (import \"linmem\" \"MemoryAllocator.free\" (func $free (param i32)))\n\
                (memory (export \"memory\") 1)\n\
                (func (export \"_start\") (call $free (call $new)) (drop (memory.size))))";
    std::fs::write(dir.path().join("shared.wat"), text).unwrap();
    let messages = |args: &[&str]| {
        let output = linmem(args, dir.path(), b"");
        expect(&output, 0, "");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let linked = messages(&["link", "shared.wat", "-o", "out.wasm"]);
    assert!(linked.starts_with("warning: shared.wat: ") && linked.contains("split"), "{linked}");
    assert_eq!(linked.lines().count(), 1);
    let checked = messages(&["check", "shared.wat"]);
    assert!(checked.contains("split") && checked.lines().count() == 1, "{checked}");
    assert_eq!(messages(&["run", "shared.wat"]), linked);
    // An explicit choice gives no warning.
    assert_eq!(messages(&["link", "--share", "split", "shared.wat", "-o", "out.wasm"]), "");
    assert_eq!(messages(&["link", "--share", "trust", "shared.wat", "-o", "out.wasm"]), "");
    assert_eq!(messages(&["run", "--share", "trust", "shared.wat"]), "");
    let parts = ["--share", "allocator", "malloc"];
    expect_error(
        &linmem(&["link", "--share", "allocator:malloc", "shared.wat", "-o", "out2.wasm"], dir.path(), b""),
        2,
        &parts,
    );
    assert!(!dir.path().join("out2.wasm").exists());
}
