//! The subcommands.

use crate::failure::Failure;
use crate::files;
use crate::layout;
use crate::options::{self, Arguments, Command, Lowering};
use crate::printable::printable;
use crate::run;
use linmem::{Config, Error, Finding, Intrinsic, Linked, OnViolation, Severity, Signature, wat};
use std::path::Path;

/// Runs the command, and returns the exit status.
pub(crate) fn execute(arguments: Arguments) -> Result<u8, Failure> {
    match arguments.command {
        Command::Run { lowering, options, program } => {
            let (name, arguments) =
                options::split_program(&program).map_err(|message| Failure { message, status: 2 })?;
            let file = Path::new(name);
            let call = run::invocation(&options, arguments).map_err(|message| Failure { message, status: 2 })?;
            let (mut config, module) = (configure(&lowering, OnViolation::Report)?, files::read(file)?);
            if call.as_ref().is_some_and(|call| call.needs_memory()) && run::has_intrinsics(&module, &config) {
                config = config.with_export_allocator(true);
            }
            // Removed custom sections concern only a module that is written to a file.
            let shows = |warning: &Error| !matches!(warning, Error::Dropped { .. });
            let is_traced = config.trace;
            let linked = link(file, &module, config, shows)?;
            run::execute(file, &linked, options, is_traced, arguments, call)
        }
        Command::Link { lowering, file, output } => {
            files::write(&output, &linked(&file, &lowering)?.module)?;
            Ok(0)
        }
        Command::Print { lowering, file } => {
            let linked = linked(&file, &lowering)?;
            let text = wat::print(&linked.module).map_err(|error| error.to_string())?;
            files::print(&text)?;
            Ok(0)
        }
        Command::Check { lowering, file } => {
            let config = configure(&lowering, OnViolation::Trap)?;
            let module = files::read(&file)?;
            let findings = linmem::check(&module, &config);
            for finding in &findings {
                eprintln!("{}: {}", finding.severity, printable(&one_line(&file, &finding.error)));
            }
            let is_usage = |finding: &Finding| matches!(finding.error, Error::Option { .. });
            Ok(match findings.iter().any(|finding| finding.severity == Severity::Error) {
                true if findings.iter().any(is_usage) => 2,
                has_errors => u8::from(has_errors),
            })
        }
        Command::Layout { lowering, file, json, svg } => {
            let config = configure(&lowering, OnViolation::Trap)?;
            let module = files::read(&file)?;
            let (page_size, allowance) = layout::HOST;
            let shown =
                linmem::layout::read(&module, &config, page_size, allowance).map_err(|error| failure(&file, &error))?;
            match svg {
                Some(output) => files::write(&output, layout::svg(&shown).as_bytes())?,
                None if json => files::print(&layout::json(&shown))?,
                None => files::print(&layout::table(&shown))?,
            }
            Ok(0)
        }
        Command::Intrinsics => {
            files::print(&catalogue())?;
            Ok(0)
        }
    }
}

/// The failure for a module that cannot be linked.
fn failure(file: &Path, error: &Error) -> Failure {
    let status = if matches!(error, Error::Option { .. }) { 2 } else { 1 };
    Failure { status, message: one_line(file, error) }
}

fn configure(lowering: &Lowering, on_violation: OnViolation) -> Result<Config, Failure> {
    lowering.config(on_violation).map_err(|message| Failure { message, status: 2 })
}

/// Links a file, and prints the warnings.
fn linked(file: &Path, lowering: &Lowering) -> Result<Linked, Failure> {
    link(file, &files::read(file)?, configure(lowering, OnViolation::Trap)?, |_| true)
}

/// Links a module of a file, and prints the warnings that `shows` selects.
fn link(file: &Path, module: &[u8], config: Config, shows: impl Fn(&Error) -> bool) -> Result<Linked, Failure> {
    let config = config.with_file(files::name(file));
    let linked = linmem::link_with_warnings(module, &config).map_err(|error| failure(file, &error))?;
    for warning in linked.warnings.iter().filter(|warning| shows(warning)) {
        eprintln!("warning: {}", printable(&one_line(file, warning)));
    }
    Ok(linked)
}

/// An error of a module on one line, even if names in it contain line feeds. The option that it is about is written as on
/// the command line.
fn one_line(file: &Path, error: &Error) -> String {
    let message = error.to_string();
    let message = match error.setting() {
        Some(setting) => message.replacen(&setting.to_string(), &options::flag(&setting), 1),
        None => message,
    };
    format!("{}: {message}", files::name(file)).replace('\n', "\\n")
}

/// The catalogue as text: each intrinsic with its documentation and possible types.
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
