//! How a program ends: its reports, and the errors of a run.

use super::options::Invocation;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;
use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

/// What a program passes to the import `linmem_report.violation` before it traps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The code of the kind.
    pub kind: u32,
    /// The number of the site, in the module's section `linmem.sites`.
    pub site: u32,
    /// The numbers of the violation; their meaning depends on the kind.
    pub numbers: [u32; 3],
}

/// What a program passes to the import `linmem_report.errno` if a lifted host call returned an errno.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostError {
    /// The number of the site, in the module's section `linmem.sites`.
    pub site: u32,
    /// The errno.
    pub errno: u32,
}

/// A function that was active when a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The index of the function.
    pub function: u32,
    /// Its name in the module's name section, if any.
    pub name: Option<String>,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "${}", one_line(name)),
            None => write!(f, "function {}", self.function),
        }
    }
}

/// The last reports of the program.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reported {
    pub(crate) violation: Option<Violation>,
    pub(crate) errno: Option<HostError>,
}

/// How a program ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It exited with a status.
    Exited(i32),
    /// The function that was called returned; its results as text.
    Returned(Vec<String>),
}

/// Why a program did not exit by itself.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The module cannot be compiled.
    #[error("the module cannot be compiled: {0}")]
    Compile(String),
    /// The module uses a feature of WebAssembly that the embedded engine does not support.
    #[error(
        "the module uses {feature}, which `linmem run` does not support; link it and run it on an engine that supports it"
    )]
    Unsupported {
        /// The feature.
        feature: &'static str,
    },
    /// A preopened directory cannot be opened.
    #[error("the directory {} cannot be opened: {reason}", path.display())]
    Directory {
        /// The path on the host.
        path: PathBuf,
        /// The error of the operating system.
        reason: String,
    },
    /// The module cannot be instantiated: for example, an import is unknown.
    #[error("the module cannot be started: {0}")]
    Instantiate(String),
    /// The module is not a command: it has no usable `_start`.
    #[error("the module does not export a function `_start` without parameters and results; {exports}")]
    NoStart {
        /// The functions that it exports, in a sentence.
        exports: String,
    },
    /// The function to call does not exist.
    #[error("`--invoke {}`: the module does not export this function; {exports}", one_line(&call.export))]
    NoExport {
        /// The call.
        call: Invocation,
        /// The functions that it exports, in a sentence.
        exports: String,
    },
    /// The arguments of the call do not match the function.
    #[error("`--invoke {}`: {reason}", one_line(&call.export))]
    Arguments {
        /// The call.
        call: Invocation,
        /// What does not match.
        reason: String,
    },
    /// The module imports `wasi.thread-spawn`, but cannot have threads.
    #[error("the module imports `wasi.thread-spawn`, but {reason}")]
    Threads {
        /// What it lacks.
        reason: &'static str,
    },
    /// The program cannot start within the limit of its memory.
    #[error("the program needs {needed} bytes of memory to start, and may have {limit}{reason}")]
    Memory {
        /// How many bytes it would have, at least.
        needed: u64,
        /// The limit.
        limit: u64,
        /// Why it needs as much, if that is not its initial size.
        reason: &'static str,
    },
    /// The program did not end within its time.
    #[error("the program did not end within {after:?}{}", backtrace(frames))]
    Timeout {
        /// Its time.
        after: Duration,
        /// The functions that were active, innermost first; none if the program waited in the host.
        frames: Vec<Frame>,
    },
    /// The program reported a violation and trapped. The caller interprets the numbers.
    #[error("the program reported a violation: kind {}, site {}{}", report.kind, report.site, backtrace(frames))]
    Violation {
        /// The report.
        report: Violation,
        /// The active functions, innermost first.
        frames: Vec<Frame>,
        /// The last errno that the program reported, if any.
        errno: Option<HostError>,
    },
    /// The program trapped.
    #[error("the program trapped: {reason}{}", backtrace(frames))]
    Trap {
        /// The kind of the trap.
        reason: String,
        /// The active functions, innermost first.
        frames: Vec<Frame>,
        /// The last errno that the program reported, if any.
        errno: Option<HostError>,
    },
    /// The program failed in another way.
    #[error("the program failed: {reason}{}", backtrace(frames))]
    Failed {
        /// The error.
        reason: String,
        /// The active functions, innermost first.
        frames: Vec<Frame>,
    },
}

/// A name, which can contain any character, on one line.
pub(crate) fn one_line(name: &str) -> String {
    name.replace('\n', "\\n")
}

fn backtrace(frames: &[Frame]) -> String {
    frames.iter().map(|frame| format!("\n  in {frame}")).collect()
}

impl Error {
    /// The functions that were active when the program ended, innermost first.
    pub fn frames_mut(&mut self) -> &mut [Frame] {
        match self {
            Error::Violation { frames, .. }
            | Error::Trap { frames, .. }
            | Error::Timeout { frames, .. }
            | Error::Failed { frames, .. } => frames,
            Error::Compile(_)
            | Error::Unsupported { .. }
            | Error::Directory { .. }
            | Error::Instantiate(_)
            | Error::NoStart { .. }
            | Error::NoExport { .. }
            | Error::Arguments { .. }
            | Error::Memory { .. }
            | Error::Threads { .. } => &mut [],
        }
    }

    /// The error for a function of the host that panicked.
    pub(crate) fn panicked() -> Error {
        Error::Failed { reason: "a function of the host panicked".to_string(), frames: Vec::new() }
    }

    /// The error for a module that cannot be instantiated.
    pub(crate) fn instantiate(error: &wasmtime::Error) -> Error {
        Error::Instantiate(chain(error))
    }

    /// The error for a module that cannot be compiled: the engine's, or a feature that the engine does not support.
    pub(crate) fn not_compiled(error: &wasmtime::Error) -> Error {
        const MISSING: [(&str, &str); 2] =
            [("stack switching", "stack switching"), ("legacy_exceptions", "legacy exceptions")];
        let reason = chain(error);
        match MISSING.iter().find(|(words, _)| reason.contains(words)) {
            Some((_, feature)) => Error::Unsupported { feature },
            None => Error::Compile(reason),
        }
    }
}

/// The exit status, if `error` is an exit of the program; otherwise the matching error. `timeout` is the program's time.
pub(crate) fn ended(error: &wasmtime::Error, reported: Reported, timeout: Option<Duration>) -> Result<End, Error> {
    if let Some(I32Exit(status)) = error.downcast_ref::<I32Exit>() {
        return Ok(End::Exited(*status));
    }
    let Reported { violation, errno } = reported;
    let frames = error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default();
    match (error.downcast_ref::<Trap>(), timeout) {
        (Some(Trap::UnreachableCodeReached), _) if let Some(report) = violation => {
            Err(Error::Violation { report, frames, errno })
        }
        (Some(Trap::Interrupt), Some(after)) => Err(Error::Timeout { after, frames }),
        (Some(trap), _) => Err(Error::Trap { reason: trap.to_string(), frames, errno }),
        (None, _) => Err(Error::Failed { reason: error.root_cause().to_string(), frames }),
    }
}

fn frames(backtrace: &WasmBacktrace) -> Vec<Frame> {
    let frame = |frame: &wasmtime::FrameInfo| Frame {
        function: frame.func_index(),
        name: frame.func_name().map(str::to_string),
    };
    backtrace.frames().iter().map(frame).collect()
}

/// The error and its causes, on one line.
pub(crate) fn chain(error: &wasmtime::Error) -> String {
    let text: Vec<String> = error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
    text.join(": ")
}
