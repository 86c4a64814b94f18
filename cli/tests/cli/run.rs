//! `linmem run`: output, exit status, and what the program finds around it.

use crate::{example, expect, expect_error, expect_failure, linmem, root, support};

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

/// Runs the program and the command of `docs/names.md`, which shows the output.
#[test]
fn documented_aliases_and_host_functions_run() {
    let text = std::fs::read_to_string(root().join("docs/names.md")).unwrap();
    let block =
        |kind: &str| text.split(&format!("```{kind}\n")).nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("program.wat"), block("wat")).unwrap();
    let (command, output) = block("console").split_once('\n').unwrap();
    let args: Vec<&str> = command.strip_prefix("$ linmem ").unwrap().split(' ').collect();
    expect(&linmem(&args, dir.path(), b""), 0, output);
    let plain = linmem(&["run", "program.wat"], dir.path(), b"");
    expect_error(&plain, 1, &["unknown import `linmem.open`"]);
}

#[test]
fn arguments_after_file_belong_to_program() {
    let dir = tempfile::tempdir().unwrap();
    let echo = example("echo.wat");
    let run = |args: &[&str]| linmem(&[&["run"], args].concat(), dir.path(), b"");
    // A `--` directly after the file only separates; all others are arguments.
    expect(&run(&["--dir", ".", &echo, "--", "--dir", "x"]), 0, "--dir\nx\n");
    expect(&run(&[&echo, "--", "--", "a"]), 0, "--\na\n");
    expect(&run(&[&echo, "a", "--", "--safety", "none"]), 0, "a\n--\n--safety\nnone\n");
    expect(&run(&["--", &echo, "--", "a"]), 0, "a\n");
    expect(&run(&[&echo, "--"]), 0, "");
    // Options that linmem does not have, and its own after other arguments, need no separator.
    expect(&run(&[&echo, "--help", "--dir"]), 0, "--help\n--dir\n");
    expect(&run(&[&echo, "--directory", "-d"]), 0, "--directory\n-d\n");
}

#[test]
fn options_directly_after_file_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let echo = example("echo.wat");
    for option in [
        "--dir",
        "--dir=.",
        "--safety",
        "--on-violation=trap",
        "--max-pages",
        "--sealed",
        "--env",
        "--host",
        "--timeout=1s",
    ] {
        let parts = [
            &format!("`{option}` follows the file `{echo}`"),
            "before the file",
            "`--` before the program's arguments",
        ];
        expect_error(&linmem(&["run", &echo, option, "."], dir.path(), b""), 2, &parts);
    }
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

/// WASI works on a shared memory, whether the program defines or imports it.
#[test]
fn programs_have_shared_memories() {
    let dir = tempfile::tempdir().unwrap();
    let program = |memory: &str| {
        let text = format!(
            r#"(module
              (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
              (import "linmem" "wasi.read_to_end" (func $read_to_end (param i32 i32) (result i32 i64)))
              (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))
              (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              {memory}
              (func (export "_start") (local $text i64)
                (if (call $random_get (i32.const 16) (i32.const 8)) (then unreachable))
                (call $read_to_end (call $new) (i32.const 0))
                (local.set $text)
                (if (then unreachable))
                (call $exit (i32.add (i32.const 3) (call $write_all (i32.const 1) (local.get $text))))))"#
        );
        std::fs::write(dir.path().join("p.wat"), text).unwrap();
        linmem(&["run", "--share", "trust", "p.wat"], dir.path(), b"some text")
    };
    expect(&program("(memory (export \"memory\") 1 100 shared)"), 3, "some text");
    expect(&program("(import \"any module\" \"any name\" (memory 1 100 shared))"), 3, "some text");
}

