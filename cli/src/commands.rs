//! The subcommands.

use crate::files;
use crate::layout;
use crate::options::{self, Arguments, Command, Lowering};
use crate::printable::printable;
use linmem::wasi::Errno;
use linmem::{
    Config, Error, Finding, Intrinsic, Linked, OnViolation, Report, Severity, Signature, Site, SourceLine, Violation,
    wat,
};
use linmem_host::run::{self, Directory, Options};
use std::io::Write;
use std::path::Path;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The error message.
    pub(crate) message: String,
    /// The exit status: 1, or 2 for bad usage.
    pub(crate) status: u8,
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure { message, status: 1 }
    }
}

/// Runs the command, and returns the exit status.
pub(crate) fn execute(arguments: Arguments) -> Result<u8, Failure> {
    match arguments.command {
        Command::Run { lowering, directories, environment, program } => {
            let (name, arguments) =
                options::split_program(&program).map_err(|message| Failure { message, status: 2 })?;
            let file = Path::new(name);
            // Removed custom sections concern only a module that is written to a file.
            let shows = |warning: &Error| !matches!(warning, Error::Dropped { .. });
            let linked = linked(file, &lowering, OnViolation::Report, shows)?;
            let directories = directories.iter().map(|text| directory(text)).collect();
            let args = std::iter::once(name).chain(arguments.iter().map(String::as_str)).map(str::to_string).collect();
            let options = Options { args, env: environment, directories };
            let status = run::run(&linked.module, &options).map_err(|error| ended(file, &linked, error))?;
            // The program's own status, truncated to a byte as the operating system does.
            Ok(status as u8)
        }
        Command::Link { lowering, file, output } => {
            files::write(&output, &linked(&file, &lowering, OnViolation::Trap, |_| true)?.module)?;
            Ok(0)
        }
        Command::Print { lowering, file } => {
            let linked = linked(&file, &lowering, OnViolation::Trap, |_| true)?;
            let text = wat::print(&linked.module).map_err(|error| error.to_string())?;
            print(&text)?;
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
                None if json => print(&layout::json(&shown))?,
                None => print(&layout::table(&shown))?,
            }
            Ok(0)
        }
        Command::Intrinsics => {
            print(&catalogue())?;
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

/// Links a file, and prints the warnings that `shows` selects.
fn linked(
    file: &Path,
    lowering: &Lowering,
    on_violation: OnViolation,
    shows: impl Fn(&Error) -> bool,
) -> Result<Linked, Failure> {
    let config = configure(lowering, on_violation)?.with_file(files::name(file));
    let module = files::read(file)?;
    let linked = linmem::link_with_warnings(&module, &config).map_err(|error| failure(file, &error))?;
    for warning in linked.warnings.iter().filter(|warning| shows(warning)) {
        eprintln!("warning: {}", printable(&one_line(file, warning)));
    }
    Ok(linked)
}

/// The message for a program that did not exit by itself. It describes a violation in words, with its place. A function
/// without a name is shown by its index in the file, as in all other messages.
fn ended(file: &Path, linked: &Linked, mut error: run::Error) -> String {
    let name = files::name(file);
    let sites = linmem::sites::read(&linked.module);
    for frame in error.frames_mut() {
        if let Some(function) = linked.functions.iter().position(|index| *index == Some(frame.function)) {
            frame.function = function as u32;
        }
    }
    let (report, frames, errno) = match error {
        run::Error::Violation { report, frames, errno } => (report, frames, errno),
        run::Error::Trap { errno: Some(errno), .. } => {
            return format!("{name}: {error}{}", host_error(&name, &sites, errno));
        }
        _ => return format!("{name}: {error}"),
    };
    let run::Violation { kind, site, numbers } = report;
    let host_error = errno.map(|errno| host_error(&name, &sites, errno)).unwrap_or_default();
    let site = sites.into_iter().nth(site as usize);
    let intrinsic = site.as_ref().map(|site| site.intrinsic.clone()).unwrap_or_default();
    let message = match Violation::from_code(kind) {
        Some(kind) => Report { kind, intrinsic, numbers }.to_string(),
        None => format!("a violation of unknown kind {kind}"),
    };
    let place = match site {
        Some(site) => place(&name, &site),
        None => frames.iter().map(|frame| format!("in {frame}")).collect::<Vec<_>>().join("\n  "),
    };
    format!("{message}\n  {place}{host_error}")
}

/// The place of a site. A line without a file refers to the text of the module.
fn place(name: &str, site: &Site) -> String {
    match &site.source {
        Some(SourceLine { file: None, line, .. }) => format!("at {name}:{line}, in {}", site.function_name()),
        Some(_) => site.to_string(),
        None => format!("{site} of {name}"),
    }
}

/// The last errno that the host returned to a program that did not exit by itself.
fn host_error(name: &str, sites: &[Site], run::HostError { site, errno }: run::HostError) -> String {
    let errno = match Errno::from_code(errno) {
        Some(errno) => errno.to_string(),
        None => format!("unknown errno {errno}"),
    };
    match sites.get(site as usize) {
        Some(site) => format!("\n  after {} returned {errno}\n    {}", site.intrinsic, place(name, site)),
        None => format!("\n  after a host call returned {errno}"),
    }
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

fn directory(text: &str) -> Directory {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    Directory { host: host.into(), guest: guest.to_string() }
}

/// Prints to standard output; a broken pipe is not an error.
fn print(text: &str) -> Result<(), String> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
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
