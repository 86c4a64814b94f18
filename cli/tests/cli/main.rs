//! Tests of the binary, as a user runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod audit;
mod findings;
mod invoke;
mod layout;
mod limits;
mod reports;
mod run;
#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Output;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn linmem(args: &[&str], dir: &Path, input: &[u8]) -> Output {
    support::output(support::linmem().args(args).current_dir(dir), input)
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

/// Expects a program that fails, with a message that begins with `start` and may have further lines.
#[track_caller]
fn expect_failure(output: &Output, start: &str) {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && errors.starts_with(start), "{errors}");
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
    let calls_refill = |args: &[&str]| {
        let printed = linmem(args, dir.path(), b"");
        assert!(printed.status.success());
        String::from_utf8_lossy(&printed.stdout).contains("call $linmem.refill")
    };
    // The region of `_start` is in a static frame.
    assert!(!calls_refill(&["print", "out.wasm"]));
    assert!(calls_refill(&["print", "--static-frames", "off", &example("hello.wat")]));
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
        &["run", "--static", "private", "x.wat"],
        &["run", "--host", "x=linmem:y", "x.wat"],
        &["run", "--timeout", "5", "x.wat"],
        &["run", "--max-memory", "1kB", "x.wat"],
        &[],
    ] {
        let output = linmem(args, dir.path(), b"");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn errors_name_options_as_flags() {
    let dir = tempfile::tempdir().unwrap();
    let file = example("hello.wat");
    for (options, message) in [
        (&["--max-pages", "0"][..], "--max-pages 0: the maximum is below"),
        (&["--base", "global:x"], "--base global:x: the global does not exist"),
        (&["--share", "trust", "--split", "1GiB"], "--split 1GiB: the way to share the memory is `trust`"),
        (&["--share", "allocator:malloc"], "--share allocator:malloc: the module has no memory"),
    ] {
        let output = linmem(&[&["print"], options, &[&*file]].concat(), dir.path(), b"");
        expect_error(&output, 2, &[&format!("hello.wat: {message}")]);
    }
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
