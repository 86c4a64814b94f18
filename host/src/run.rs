//! Runs a command module with WASI preview 1.

use crate::threads::{self, Threads};
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::AtomicI32;
use std::sync::{Arc, OnceLock, mpsc};
use thiserror::Error;
use wasmtime::{Caller, Collector, Config, Engine, InstancePre, Linker, Module, Store, Trap, WasmBacktrace};
use wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_sync};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

/// A directory of the host that the program can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// The path on the host.
    pub host: PathBuf,
    /// The name that the program sees.
    pub guest: String,
}

/// The environment of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The arguments, the name of the program first.
    pub args: Vec<String>,
    /// The environment variables.
    pub env: Vec<(String, String)>,
    /// The preopened directories.
    pub directories: Vec<Directory>,
}

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
            // A name can contain any character.
            Some(name) => write!(f, "${}", name.replace('\n', "\\n")),
            None => write!(f, "function {}", self.function),
        }
    }
}

/// The state of a running program.
struct State {
    wasi: WasiP1Ctx,
    reported: Reported,
}

/// The last reports of the program.
#[derive(Clone, Copy, Debug, Default)]
struct Reported {
    violation: Option<Violation>,
    errno: Option<HostError>,
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
    #[error("the module does not export a function `_start` without parameters and results")]
    NoStart,
    /// The module imports `wasi.thread-spawn`, but cannot have threads.
    #[error("the module imports `wasi.thread-spawn`, but {reason}")]
    Threads {
        /// What it lacks.
        reason: &'static str,
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

fn backtrace(frames: &[Frame]) -> String {
    frames.iter().map(|frame| format!("\n  in {frame}")).collect()
}

/// An engine configuration with all features that linked modules can use.
pub fn config() -> Config {
    let mut config = Config::new();
    config.wasm_tail_call(true);
    config.wasm_function_references(true);
    config.wasm_gc(true);
    // Otherwise it would depend on the features that other crates enable.
    config.collector(Collector::DeferredReferenceCounting);
    config.wasm_exceptions(true);
    config.wasm_memory64(true);
    config.wasm_multi_memory(true);
    config.wasm_extended_const(true);
    config.wasm_custom_page_sizes(true);
    config.wasm_wide_arithmetic(true);
    config.wasm_threads(true);
    config.shared_memory(true);
    config
}

impl Error {
    /// The functions that were active when the program ended, innermost first.
    pub fn frames_mut(&mut self) -> &mut [Frame] {
        match self {
            Error::Violation { frames, .. } | Error::Trap { frames, .. } | Error::Failed { frames, .. } => frames,
            Error::Compile(_)
            | Error::Unsupported { .. }
            | Error::Directory { .. }
            | Error::Instantiate(_)
            | Error::NoStart
            | Error::Threads { .. } => &mut [],
        }
    }
}

/// Runs `_start` of a module with the standard streams of this process, and returns the exit status.
///
/// A shared memory that the module imports is a new one of the declared type. A module that imports
/// `wasi.thread-spawn` can start threads; they can still run when this function returns, since nothing stops a thread
/// that waits. Each has descriptors of its own.
///
/// # Errors
///
/// If the module cannot be started, or if it traps.
pub fn run(bytes: &[u8], options: &Options) -> Result<i32, Error> {
    let engine = Engine::new(&config()).map_err(|error| Error::Compile(chain(&error)))?;
    let module = Module::from_binary(&engine, bytes).map_err(|error| not_compiled(&error))?;
    let mut store = Store::new(&engine, State { wasi: context(options)?, reported: Reported::default() });
    let mut linker = linker(&engine).map_err(|error| Error::Instantiate(chain(&error)))?;
    threads::define_memories(&mut linker, &store, &module).map_err(|error| Error::Instantiate(chain(&error)))?;
    let instance =
        |linker: &Linker<State>| linker.instantiate_pre(&module).map_err(|error| Error::Instantiate(chain(&error)));
    match threads::spawns(&module) {
        None => return command(&mut store, &instance(&linker)?),
        Some(Err(reason)) => return Err(Error::Threads { reason }),
        Some(Ok(())) => {}
    }
    let (ends, end) = mpsc::channel();
    let (options, end_of_thread) = (options.clone(), ends.clone());
    let threads = Arc::new(Threads {
        engine,
        state: Box::new(move || Some(State { wasi: context(&options).ok()?, reported: Reported::default() })),
        failed: Box::new(move |error, state: &State| {
            // Nobody receives it after the program has ended.
            let _ = end_of_thread.send(ended(error, state.reported));
        }),
        instance: OnceLock::new(),
        next: AtomicI32::new(1),
    });
    threads.define(&mut linker).map_err(|error| Error::Instantiate(chain(&error)))?;
    let instance = instance(&linker)?;
    let _ = threads.instance.set(instance.clone());
    // The first thread also has a thread of its own, since another one may end the program while it waits.
    let first = std::thread::spawn(move || command(&mut store, &instance));
    std::thread::spawn(move || ends.send(first.join().unwrap_or_else(|_| Err(panicked()))));
    end.recv().unwrap_or_else(|_| Err(panicked()))
}

fn panicked() -> Error {
    Error::Failed { reason: "a function of the host panicked".to_string(), frames: Vec::new() }
}

/// The functions that a program can import.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    add_to_linker_sync(&mut linker, |state: &mut State| &mut state.wasi)?;
    // Allow every status: wasmtime's own `proc_exit` rejects statuses of 126 and more.
    linker.allow_shadowing(true);
    linker.func_wrap("wasi_snapshot_preview1", "proc_exit", |status: i32| -> wasmtime::Result<()> {
        Err(I32Exit(status).into())
    })?;
    linker.func_wrap(
        "linmem_report",
        "violation",
        |mut caller: Caller<'_, State>, kind: u32, site: u32, a: u32, b: u32, c: u32| {
            caller.data_mut().reported.violation = Some(Violation { kind, site, numbers: [a, b, c] });
        },
    )?;
    linker.func_wrap("linmem_report", "errno", |mut caller: Caller<'_, State>, site: u32, errno: u32| {
        caller.data_mut().reported.errno = Some(HostError { site, errno });
    })?;
    Ok(linker)
}

