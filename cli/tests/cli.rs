//! Tests of the binary, as a user runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn linmem(args: &[&str], dir: &Path, input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_linmem"))
        .args(args)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A program that does not read its input may exit before all of it is written.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    })
}

fn example(name: &str) -> String {
    root().join("examples").join(name).to_string_lossy().into_owned()
}

#[track_caller]
fn expect(output: &Output, status: i32, stdout: &str) {
    let found = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), found.as_ref()), (Some(status), stdout), "{errors}");
}

/// Expects a failure with one line that begins with `error:` and contains all `parts`.
#[track_caller]
fn expect_error(output: &Output, status: i32, parts: &[&str]) {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{errors}");
    assert!(errors.starts_with("error: ") && errors.trim_end().lines().count() == 1, "{errors}");
    for part in parts {
        assert!(errors.contains(part), "`{part}` is not in: {errors}");
    }
    assert!(output.stdout.is_empty());
}

#[test]
fn examples_print_expected_output() {
    let dir = tempfile::tempdir().unwrap();
    let run = |args: &[&str], input: &[u8]| linmem(args, dir.path(), input);
    expect(&run(&["run", &example("hello.wat")], b""), 0, "Hello, world!\n");
    expect(&run(&["run", &example("gc_string.wat")], b""), 0, "a string of the garbage-collected heap\n");
    expect(&run(&["run", &example("nested.wat")], b""), 0, "5\n4\n3\n2\n1\n1\n2\n3\n4\n5\n");
    expect(&run(&["run", &example("echo.wat"), "one", "two words", "--three"], b""), 0, "one\ntwo words\n--three\n");
    let text = "line\n".repeat(50_000);
    expect(&run(&["run", &example("cat.wat")], text.as_bytes()), 0, &text);
}

#[test]
fn link_writes_runnable_module() {
    let dir = tempfile::tempdir().unwrap();
    expect(&linmem(&["link", &example("hello.wat"), "-o", "out.wasm"], dir.path(), b""), 0, "");
    expect(&linmem(&["run", "out.wasm"], dir.path(), b""), 0, "Hello, world!\n");
    // All arguments after the file belong to the program.
    let args = ["run", &example("echo.wat"), "--help", "--optimize", "size", "-x", "--", "--dir"];
    expect(&linmem(&args, dir.path(), b""), 0, "--help\n--optimize\nsize\n-x\n--\n--dir\n");
    // Link in place, and through standard input and output.
    expect(&linmem(&["link", "out.wasm", "-o", "out.wasm"], dir.path(), b""), 0, "");
    let source = std::fs::read(example("hello.wat")).unwrap();
    let piped = linmem(&["link", "-", "-o", "-"], dir.path(), &source);
    assert_eq!(piped.stdout, std::fs::read(dir.path().join("out.wasm")).unwrap());
    let printed = linmem(&["print", "out.wasm"], dir.path(), b"");
    assert!(String::from_utf8_lossy(&printed.stdout).contains("call $linmem.refill"));
}

