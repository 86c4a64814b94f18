//! Runs a module with WASI preview 1.

mod argument;
mod end;
mod environment;
mod invoke;
mod limits;
mod memories;
mod options;
mod state;
mod value;

pub use end::{End, Error, Frame, HostError, Violation};
pub use options::{Directory, Invocation, Options};

use crate::audit;
use crate::threads::{self, Threads};
use end::ended;
use environment::Environment;
use limits::Budget;
use memories::Needs;
use state::State;
use std::sync::atomic::{AtomicBool, AtomicI32};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;
use wasmtime::{Caller, Collector, Config, Engine, InstancePre, Linker, Module, Store, Trap};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p1::add_to_linker_sync;

/// How long a program whose time is over has to tell where it was.
const GRACE: Duration = Duration::from_millis(100);

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

/// Runs `_start` of a module with the standard streams of this process, and returns the exit status.
///
/// A memory that the module imports, by whatever name, is a new one of the declared type. A module that imports
/// `wasi.thread-spawn` can start threads; each has descriptors of its own. When this function returns, threads that execute
/// code of the program stop. Nothing stops a thread that waits, in the program or in the host: it stops when its wait ends.
///
/// # Errors
///
/// If the module cannot be started, if it traps, or if it does not end within its time.
pub fn run(bytes: &[u8], options: &Options) -> Result<i32, Error> {
    match execute(bytes, options, None)? {
        End::Exited(status) => Ok(status),
        End::Returned(_) => Ok(0),
    }
}

/// Calls an exported function of a module, as [`run`] runs `_start`, after the export `_initialize`, if there is one.
///
/// # Errors
///
/// As for [`run`], and if the function does not exist or does not take such arguments.
pub fn invoke(bytes: &[u8], options: &Options, invocation: &Invocation) -> Result<End, Error> {
    execute(bytes, options, Some(invocation))
}

fn execute(bytes: &[u8], options: &Options, invocation: Option<&Invocation>) -> Result<End, Error> {
    let needs = Needs::read(bytes, threads::SPAWN, options.is_traced);
    let mut config = config();
    let is_stopped = needs.spawns || options.timeout.is_some();
    config.epoch_interruption(is_stopped);
    let engine = Engine::new(&config).map_err(|error| Error::Compile(end::chain(&error)))?;
    let module = Module::from_binary(&engine, bytes).map_err(|error| Error::not_compiled(&error))?;
    let entry = invoke::Entry::new(&module, invocation)?;
    let budget = Arc::new(Budget::new(options.max_memory));
    let mut store = state::store(&engine, options, &budget)?;
    memories::take(&mut store, needs, &budget)?;
    let mut linker = linker(&engine).map_err(|error| Error::instantiate(&error))?;
    memories::define_imported(&mut linker, &mut store, &module, needs, &budget)?;
    let prepare = |linker: &Linker<State>| linker.instantiate_pre(&module).map_err(|error| Error::instantiate(&error));
    if !is_stopped {
        return enter(&mut store, &prepare(&linker)?, &entry, needs, &budget);
    }
    let (ends, end) = mpsc::channel();
    let threads = Arc::new(Threads {
        store: {
            let (engine, options, budget) = (engine.clone(), options.clone(), Arc::clone(&budget));
            Box::new(move || {
                let mut store = state::store(&engine, &options, &budget).ok()?;
                memories::take(&mut store, needs, &budget).ok()?;
                Some(store)
            })
        },
        failed: {
            let ends = ends.clone();
            Box::new(move |error, state: &State| {
                // Nobody receives it after the program has ended.
                let _ = ends.send(ended(error, state.reported, state.timeout));
            })
        },
        instance: OnceLock::new(),
        next: AtomicI32::new(1),
        stopped: AtomicBool::new(false),
    });
    if needs.spawns {
        threads::check(&module).map_err(|reason| Error::Threads { reason })?;
        threads.define(&mut linker).map_err(|error| Error::instantiate(&error))?;
    }
    let instance = prepare(&linker)?;
    let _ = threads.instance.set(instance.clone());
    // The first thread also has a thread of its own, since the program may end while it waits.
    let first = std::thread::spawn(move || enter(&mut store, &instance, &entry, needs, &budget));
    std::thread::spawn(move || ends.send(first.join().unwrap_or_else(|_| Err(Error::panicked()))));
    let received = match options.timeout {
        None => end.recv().map_err(mpsc::RecvTimeoutError::from),
        Some(timeout) => end.recv_timeout(timeout),
    };
    threads.stop(&engine);
    match (received, options.timeout) {
        (Ok(end), _) => end,
        // A thread that executes code of the program tells where it is; one that waits does not.
        (Err(mpsc::RecvTimeoutError::Timeout), Some(after)) => {
            end.recv_timeout(GRACE).unwrap_or_else(|_| Err(Error::Timeout { after, frames: Vec::new() }))
        }
        (Err(_), _) => Err(Error::panicked()),
    }
}

/// The functions that a program can import.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    add_to_linker_sync(&mut linker, |state: &mut State| &mut state.wasi)?;
    linker.allow_shadowing(true);
    Environment::define(&mut linker, |state: &State| &state.environment)?;
    // Allow every status: wasmtime's own `proc_exit` rejects statuses of 126 and more.
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
    audit::define(&mut linker, |state: &mut State| &mut state.auditor)?;
    Ok(linker)
}

/// Instantiates a module, and calls its entry.
fn enter(
    store: &mut Store<State>,
    instance: &InstancePre<State>,
    entry: &invoke::Entry,
    needs: Needs,
    budget: &Budget,
) -> Result<End, Error> {
    let end = |error: &wasmtime::Error, state: &State| ended(error, state.reported, state.timeout);
    let instance = match instance.instantiate(&mut *store) {
        Ok(instance) => instance,
        Err(error) if error.is::<I32Exit>() || error.is::<Trap>() => return end(&error, store.data()),
        Err(error) => return Err(memories::not_started(&error, store.data(), needs, budget)),
    };
    let outcome = entry.call(store, &instance).or_else(|error| end(&error, store.data()));
    if outcome.is_ok() {
        audit::finish(store, |state| &mut state.auditor);
    }
    outcome
}
