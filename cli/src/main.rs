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
            eprintln!("error: {failure}");
            ExitCode::from(1)
        }
    }
}
