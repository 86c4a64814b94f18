//! The binary `linmem`: the library on the command line.

mod audit;
mod commands;
mod failure;
mod files;
mod layout;
mod options;
mod printable;
mod run;
mod units;

use clap::Parser;
use options::Arguments;
use printable::printable;
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
