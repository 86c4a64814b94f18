//! The compiler of `examples/brainfuck.rs`, included as modules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

#[path = "../examples/brainfuck/compile.rs"]
mod compile;
#[path = "../examples/brainfuck/parse.rs"]
mod parse;

use support::host::{Running, State};

fn run(source: &[u8], input: &[u8], transfer: usize) -> Vec<u8> {
    let module = compile::compile(&parse::parse(source).unwrap()).unwrap();
    let mut running = Running::new(&module, State { input: input.to_vec(), transfer, ..State::default() });
    running.call("_start", &[]).unwrap_or_else(|error| panic!("{error:?}"));
    std::mem::take(&mut running.store.data_mut().output)
}

fn example(name: &str) -> Vec<u8> {
    std::fs::read(support::root().join("examples/brainfuck").join(name)).unwrap()
}

#[test]
fn programs_print_expected_output() {
    assert_eq!(run(&example("hello.bf"), b"", 0), b"Hello World!\n");
    let squares: String = (0..=100).map(|n| format!("{}\n", n * n)).collect();
    assert_eq!(String::from_utf8(run(&example("squares.bf"), b"", 7)).unwrap(), squares);
}

#[test]
fn input_is_copied_until_end() {
    let text: Vec<u8> = (0..10_000u32).map(|n| b'a' + (n % 26) as u8).collect();
    assert_eq!(run(&example("cat.bf"), &text, 100), text);
    assert_eq!(run(b",.", b"", 0), [0], "the end of the input is 0");
}

#[test]
fn cells_and_tape_wrap_around() {
    assert_eq!(run(b"-.+.", b"", 0), [255, 0]);
    assert_eq!(run(b"<+++>.<.", b"", 0), [0, 3]);
    assert_eq!(run(b"+++[->>+<<]>>.<.", b"", 0), [3, 0]);
    assert_eq!(run(b"+++>++<[-]>[->+<].>.", b"", 0), [0, 2]);
}

#[test]
fn deeply_nested_program_compiles() {
    let deep = 500;
    let source = [vec![b'['; deep], vec![b']'; deep], b"+.".to_vec()].concat();
    assert_eq!(run(&source, b"", 0), [1]);
}

#[test]
fn unmatched_brackets_are_errors() {
    assert_eq!(parse::parse(b"+\n  [-"), Err("2:3: this `[` has no `]`".to_string()));
    assert_eq!(parse::parse(b"+]"), Err("1:2: this `]` has no `[`".to_string()));
}
