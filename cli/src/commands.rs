//! The subcommands.

use crate::files;
use crate::options::{Arguments, Command, Lowering};
use linmem::{Config, Error, Intrinsic, Signature, wat};
use linmem_host::run::{Directory, Options, run};
use std::io::Write;
use std::path::Path;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What to say.
    pub(crate) message: String,
    /// The exit status: 1, or 2 if the options do not make sense.
    pub(crate) status: u8,
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure { message, status: 1 }
    }
}

/// Does what was asked, and gives the exit status.
pub(crate) fn execute(arguments: Arguments) -> Result<u8, Failure> {
    match arguments.command {
        Command::Run { lowering, directories, environment, program } => {
            let Some((file, _)) = program.split_first() else {
                return Err(Failure { message: "run needs a file".to_string(), status: 2 });
            };
            let file = Path::new(file);
            let module = linked(file, &lowering)?;
            let directories = directories.iter().map(|text| directory(text)).collect();
            let options = Options { args: program.clone(), env: environment, directories };
            let status = run(&module, &options).map_err(|error| format!("{}: {error}", files::name(file)))?;
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
            let config = configure(&lowering)?;
            let module = files::read_module(&file)?;
            let findings = linmem::check(&module, &config);
            for finding in &findings {
                eprintln!("error: {}", crate::printable(&one_line(&file, &finding.error)));
            }
            Ok(u8::from(!findings.is_empty()))
        }
        Command::Intrinsics => {
            print(&catalogue())?;
            Ok(0)
        }
    }
}

fn configure(lowering: &Lowering) -> Result<Config, Failure> {
    lowering.config().map_err(|message| Failure { message, status: 2 })
}

fn linked(file: &Path, lowering: &Lowering) -> Result<Vec<u8>, Failure> {
    let config = configure(lowering)?;
    let module = files::read_module(file)?;
    linmem::link(&module, &config).map_err(|error| Failure {
        status: if matches!(error, Error::Option { .. }) { 2 } else { 1 },
        message: one_line(file, &error),
    })
}

/// An error of a module on one line, whatever the names in it.
fn one_line(file: &Path, error: &Error) -> String {
    format!("{}: {error}", files::name(file)).replace('\n', "\\n")
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
