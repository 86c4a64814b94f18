//! Starts programs with an input.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// A command that starts linmem.
pub(crate) fn linmem() -> Command {
    Command::new(env!("CARGO_BIN_EXE_linmem"))
}

/// Runs a command with a standard input, until it ends.
pub(crate) fn output(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A program that does not read its input may exit before all of it is written.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    })
}