/// Imported memories are new ones, whatever they are called; two imports of one name are one memory.
#[test]
fn imported_memories_are_new_ones() {
    let dir = tempfile::tempdir().unwrap();
    let run = |text: &str| {
        std::fs::write(dir.path().join("p.wat"), text).unwrap();
        linmem(&["run", "--memory", "any name", "p.wat"], dir.path(), b"")
    };
    let text = r#"(module
        (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
        (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
        (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
        (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))
        (import "any module" "any name" (memory $first 1 100))
        (import "any module" "wide" (memory $wide i64 2))
        (import "any module" "wide" (memory $again i64 2))
        (import "other module" "wide" (memory $other i64 1 (pagesize 1)))
        (import "other module" "shared" (memory $shared 1 2 shared))
        (memory $defined 1)
        (func (export "_start") (local $s i64)
          (local.set $s (call $allocate (call $new) (i32.const 4)))
          (call $setInt (local.get $s) (i32.const 0) (i32.const 0x0a216968))
          (i64.store $wide (i64.const 0x1fff8) (i64.const 7))
          (if (i64.ne (i64.load $again (i64.const 0x1fff8)) (i64.const 7)) (then unreachable))
          (if (i64.ne (memory.size $other) (i64.const 1)) (then unreachable))
          (if (i32.ne (memory.grow $shared (i32.const 1)) (i32.const 1)) (then unreachable))
          (if (i32.ne (memory.grow $first (i32.const 99)) (i32.const -1))
            (then (if (i32.ne (memory.grow $first (i32.const 1)) (i32.const -1)) (then unreachable))))
          (drop (i32.load $defined (i32.const 0xfffc)))
          (drop (call $write_all (i32.const 1) (local.get $s)))))"#;
    expect(&run(text), 0, "hi!\n");
    let global =
        "(module (import \"any module\" \"any name\" (global i32)) (memory $first 1) (func (export \"_start\")))";
    expect_error(&run(global), 1, &["p.wat", "unknown import", "any module::any name"]);
}

/// Arguments, variables, the path of the program and those of directories are bytes, as the system's are.
#[cfg(unix)]
#[test]
fn arguments_and_environment_need_not_be_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let bytes = |text: &[u8]| OsStr::from_bytes(text).to_os_string();
    let program = |memory: &str| {
        format!(
            r#"(module
              (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              {memory}
              ;; Prints all texts, from the first pointer on.
              (func $print
                (i32.store (i32.const 16) (i32.load (i32.const 1024)))
                (i32.store (i32.const 20) (i32.load (i32.const 4)))
                (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8))))
              (func (export "_start")
                (drop (call $args_sizes (i32.const 0) (i32.const 4)))
                (if (i32.ne (i32.load (i32.const 0)) (i32.const 3)) (then unreachable))
                (drop (call $args (i32.const 1024) (i32.const 2048)))
                (if (i32.ne (i32.load (i32.const 1032)) (i32.const 2059)) (then unreachable))
                (call $print)
                (drop (call $environ_sizes (i32.const 0) (i32.const 4)))
                (if (i32.ne (i32.load (i32.const 0)) (i32.const 2)) (then unreachable))
                (drop (call $environ (i32.const 1024) (i32.const 2049)))
                (call $print)))"#
        )
    };
    let name = bytes(b"\xffp.wat");
    for memory in ["(memory (export \"memory\") 1)", "(memory (export \"memory\") 1 1 shared)"] {
        std::fs::write(dir.path().join(&name), program(memory)).unwrap();
        let mut command = support::linmem();
        command.current_dir(dir.path()).arg("run").arg("--env").arg(bytes(b"N\xfe=\xc3\xfd")).args(["--env", "M=a=b"]);
        let output = support::output(command.arg(&name).arg(bytes(b"\xf0\x80a")).arg(""), b"");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(output.stdout, b"\xffp.wat\0\xf0\x80a\0\0N\xfe=\xc3\xfd\0M=a=b\0");
    }
    // Pointers that are out of bounds or not aligned trap, as in wasmtime's own functions.
    for call in [
        "$args (i32.const 1024) (i32.const 65530)",
        "$args (i32.const 65536) (i32.const 2048)",
        "$args (i32.const 1025) (i32.const 2048)",
        "$args_sizes (i32.const -4) (i32.const 4)",
    ] {
        let text = program("(memory (export \"memory\") 1)").replace("$args_sizes (i32.const 0) (i32.const 4)", call);
        std::fs::write(dir.path().join("bad.wat"), text).unwrap();
        let output = linmem(&["run", "bad.wat", "a long argument"], dir.path(), b"");
        expect_failure(&output, "error: bad.wat: the program failed: ");
    }
    // The name of a directory in the program is UTF-8.
    std::fs::create_dir(dir.path().join(bytes(b"d\xff"))).unwrap();
    std::fs::write(dir.path().join(bytes(b"d\xff")).join("file"), "text").unwrap();
    let run = |option: &[u8]| {
        let mut command = support::linmem();
        let cat = ["run", &example("sha256sum.wat"), "d/file"];
        command.current_dir(dir.path()).arg(cat[0]).arg("--dir").arg(bytes(option)).args(&cat[1..]);
        support::output(&mut command, b"")
    };
    let sum = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1";
    expect(&run(b"d\xff::d"), 0, &format!("{sum}  d/file\n"));
    for option in [&b"d\xff"[..], b"d\xff::\xfe"] {
        expect_error(&run(option), 2, &["--dir d", "not UTF-8", "HOST::GUEST"]);
    }
}

