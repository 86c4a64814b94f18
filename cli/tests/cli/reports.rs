//! How violations and errors of the host are reported when a program runs.

use crate::{example, expect, expect_error, linmem};

#[test]
fn violation_names_kind() {
    let dir = tempfile::tempdir().unwrap();
    let text = r#"(module (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
        (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
        (func (export "_start") (drop (call $allocate (call $new) (i32.const -1)))))"#;
    std::fs::write(dir.path().join("p.wat"), text).unwrap();
    let output = linmem(&["run", "--on-violation", "trap", "p.wat"], dir.path(), b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("$linmem.OutOfMemory"));
    let output = linmem(&["run", "p.wat"], dir.path(), b"");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: MemoryAllocator.allocate: out of memory: cannot allocate 4294967295 bytes; the memory has 1 page\n  at p.wat:3, \
         in function 2\n"
    );
}

#[test]
fn errnos_are_printed_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let program = |end: &str| {
        format!(
            "(module\n\
             (import \"linmem\" \"MemorySegment.ofAddress\" (func $of (param i32 i32) (result i64)))\n\
             (import \"linmem\" \"MemorySegment.getInt\" (func $get (param i64 i32) (result i32)))\n\
             (import \"linmem\" \"wasi.open\" (func $open (param i64 i32) (result i32 i32)))\n\
             (import \"linmem\" \"wasi.fd_close\" (func $close (param i32) (result i32)))\n\
             (func $main (export \"_start\") (local $s i64)\n\
             (local.set $s (call $of (i32.const 0) (i32.const 3)))\n\
             (drop (call $close (i32.const 77)))\n\
             (drop (drop (call $open (local.get $s) (i32.const 0))))\n\
             {end}))"
        )
    };
    let messages = |end: &str| {
        std::fs::write(dir.path().join("program.wat"), program(end)).unwrap();
        let output = linmem(&["run", "program.wat"], dir.path(), b"");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let after = "\n  after wasi.open returned NOENT (44): no such file or directory\n    at program.wat:9, in $main\n";
    let (status, text) = messages("(unreachable)");
    assert_eq!(status, Some(1));
    assert!(text.starts_with("error: program.wat: the program trapped: ") && text.ends_with(after), "{text}");
    let (status, text) =
        messages("(drop (call $get (call $of (i32.const 0) (i32.const 8)) (i32.trunc_f32_u (f32.const 5))))");
    assert_eq!(status, Some(1));
    let violation = "error: MemorySegment.getInt: bytes 5..9 of a segment of 8 bytes\n  at program.wat:10, in $main";
    assert_eq!(text, format!("{violation}{after}"));
    // If the program exits normally, no errno is printed.
    assert_eq!(messages("(nop)"), (Some(0), String::new()));
}

#[test]
fn violation_reports_name_line() {
    let dir = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| linmem(args, dir.path(), b"");
    let file = example("closed_twice.wat");
    let report = || {
        format!(
            "error: MemoryAllocator.free: allocator 1 is not open: it was already closed, or never opened\n  \
             at {file}:20, in $start\n"
        )
    };
    let output = run(&["run", "--safety", "temporal", &file]);
    expect(&output, 1, "");
    assert_eq!(String::from_utf8_lossy(&output.stderr), report());
    // With traps, the name of the function shows the kind of the violation.
    let output = run(&["run", "--safety", "temporal", "--on-violation", "trap", &file]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("in $linmem.AlreadyFreed"));
    // Without checks, the program runs to its end.
    expect(&run(&["run", &file]), 0, "");
    // A module that was linked earlier also reports, with the places of its source.
    let linked = dir.path().join("linked.wasm");
    let linked = linked.to_str().unwrap();
    let options = ["--safety", "temporal", "--on-violation", "report"];
    expect(&run(&[&["link", &file, "-o", linked], &options[..]].concat()), 0, "");
    let output = run(&["run", linked]);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.ends_with(":20, in $start\n"), "{errors}");
}

#[test]
fn accesses_are_checked_by_default() {
    let dir = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| linmem(args, dir.path(), b"");
    let file = example("out_of_bounds.wat");
    let output = run(&["run", &file]);
    expect(&output, 1, "");
    let report =
        format!("error: MemorySegment.getInt: bytes 13..17 of a segment of 16 bytes\n  at {file}:11, in $last\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), report);
    expect(&run(&["run", "--safety", "none", &file]), 0, "");
    let parts = ["--sealed", "i64", "declare segments as references"];
    expect_error(&run(&["link", "--sealed", &file, "-o", "out.wasm"]), 2, &parts);
    assert!(!dir.path().join("out.wasm").exists());
}

#[test]
fn reported_lines_refer_to_linked_text() {
    let dir = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(example("out_of_bounds.wat")).unwrap();
    std::fs::write(dir.path().join("text.wat"), text).unwrap();
    let args = ["link", "--on-violation", "report", "text.wat", "-o", "binary.wasm"];
    expect(&linmem(&args, dir.path(), b""), 0, "");
    let output = linmem(&["run", "binary.wasm"], dir.path(), b"");
    expect(&output, 1, "");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.ends_with("\n  at text.wat:11, in $last\n"), "{errors}");
}

#[test]
fn traps_show_function_indices_of_file() {
    let dir = tempfile::tempdir().unwrap();
    // Linking removes the imports and adds functions: function 3 becomes function 1, and function 4 function 2.
    let text = r#"(module
        (import "linmem" "MemoryAllocator.new" (func (result i32)))
        (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
        (import "linmem" "MemoryAllocator.allocate" (func (param i32 i32) (result i64)))
        (func (param i32) (drop (i32.div_u (i32.const 1) (local.get 0))))
        (func (export "_start") (drop (call 2 (call 0) (i32.const 8))) (call 3 (i32.const 0))))"#;
    std::fs::write(dir.path().join("p.wat"), text).unwrap();
    let errors = |file: &str| {
        let output = linmem(&["run", file], dir.path(), b"");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let expected = |file: &str, (inner, outer): (u32, u32)| {
        let trap = "the program trapped: wasm trap: integer divide by zero";
        format!("error: {file}: {trap}\n  in function {inner}\n  in function {outer}\n")
    };
    assert_eq!(errors("p.wat"), expected("p.wat", (3, 4)));
    // A linked file is a file like any other.
    expect(&linmem(&["link", "p.wat", "-o", "linked.wasm"], dir.path(), b""), 0, "");
    assert_eq!(errors("linked.wasm"), expected("linked.wasm", (1, 2)));
}
