//! The subcommands.

use crate::files;
use crate::options::{Arguments, Command, Lowering};
use linmem::{Intrinsic, Signature, wat};
use linmem_host::run::{Directory, Options, run};
use std::io::Write;
use std::path::Path;

/// Does what was asked, and gives the exit status.
pub(crate) fn execute(arguments: Arguments) -> Result<u8, String> {
    match arguments.command {
        Command::Run { lowering, directories, environment, file, args } => {
            let module = linked(&file, &lowering)?;
            let mut all = vec![file.display().to_string()];
            all.extend(args);
            let directories = directories.iter().map(|text| directory(text)).collect();
            let options = Options { args: all, env: environment, directories };
            let status = run(&module, &options).map_err(|error| format!("{}: {error}", files::name(&file)))?;
            // The program's own status; what does not fit into a byte is cut off, as the system does.
            Ok(status as u8)
        }
        Command::Link { lowering, file, output } => {
            files::write(&output, &linked(&file, &lowering)?)?;
            Ok(0)
        }
        Command::Print { lowering, file } => {
            let text = wat::print(&linked(&file, &lowering)?).map_err(|error| error.to_string())?;
            print(&text)?;
            Ok(0)
        }
        Command::Check { lowering, file } => {
            let module = files::read_module(&file)?;
            let findings = linmem::check(&module, &lowering.config()?);
            for finding in &findings {
                eprintln!("error: {}: {}", files::name(&file), finding.error);
            }
            Ok(u8::from(!findings.is_empty()))
        }
        Command::Intrinsics => {
            print(&catalogue())?;
            Ok(0)
        }
    }
}

fn linked(file: &Path, lowering: &Lowering) -> Result<Vec<u8>, String> {
    let config = lowering.config()?;
    let module = files::read_module(file)?;
    linmem::link(&module, &config).map_err(|error| format!("{}: {error}", files::name(file)))
}

fn directory(text: &str) -> Directory {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    Directory { host: host.into(), guest: guest.to_string() }
}

/// Prints to standard output; a reader that has gone away is no failure.
fn print(text: &str) -> Result<(), String> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
}

/// The catalogue as text: each intrinsic with what it does and the types that it can have.
fn catalogue() -> String {
    let mut out = String::new();
    for &intrinsic in Intrinsic::ALL {
        out += &format!("{} {}\n    {}\n", intrinsic.name(), intrinsic.signature(), intrinsic.doc());
        for signature in Signature::possible(intrinsic) {
            out += &format!("    {}\n", signature.function_type());
        }
    }
    out
}