/// Instantiates a module, and runs its `_start`.
fn command(store: &mut Store<State>, instance: &InstancePre<State>) -> Result<i32, Error> {
    let instance = match instance.instantiate(&mut *store) {
        Ok(instance) => instance,
        Err(error) if error.is::<I32Exit>() || error.is::<Trap>() => return ended(&error, store.data().reported),
        Err(error) => return Err(Error::Instantiate(chain(&error))),
    };
    let start = instance.get_typed_func::<(), ()>(&mut *store, "_start").map_err(|_| Error::NoStart)?;
    match start.call(&mut *store, ()) {
        Ok(()) => Ok(0),
        Err(error) => ended(&error, store.data().reported),
    }
}

/// Why a module cannot be compiled: the engine's error, or a feature that the engine does not support.
fn not_compiled(error: &wasmtime::Error) -> Error {
    const MISSING: [(&str, &str); 2] =
        [("stack switching", "stack switching"), ("legacy_exceptions", "legacy exceptions")];
    let reason = chain(error);
    match MISSING.iter().find(|(words, _)| reason.contains(words)) {
        Some((_, feature)) => Error::Unsupported { feature },
        None => Error::Compile(reason),
    }
}

fn context(options: &Options) -> Result<WasiP1Ctx, Error> {
    let mut builder = WasiCtxBuilder::new();
    builder.inherit_stdio().args(&options.args).envs(&options.env);
    for Directory { host, guest } in &options.directories {
        builder
            .preopened_dir(host, guest, FsPerms::ReadWrite)
            .map_err(|error| Error::Directory { path: host.clone(), reason: chain(&error) })?;
    }
    Ok(builder.build_p1())
}

/// The exit status, if `error` is an exit of the program; otherwise the matching error.
fn ended(error: &wasmtime::Error, Reported { violation, errno }: Reported) -> Result<i32, Error> {
    if let Some(I32Exit(status)) = error.downcast_ref::<I32Exit>() {
        return Ok(*status);
    }
    let frames = error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default();
    match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) if let Some(report) = violation => {
            Err(Error::Violation { report, frames, errno })
        }
        Some(trap) => Err(Error::Trap { reason: trap.to_string(), frames, errno }),
        None => Err(Error::Failed { reason: error.root_cause().to_string(), frames }),
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
fn chain(error: &wasmtime::Error) -> String {
    let text: Vec<String> = error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
    text.join(": ")
}
