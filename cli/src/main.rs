//! The binary `linmem`: the library on the command line.

mod commands;
mod files;
mod options;

use clap::Parser;
use options::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::execute(Arguments::parse()) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            eprintln!("error: {}", printable(&failure.message));
            ExitCode::from(failure.status)
        }
    }
}

/// Escapes control characters, since names in a module can contain terminal escape sequences. Line feeds are kept.
fn printable(message: &str) -> String {
    let show = |c: char| if c.is_control() && c != '\n' { c.escape_default().to_string() } else { c.to_string() };
    message.chars().map(show).collect()
}