/// A program whose threads each have regions of their own. `$thread` is the body of a thread.
fn threads(thread: &str) -> String {
    let text = r#"(module
        (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
        (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
        (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
        (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
        (import "linmem" "MemorySegment.getByte" (func $getByte (param i64 i32) (result i32)))
        (import "linmem" "MemorySegment.setByte" (func $setByte (param i64 i32 i32)))
        (import "linmem" "MemorySegment.getVolatileInt" (func $getVolatile (param i64 i32) (result i32)))
        (import "linmem" "MemorySegment.getAndAddInt" (func $getAndAdd (param i64 i32 i32) (result i32)))
        (import "linmem" "MemorySegment.waitInt" (func $wait (param i64 i32 i32 i64) (result i32)))
        (import "linmem" "MemorySegment.notify" (func $notify (param i64 i32 i32) (result i32)))
        (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
        (import "env" "memory" (memory 1 1000 shared))
        (global $ended i64 (i64.const 0x400000400))
        (func (export "wasi_thread_start") (param $number i32) (param $argument i32)
          (local $region i32) (local $s i64)
          THREAD
          (drop (call $getAndAdd (global.get $ended) (i32.const 0) (local.get $argument)))
          (drop (call $notify (global.get $ended) (i32.const 0) (i32.const 1))))
        (func (export "_start") (local $i i32) (local $sum i32) (local $s i64)
          (loop $again
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (if (i32.ne (call $spawn (local.get $i)) (local.get $i)) (then unreachable))
            (br_if $again (i32.lt_u (local.get $i) (i32.const 4))))
          ;; 1 + 2 + 3 + 4
          (loop $again
            (local.set $sum (call $getVolatile (global.get $ended) (i32.const 0)))
            (if (i32.ne (local.get $sum) (i32.const 10))
              (then
                (drop (call $wait (global.get $ended) (i32.const 0) (local.get $sum) (i64.const -1)))
                (br $again))))
          (local.set $s (call $allocate (call $new) (i32.const 2)))
          (call $setByte (local.get $s) (i32.const 0) (i32.add (local.get $sum) (i32.const 0x30)))
          (call $setByte (local.get $s) (i32.const 1) (i32.const 0x0a))
          (drop (call $write_all (i32.const 1) (local.get $s)))))"#;
    text.replace("THREAD", thread)
}

#[test]
fn programs_start_threads() {
    let dir = tempfile::tempdir().unwrap();
    let run = |text: &str| {
        std::fs::write(dir.path().join("p.wat"), text).unwrap();
        linmem(&["run", "--safety", "temporal", "--share", "trust", "p.wat"], dir.path(), b"")
    };
    let allocates = "(local.set $region (call $new))
        (local.set $s (call $allocate (local.get $region) (i32.const 100000)))
        (call $setByte (local.get $s) (i32.const 99999) (local.get $number))
        (if (i32.ne (call $getByte (local.get $s) (i32.const 99999)) (local.get $argument)) (then unreachable))
        (call $free (local.get $region))";
    expect(&run(&threads(allocates)), 0, ":\n");
    // A thread that does not end normally ends the program, although the first one waits for it.
    let is_third = |code: &str| format!("(if (i32.eq (local.get $argument) (i32.const 3)) (then {code}))");
    expect(&run(&threads(&is_third("(call $exit (i32.const 42))"))), 42, "");
    let outside = "(local.set $s (call $allocate (call $new) (i32.const 8)))
        (call $setByte (local.get $s) (local.get $argument) (i32.const 1))
        (call $setByte (local.get $s) (i32.add (local.get $argument) (i32.const 5)) (i32.const 1))";
    for (code, message) in [
        (outside, "error: MemorySegment.setByte: bytes 8..9 of a segment of 8 bytes\n  at p.wat:"),
        ("unreachable", "error: p.wat: the program trapped"),
    ] {
        let ended = run(&threads(&is_third(code)));
        let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(1) && errors.starts_with(message), "{errors}");
    }
    let without = threads("").replace("wasi_thread_start", "other");
    expect_error(&run(&without), 1, &["imports `wasi.thread-spawn`", "`wasi_thread_start`"]);
    let own = threads("").replace("(import \"env\" \"memory\" (memory 1 1000 shared))", "(memory 1 1000 shared)");
    expect_error(&run(&own), 1, &["imports `wasi.thread-spawn`", "does not import a shared memory"]);
}
