//! The threads of a program end with it, in a process that continues.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use linmem_host::run::{self, End, Error, Invocation, Options};
use std::time::{Duration, Instant};

/// A program that starts a thread, waits until it runs, and ends as `END` says.
const PROGRAM: &str = r#"(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "env" "memory" (memory 1 1 shared))
  (func $thread (export "wasi_thread_start") (param i32 i32)
    (i32.atomic.store (i32.const 0) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
    (loop $again (br $again)))
  (func (export "f") (result i32)
    (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))
    (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
    END))"#;

/// The number of threads of this process that run a thread of a program.
fn running() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim() == "thread 1").count()
}

#[test]
fn threads_end_with_program() {
    let invocation = Invocation { export: "f".to_string(), args: Vec::new() };
    let run = |end: &str, timeout: Option<Duration>| {
        let text = PROGRAM.replace("END", end);
        let buffer = wast::parser::ParseBuffer::new(&text).unwrap();
        let module = wast::parser::parse::<wast::Wat<'_>>(&buffer).unwrap().encode().unwrap();
        run::invoke(&module, &Options { timeout, ..Options::default() }, &invocation)
    };
    let stopped = || {
        let start = Instant::now();
        while running() > 0 {
            assert!(start.elapsed() < Duration::from_secs(60), "the thread still runs");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    assert_eq!(run("(i32.const 7)", None).unwrap(), End::Returned(vec!["7".to_string()]));
    stopped();
    assert!(matches!(run("unreachable", None), Err(Error::Trap { .. })));
    stopped();
    let timeout = Duration::from_millis(200);
    let ended = run("(loop $again (br $again)) (i32.const 7)", Some(timeout));
    assert!(
        matches!(&ended, Err(Error::Timeout { after, frames }) if *after == timeout && !frames.is_empty()),
        "{ended:?}"
    );
    stopped();
}
