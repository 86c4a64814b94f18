//! `linmem run --timeout` and `--max-memory`.

use crate::{expect, expect_error, expect_failure, linmem};
use std::process::Output;
use std::time::{Duration, Instant};

/// How long a program with a timeout of 200 milliseconds may take on a slow machine. Without the timeout, it never ends.
const SOON: Duration = Duration::from_secs(60);

/// Expects that a program was stopped, with a message that contains all `parts`.
#[track_caller]
fn expect_timeout(run: impl FnOnce() -> Output, parts: &[&str]) {
    let start = Instant::now();
    let output = run();
    let elapsed = start.elapsed();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(124), "{errors}");
    assert!(errors.starts_with("error: standard input: the program did not end within 200ms"), "{errors}");
    for part in parts {
        assert!(errors.contains(part), "`{part}` is not in: {errors}");
    }
    assert!(elapsed < SOON, "{elapsed:?}");
}

#[test]
fn program_ends_after_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let run = |options: &[&str], text: &str| {
        linmem(&[&["run", "--timeout", "200ms"], options, &["-"]].concat(), dir.path(), text.as_bytes())
    };
    let spins = "(module (func $spins (export \"_start\") (loop $again (br $again))))";
    expect_timeout(|| run(&[], spins), &["\n  in $spins"]);
    expect_timeout(|| run(&["--invoke", "_start"], spins), &["\n  in $spins"]);
    // One that waits in the program or in the host.
    let waits = "(module (memory 1 1 shared) (func (export \"_start\")
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))";
    expect_timeout(|| run(&[], waits), &[]);
    let sleeps =
        "(module (import \"wasi_snapshot_preview1\" \"poll_oneoff\" (func $poll (param i32 i32 i32 i32) (result i32)))
        (memory (export \"memory\") 1)
        (func (export \"_start\")
          (i32.store (i32.const 16) (i32.const 1))
          (i64.store (i32.const 24) (i64.const 1000000000000))
          (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))";
    expect_timeout(|| run(&[], sleeps), &[]);
    // Threads, while the first thread waits for them.
    let threads = "(module (import \"wasi\" \"thread-spawn\" (func $spawn (param i32) (result i32)))
        (import \"env\" \"memory\" (memory 1 1 shared))
        (func $thread (export \"wasi_thread_start\") (param i32 i32) (loop $again (br $again)))
        (func (export \"_start\")
          (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))
          (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))";
    expect_timeout(|| run(&[], threads), &["\n  in $thread"]);
    let ends = "(module (func (export \"f\") (result i32) (i32.const 7)))";
    expect(&run(&["--invoke", "f"], ends), 0, "7\n");
    let traps = run(&[], "(module (func (export \"_start\") unreachable))");
    assert_eq!(traps.status.code(), Some(1));
}

#[test]
fn growth_beyond_limit_fails() {
    let dir = tempfile::tempdir().unwrap();
    let run = |limit: &str, text: &str| {
        linmem(&["run", "--max-memory", limit, "--invoke", "f", "-"], dir.path(), text.as_bytes())
    };
    let grows = "(module (memory $a 1) (memory $b i64 1) (table $t 0 funcref)
        (func (export \"f\") (result i32 i64 i32 i32)
          (memory.grow $a (i32.const 2)) (memory.grow $b (i64.const 1))
          (table.grow $t (ref.null func) (i32.const 100)) (memory.grow $a (i32.const 0))))";
    // All memories and tables count together.
    expect(&run("4MiB", grows), 0, "1\n1\n0\n3\n");
    expect(&run("256KiB", grows), 0, "1\n-1\n-1\n3\n");
    expect(&run("263KiB", grows), 0, "1\n-1\n0\n3\n");
    expect(&run("200KiB", grows), 0, "-1\n1\n0\n1\n");
    // The heap of garbage-collected objects, too.
    let objects = "(module (type $l (struct (field (ref null $l))))
        (func $f (export \"f\") (local $l (ref null $l))
          (loop $again (local.set $l (struct.new $l (local.get $l))) (br $again))))";
    expect_failure(&run("1MiB", objects), "error: standard input: the program failed: GC heap out of memory");
    // The maximum of an imported shared memory is lowered, and leaves what the others need to start.
    let shared = |rest: &str| {
        format!(
            "(module (import \"m\" \"s\" (memory $s 1 100 shared)) (import \"m\" \"u\" (memory $u 1)) {rest}
               (func (export \"f\") (result i32 i32)
                 (memory.grow $s (i32.const 2)) (memory.grow $s (i32.const 1))))"
        )
    };
    expect(&run("1MiB", &shared("(memory $d 2)")), 0, "1\n3\n");
    expect(&run("384KiB", &shared("(memory $d 2)")), 0, "1\n-1\n");
    expect(&run("320KiB", &shared("(memory $d 2)")), 0, "-1\n1\n");
}

#[test]
fn initial_memory_beyond_limit_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let run = |limit: &str, memories: &str| {
        let text = format!("(module {memories} (func (export \"_start\")))");
        linmem(&["run", "--max-memory", limit, "-"], dir.path(), text.as_bytes())
    };
    for memories in [
        "(memory 1) (memory 2)",
        "(memory i64 3)",
        "(import \"m\" \"a\" (memory 2)) (memory 1)",
        "(import \"m\" \"a\" (memory 3))",
        "(import \"m\" \"a\" (memory 1 9 shared)) (import \"m\" \"b\" (memory 2 9 shared))",
        "(import \"m\" \"a\" (memory 2 9 shared)) (memory 1)",
        "(table 24576 funcref)",
    ] {
        expect(&run("192KiB", memories), 0, "");
        expect_error(&run("191KiB", memories), 1, &["needs 196608 bytes of memory to start, and may have 195584"]);
    }
    // Nothing limits the growth of a shared memory that the module defines.
    expect(&run("192KiB", "(memory 1 3 shared)"), 0, "");
    let defined = run("191KiB", "(memory 1 3 shared)");
    expect_error(&defined, 1, &["needs 196608 bytes", "shared memory that the module defines counts with its maximum"]);
}

/// Each thread has the memories that the module defines; those of a thread that ended are given back.
#[test]
fn threads_share_limit() {
    let dir = tempfile::tempdir().unwrap();
    let text = "(module (import \"wasi\" \"thread-spawn\" (func $spawn (param i32) (result i32)))
        (import \"env\" \"memory\" (memory $m 1 1 shared))
        (memory 1 1 shared)
        (func (export \"wasi_thread_start\") (param i32 i32)
          ;; Waits until there is a one at 4, and then stores one at 0.
          (drop (memory.atomic.wait32 $m (i32.const 4) (i32.const 0) (i64.const -1)))
          (i32.atomic.store $m (i32.const 0) (i32.const 1)))
        (func (export \"f\") (result i32 i32 i32) (local $third i32) (local $again i32)
          (call $spawn (i32.const 0))
          (call $spawn (i32.const 0))
          (i32.atomic.store $m (i32.const 4) (i32.const 1))
          (loop $waits
            (drop (memory.atomic.notify $m (i32.const 4) (i32.const 9)))
            (br_if $waits (i32.eqz (i32.atomic.load $m (i32.const 0)))))
          (loop $retries
            (local.set $again (call $spawn (i32.const 0)))
            (br_if $retries (i32.lt_s (local.get $again) (i32.const 0))))
          (local.get $again)))";
    let run = |limit: &str| {
        let args = ["run", "--timeout", "60s", "--max-memory", limit, "--invoke", "f", "-"];
        linmem(&args, dir.path(), text.as_bytes())
    };
    expect(&run("192KiB"), 0, "1\n-1\n2\n");
    expect(&run("256KiB"), 0, "1\n2\n3\n");
}

#[test]
fn shadow_of_a_traced_program_does_not_count() {
    let dir = tempfile::tempdir().unwrap();
    let text = r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (func (export "_start") (local $region i32)
    (local.set $region (call $new))
    (call $setInt (call $allocate (local.get $region) (i32.const 8)) (i32.const 0) (i32.const 1))
    (call $free (local.get $region))))"#;
    let run = |options: &[&str], limit: &str| {
        linmem(&[&["run", "--max-memory", limit], options, &["-"]].concat(), dir.path(), text.as_bytes())
    };
    expect(&run(&["--trace"], "64KiB"), 0, "");
    expect(&run(&[], "64KiB"), 0, "");
    expect_error(&run(&["--trace"], "63KiB"), 1, &["needs 65536 bytes of memory to start, and may have 64512"]);
    // Without `--trace`, a memory of that name counts.
    let own = "(module (memory (export \"linmem_trace.shadow\") 65536 65536) (func (export \"_start\")))";
    let run = |limit: &str| linmem(&["run", "--max-memory", limit, "-"], dir.path(), own.as_bytes());
    expect_error(&run("1GiB"), 1, &["needs 4294967296 bytes of memory to start"]);
}

/// Two imports of one memory, in either order.
#[test]
fn imports_of_one_memory_have_the_larger_minimum() {
    let dir = tempfile::tempdir().unwrap();
    let run = |first: &str, second: &str| {
        let text = format!(
            "(module (import \"env\" \"memory\" (memory {first})) (import \"env\" \"memory\" (memory {second}))
               (func (export \"f\") (result i32 i32 i32)
                 (memory.size 0) (memory.size 1) (memory.grow 0 (i32.const 3))))"
        );
        linmem(&["run", "--invoke", "f", "-"], dir.path(), text.as_bytes())
    };
    expect(&run("1", "3"), 0, "3\n3\n3\n");
    expect(&run("3", "1 5"), 0, "3\n3\n-1\n");
    expect(&run("1 9 shared", "2 9 shared"), 0, "2\n2\n2\n");
}
