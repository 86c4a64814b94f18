//! Threads of a program, as wasi-threads defines them: each is a new instance of the same module over the same imported
//! shared memory.
//!
//! A thread that ends normally ends alone. If one traps or exits, the program ends, even if its other threads wait.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, OnceLock};
use wasmtime::{Engine, ExternType, InstancePre, Linker, Module, Store};

/// The import that starts a thread.
pub(crate) const SPAWN: (&str, &str) = ("wasi", "thread-spawn");

/// The export that a thread runs. Its parameters are the number of the thread and the argument of the spawn.
const START: &str = "wasi_thread_start";

/// The largest number of a thread.
const LAST: i32 = (1 << 29) - 1;

/// What `thread-spawn` returns if no thread can be started.
const FAILED: i32 = -1;

/// Checks that a module that can start threads has what they require.
///
/// # Errors
///
/// What it lacks.
pub(crate) fn check(module: &Module) -> Result<(), &'static str> {
    let has_start = match module.get_export(START) {
        Some(ExternType::Func(ty)) => {
            let is_i32 = |ty: wasmtime::ValType| ty.is_i32();
            ty.params().len() == 2 && ty.params().all(is_i32) && ty.results().len() == 0
        }
        _ => false,
    };
    let imports = |shared: bool| {
        module.imports().any(|import| matches!(import.ty(), ExternType::Memory(ty) if ty.is_shared() == shared))
    };
    match (imports(true), imports(false)) {
        _ if !has_start => Err("it does not export a function `wasi_thread_start` with two `i32` parameters"),
        (false, _) => Err("it does not import a shared memory"),
        (true, true) => Err("it imports a memory that is not shared, which threads cannot use"),
        (true, false) => Ok(()),
    }
}

/// Is told why a thread did not end normally, with its state.
type Failed<T> = Box<dyn Fn(&wasmtime::Error, &T) + Send + Sync>;

/// How the threads of a program start, and where their ends are reported.
pub(crate) struct Threads<T: 'static> {
    /// Makes the store of a thread, whose code stops when the engine's epoch advances; `None` if it cannot be made.
    pub(crate) store: Box<dyn Fn() -> Option<Store<T>> + Send + Sync>,
    /// Is told why a thread did not end normally, with its state.
    pub(crate) failed: Failed<T>,
    /// The module with its imports. It is set before the program starts.
    pub(crate) instance: OnceLock<InstancePre<T>>,
    /// The number of the next thread.
    pub(crate) next: AtomicI32,
    /// Whether the program has ended, so that no further thread starts.
    pub(crate) stopped: AtomicBool,
}

impl<T: Send + 'static> Threads<T> {
    /// Adds the import `thread-spawn`.
    pub(crate) fn define(self: &Arc<Self>, linker: &mut Linker<T>) -> wasmtime::Result<()> {
        let threads = Arc::clone(self);
        linker
            .func_wrap(SPAWN.0, SPAWN.1, move |argument: i32| -> i32 { threads.spawn(argument).unwrap_or(FAILED) })?;
        Ok(())
    }

    /// Stops the threads of the program that execute its code.
    pub(crate) fn stop(&self, engine: &Engine) {
        self.stopped.store(true, Ordering::SeqCst);
        engine.increment_epoch();
    }

    /// Starts a thread, and returns its number.
    fn spawn(self: &Arc<Self>, argument: i32) -> Option<i32> {
        let instance = self.instance.get()?.clone();
        let mut store = (self.store)()?;
        // The store was made before this is read: if the program ends from now on, the epoch advances for the new store.
        if self.stopped.load(Ordering::SeqCst) {
            return None;
        }
        let more = |next: i32| (next <= LAST).then(|| next + 1);
        let number = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        let threads = Arc::clone(self);
        let run = move || {
            let call = instance.instantiate(&mut store).and_then(|instance| {
                instance.get_typed_func::<(i32, i32), ()>(&mut store, START)?.call(&mut store, (number, argument))
            });
            if let Err(error) = call {
                (threads.failed)(&error, store.data());
            }
        };
        std::thread::Builder::new().name(format!("thread {number}")).spawn(run).ok()?;
        Some(number)
    }
}
