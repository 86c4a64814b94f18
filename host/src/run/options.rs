//! What the caller chooses for a run.

use super::argument::is_text;
use crate::audit::Findings;
use std::path::PathBuf;
use std::time::Duration;

/// A directory of the host that the program can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// The path on the host.
    pub host: PathBuf,
    /// The name that the program sees.
    pub guest: String,
}

/// The environment of a program, and its limits.
///
/// Arguments and variables are bytes, as they are in WASI preview 1: they need not be UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The arguments, the name of the program first.
    pub args: Vec<Vec<u8>>,
    /// The names and values of the environment variables.
    pub env: Vec<(Vec<u8>, Vec<u8>)>,
    /// The preopened directories.
    pub directories: Vec<Directory>,
    /// How long the program may run; compiling it does not count.
    pub timeout: Option<Duration>,
    /// How many bytes the program may have in all its memories, tables and in the heap of its garbage-collected objects.
    /// A growth beyond it fails. A table has 8 bytes for each element. A shared memory counts with its maximum, since
    /// its growth cannot be observed; the maximum of an imported shared memory is lowered to what is left.
    pub max_memory: Option<u64>,
    /// Whether the module was linked with [`trace`](https://docs.rs/linmem/latest/linmem/struct.Config.html#structfield.trace),
    /// which adds the memory `linmem_trace.shadow`. That memory does not count.
    pub is_traced: bool,
    /// Receives what the auditor finds, if the module is traced.
    pub findings: Findings,
}

/// An exported function that is called instead of `_start`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The name of the export.
    pub export: String,
    /// The arguments, as text: numbers, or texts after `utf8:`, `utf16:`, `cstr:` or `hex:`.
    pub args: Vec<String>,
}

impl Invocation {
    /// Whether an argument is passed in the memory of the program, so that the program needs an allocator.
    pub fn needs_memory(&self) -> bool {
        self.args.iter().any(|argument| is_text(argument))
    }
}