#[test]
fn run_exits_with_program_status() {
    let dir = tempfile::tempdir().unwrap();
    let program = |body: &str| {
        let text = format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                 (memory (export "memory") 1) (func $main (export "_start") {body}))"#
        );
        std::fs::write(dir.path().join("p.wat"), text).unwrap();
        linmem(&["run", "p.wat"], dir.path(), b"")
    };
    expect(&program("(call $exit (i32.const 42))"), 42, "");
    expect(&program("(call $exit (i32.const 0))"), 0, "");
    expect(&program("(call $exit (i32.const 200))"), 200, "");
    let trapped = program("unreachable");
    assert_eq!(trapped.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&trapped.stderr).into_owned();
    assert!(errors.starts_with("error: p.wat: the program trapped") && errors.contains("$main"), "{errors}");
}

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
fn program_sees_environment_and_directories() {
    let dir = tempfile::tempdir().unwrap();
    let text = r#"(module
        (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
        (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
        (import "linmem" "MemorySegment.getInt" (func $getInt (param i32 i32) (result i32)))
        (import "linmem" "wasi.write_all" (func $write_all (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
        (func (export "_start") (local $r i32) (local $s i32) (local $p i32) (local $t i32) (local $d i32)
          (local.set $r (call $new))
          (local.set $s (call $allocate (local.get $r) (i32.const 8)))
          (drop (call $sizes (local.get $s) (i32.add (local.get $s) (i32.const 4))))
          (local.set $p (call $allocate (local.get $r) (i32.const 100)))
          (local.set $t (call $allocate (local.get $r) (call $getInt (local.get $s) (i32.const 4))))
          (drop (call $get (local.get $p) (local.get $t)))
          (drop (call $write_all (i32.const 1) (local.get $t)
            (i32.sub (call $getInt (local.get $s) (i32.const 4)) (i32.const 1))))
          (local.set $d (call $allocate (local.get $r) (i32.const 5)))
          (drop (call $name (i32.const 3) (local.get $d) (i32.const 5)))
          (drop (call $write_all (i32.const 1) (local.get $d) (i32.const 5)))))"#;
    std::fs::write(dir.path().join("p.wat"), text).unwrap();
    let args = ["run", "--env", "NAME=some value", "--dir", ".::/data", "p.wat"];
    expect(&linmem(&args, dir.path(), b""), 0, "NAME=some value/data");
    expect_error(&linmem(&["run", "--dir", "absent", "p.wat"], dir.path(), b""), 1, &["absent", "cannot be opened"]);
}

#[test]
fn failures_print_one_line_and_leave_no_files() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, contents: &[u8]| std::fs::write(dir.path().join(name), contents).unwrap();
    let run = |args: &[&str]| linmem(args, dir.path(), b"");
    write("syntax.wat", b"(module\n  (func (i32.cnst 1)))");
    expect_error(&run(&["link", "syntax.wat", "-o", "out.wasm"]), 1, &["syntax.wat", "at 2:10"]);
    write("unknown.wat", b"(module (import \"linmem\" \"MemorySegment.gotInt\" (func (param i64 i32) (result i32))))");
    let parts = ["unknown.wat", "MemorySegment.gotInt", "did you mean `MemorySegment.getInt`?", "at 1:10"];
    expect_error(&run(&["link", "unknown.wat", "-o", "out.wasm"]), 1, &parts);
    expect_error(&run(&["check", "unknown.wat"]), 1, &parts);
    write("short.wasm", b"\0asm\x01\0\0\0\x01\x20");
    expect_error(&run(&["link", "short.wasm", "-o", "out.wasm"]), 1, &["short.wasm", "offset"]);
    write("noise.bin", &[0xff, 0xfe, 0x00]);
    expect_error(&run(&["run", "noise.bin"]), 1, &["noise.bin", "neither"]);
    expect_error(&run(&["run", "absent.wat"]), 1, &["absent.wat", "cannot be read"]);
    assert!(!dir.path().join("out.wasm").exists());
    expect_error(&run(&["link", &example("hello.wat"), "-o", "no/such/dir/out.wasm"]), 1, &["cannot be written"]);
    expect_error(&run(&["link", &example("hello.wat"), "-o", "."]), 1, &["cannot be written"]);
    let left: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(".linmem") || name.starts_with("out"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn bad_usage_exits_with_status_2() {
    let dir = tempfile::tempdir().unwrap();
    for args in [
        &["link", "x.wat"][..],
        &["frobnicate"],
        &["run", "--safety", "high", "x.wat"],
        &["run", "--nesting", "", "x.wat"],
        &["run", "--base", "-1", "x.wat"],
        &["run", "--env", "NAME", "x.wat"],
        &["run", "--alias", "x=MemorySegment.got", "x.wat"],
        &["run", "--host", "x=:", "x.wat"],
        &["run", "--host", "x=linmem:y", "x.wat"],
        &[],
    ] {
        let output = linmem(args, dir.path(), b"");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn check_prints_nothing_for_correct_program() {
    let dir = tempfile::tempdir().unwrap();
    expect(&linmem(&["check", &example("hello.wat")], dir.path(), b""), 0, "");
}

#[test]
fn intrinsics_lists_whole_catalogue() {
    let dir = tempfile::tempdir().unwrap();
    let output = linmem(&["intrinsics"], dir.path(), b"");
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    for intrinsic in linmem::Intrinsic::ALL {
        assert!(listed.contains(intrinsic.name()) && listed.contains(intrinsic.doc()), "{}", intrinsic.name());
    }
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
    let said = |end: &str| {
        std::fs::write(dir.path().join("program.wat"), program(end)).unwrap();
        let output = linmem(&["run", "program.wat"], dir.path(), b"");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let after = "\n  after wasi.open returned NOENT (44): no such file or directory\n    at program.wat:9, in $main\n";
    let (status, text) = said("(unreachable)");
    assert_eq!(status, Some(1));
    assert!(text.starts_with("error: program.wat: the program trapped: ") && text.ends_with(after), "{text}");
    let (status, text) =
        said("(drop (call $get (call $of (i32.const 0) (i32.const 8)) (i32.trunc_f32_u (f32.const 5))))");
    assert_eq!(status, Some(1));
    let violation = "error: MemorySegment.getInt: bytes 5..9 of a segment of 8 bytes\n  at program.wat:10, in $main";
    assert_eq!(text, format!("{violation}{after}"));
    // No errno is printed for a program that exits by itself.
    assert_eq!(said("(nop)"), (Some(0), String::new()));
}

#[test]
fn violation_reports_name_line() {
    let dir = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| linmem(args, dir.path(), b"");
    let file = example("closed_twice.wat");
    let report = || {
        format!(
            "error: MemoryAllocator.free: allocator 1 is not open: it was already closed, or never opened\n  \
             at {file}:14, in $finish\n"
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
    assert!(errors.ends_with(":14, in $finish\n"), "{errors}");
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
    // In a branch that never runs.
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
    let told = |args: &[&str]| {
        let output = linmem(args, dir.path(), b"");
        expect(&output, 0, "");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let linked = told(&["link", "shared.wat", "-o", "out.wasm"]);
    assert!(linked.starts_with("warning: shared.wat: ") && linked.contains("split"), "{linked}");
    assert_eq!(linked.lines().count(), 1);
    let checked = told(&["check", "shared.wat"]);
    assert!(checked.contains("split") && checked.lines().count() == 1, "{checked}");
    // An explicit choice gives no warning.
    assert_eq!(told(&["link", "--share", "split", "shared.wat", "-o", "out.wasm"]), "");
    assert_eq!(told(&["link", "--share", "trust", "shared.wat", "-o", "out.wasm"]), "");
    let parts = ["--share", "allocator", "malloc"];
    expect_error(
        &linmem(&["link", "--share", "allocator:malloc", "shared.wat", "-o", "out2.wasm"], dir.path(), b""),
        2,
        &parts,
    );
    assert!(!dir.path().join("out2.wasm").exists());
}

#[test]
fn unsupported_features_fail_before_running() {
    let dir = tempfile::tempdir().unwrap();
    let run = |text: &str| linmem(&["run", "-"], dir.path(), text.as_bytes());
    let shared = "(module (memory (export \"memory\") 1 2 shared)\n\
                  (func (export \"_start\") (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))))";
    expect(&run(shared), 0, "");
    let stacks = "(module (type $f (func)) (type $c (cont $f)) (func $g) (elem declare func $g)\n\
                  (func (export \"_start\") (drop (cont.new $c (ref.func $g)))))";
    expect_error(&run(stacks), 1, &["standard input", "stack switching"]);
    let legacy = "(module (func (export \"_start\") try nop catch_all end))";
    expect_error(&run(legacy), 1, &["standard input", "legacy exceptions"]);
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
