//! Runs a linked module, and describes how it ended.

use crate::audit::Printer;
use crate::failure::Failure;
use crate::files;
use crate::options::RunOptions;
use linmem::wasi::Errno;
use linmem::{Config, Linked, Report, Site, SourceLine, Violation, wat};
use linmem_host::audit::Findings;
use linmem_host::run::{self, Directory, End, Invocation, Options};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The exit status of a program whose time is over, as that of timeout(1).
const TIMEOUT: u8 = 124;

/// The call of an exported function that the options ask for.
pub(crate) fn invocation(options: &RunOptions, arguments: &[OsString]) -> Result<Option<Invocation>, String> {
    let Some(export) = &options.invoke else { return Ok(None) };
    let text = |argument: &OsString| {
        argument
            .to_str()
            .map(str::to_string)
            .ok_or_else(|| format!("the argument `{}` is not UTF-8", argument.display()))
    };
    let args = arguments.iter().map(text).collect::<Result<_, _>>()?;
    Ok(Some(Invocation { export: export.clone(), args }))
}

/// Whether linking changes a module. A module that cannot be linked is one without intrinsics.
pub(crate) fn has_intrinsics(module: &[u8], config: &Config) -> bool {
    wat::parse(module).is_ok_and(|binary| linmem::link(module, config).is_ok_and(|linked| linked != *binary))
}

/// Runs the module of a file, and returns the exit status.
pub(crate) fn execute(
    file: &Path,
    linked: &Linked,
    options: RunOptions,
    is_traced: bool,
    arguments: &[OsString],
    call: Option<Invocation>,
) -> Result<u8, Failure> {
    let RunOptions { directories, environment, invoke: _, timeout, max_memory } = options;
    let usage = |message: String| Failure { message, status: 2 };
    let directories = directories.iter().map(|text| directory(text)).collect::<Result<_, _>>().map_err(usage)?;
    let bytes = |text: &OsStr| text.as_encoded_bytes().to_vec();
    let findings = Findings::default();
    let mut options = Options {
        args: vec![bytes(file.as_os_str())],
        env: environment,
        directories,
        timeout,
        max_memory,
        is_traced,
        findings: findings.clone(),
    };
    let end = match call {
        None => {
            options.args.extend(arguments.iter().map(|text| bytes(text)));
            run::run(&linked.module, &options).map(End::Exited)
        }
        Some(call) => run::invoke(&linked.module, &options, &call),
    };
    let is_correct = print_findings(file, linked, &findings);
    match end {
        Ok(End::Exited(0)) => Ok(u8::from(!is_correct)),
        // The program's own status, truncated to a byte as the operating system does.
        Ok(End::Exited(status)) => Ok(status as u8),
        Ok(End::Returned(results)) => {
            files::print(&results.iter().map(|result| format!("{result}\n")).collect::<String>())?;
            Ok(u8::from(!is_correct))
        }
        Err(error) => {
            let status = match error {
                run::Error::Timeout { .. } => TIMEOUT,
                run::Error::NoExport { .. } | run::Error::Arguments { .. } => 2,
                _ => 1,
            };
            Err(Failure { message: ended(file, linked, error), status })
        }
    }
}

/// Prints what the auditor found, and returns whether it found nothing.
fn print_findings(file: &Path, linked: &Linked, findings: &Findings) -> bool {
    let findings = findings.list();
    if findings.is_empty() {
        return true;
    }
    let sites = linmem::sites::read(&linked.module);
    let mut printer = Printer::new(file, &sites);
    for finding in &findings {
        eprintln!("{}\n", printer.render(finding));
    }
    false
}

/// A directory of the host, and its name in the program, which must be UTF-8.
fn directory(text: &OsStr) -> Result<Directory, String> {
    if let Some(text) = text.to_str() {
        let (host, guest) = text.split_once("::").unwrap_or((text, text));
        return Ok(Directory { host: host.into(), guest: guest.to_string() });
    }
    not_utf8(text).ok_or_else(|| {
        format!("--dir {}: the name is not UTF-8; give the program another one by HOST::GUEST", text.display())
    })
}

/// A directory whose path on the host is not UTF-8.
#[cfg(unix)]
fn not_utf8(text: &OsStr) -> Option<Directory> {
    use std::os::unix::ffi::OsStrExt;
    let bytes = text.as_bytes();
    let at = bytes.windows(2).position(|pair| pair == b"::")?;
    let guest = std::str::from_utf8(&bytes[at + 2..]).ok()?;
    Some(Directory { host: OsStr::from_bytes(&bytes[..at]).into(), guest: guest.to_string() })
}

/// A directory whose path on the host is not Unicode.
#[cfg(not(unix))]
fn not_utf8(_: &OsStr) -> Option<Directory> {
    None
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
