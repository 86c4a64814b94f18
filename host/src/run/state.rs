//! The state of a running program: one for each of its threads.

use super::end::{Error, Reported, chain};
use super::environment::Environment;
use super::limits::{Budget, Limiter};
use super::options::{Directory, Options};
use crate::audit::Auditor;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::{Engine, Store};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// The state of a thread.
pub(crate) struct State {
    pub(crate) wasi: WasiP1Ctx,
    pub(crate) environment: Environment,
    pub(crate) reported: Reported,
    pub(crate) limiter: Limiter,
    pub(crate) auditor: Auditor,
    /// The time of the whole program.
    pub(crate) timeout: Option<Duration>,
}

/// A new store for a thread, whose code stops at the next tick of the engine's epoch.
///
/// # Errors
///
/// If a directory cannot be opened.
pub(crate) fn store(engine: &Engine, options: &Options, budget: &Arc<Budget>) -> Result<Store<State>, Error> {
    let state = State {
        wasi: context(options)?,
        environment: Environment::new(options),
        reported: Reported::default(),
        limiter: Limiter::new(budget),
        auditor: Auditor::new(options.findings.clone()),
        timeout: options.timeout,
    };
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.limiter);
    store.set_epoch_deadline(1);
    Ok(store)
}

/// WASI, except for the arguments and the environment.
fn context(options: &Options) -> Result<WasiP1Ctx, Error> {
    let mut builder = WasiCtxBuilder::new();
    builder.inherit_stdio();
    for Directory { host, guest } in &options.directories {
        builder
            .preopened_dir(host, guest, FsPerms::ReadWrite)
            .map_err(|error| Error::Directory { path: host.clone(), reason: chain(&error) })?;
    }
    Ok(builder.build_p1())
}
