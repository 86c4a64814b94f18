//! Threads of a program, as wasi-threads defines them: each is a new instance of the same module over the same imported
//! shared memory.
//!
//! A thread that ends normally ends alone. If one traps or exits, the program ends, even if its other threads wait.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, OnceLock};
use wasmtime::{Engine, ExternType, InstancePre, Linker, Module, SharedMemory, Store};

/// The import that starts a thread.
const SPAWN: (&str, &str) = ("wasi", "thread-spawn");

/// The export that a thread runs. Its parameters are the number of the thread and the argument of the spawn.
const START: &str = "wasi_thread_start";

/// The largest number of a thread.
const LAST: i32 = (1 << 29) - 1;

/// What `thread-spawn` returns if no thread can be started.
const FAILED: i32 = -1;

/// Gives a module a new memory for each shared memory that it imports.
///
/// # Errors
///
/// If a memory is too large.
pub(crate) fn define_memories<T>(linker: &mut Linker<T>, store: &Store<T>, module: &Module) -> wasmtime::Result<()> {
    for import in module.imports() {
        if let ExternType::Memory(ty) = import.ty()
            && ty.is_shared()
        {
            let memory = SharedMemory::new(store.engine(), ty)?;
            linker.define(store, import.module(), import.name(), memory)?;
        }
    }
    Ok(())
}

/// Whether a module can start threads; if so, why it cannot work, if it lacks what threads require.
pub(crate) fn spawns(module: &Module) -> Option<Result<(), &'static str>> {
    module.imports().find(|import| (import.module(), import.name()) == SPAWN)?;
    let has_start = match module.get_export(START) {
        Some(ExternType::Func(ty)) => {
            let is_i32 = |ty: wasmtime::ValType| ty.is_i32();
            ty.params().len() == 2 && ty.params().all(is_i32) && ty.results().len() == 0
        }
        _ => false,
    };
    let is_shared = |ty: ExternType| matches!(ty, ExternType::Memory(ty) if ty.is_shared());
    Some(match module.imports().any(|import| is_shared(import.ty())) {
        _ if !has_start => Err("it does not export a function `wasi_thread_start` with two `i32` parameters"),
        false => Err("it does not import a shared memory"),
        true => Ok(()),
    })
}

/// Is told why a thread did not end normally, with its state.
type Failed<T> = Box<dyn Fn(&wasmtime::Error, &T) + Send + Sync>;

/// How the threads of a program start, and where their ends are reported.
pub(crate) struct Threads<T: 'static> {
    /// The engine of the program.
    pub(crate) engine: Engine,
    /// Makes the state of a thread; `None` if it cannot be made.
    pub(crate) state: Box<dyn Fn() -> Option<T> + Send + Sync>,
    /// Is told why a thread did not end normally, with its state.
    pub(crate) failed: Failed<T>,
    /// The module with its imports. It is set before the program starts.
    pub(crate) instance: OnceLock<InstancePre<T>>,
    /// The number of the next thread.
    pub(crate) next: AtomicI32,
}

impl<T: Send + 'static> Threads<T> {
    /// Adds the import `thread-spawn`.
    pub(crate) fn define(self: &Arc<Self>, linker: &mut Linker<T>) -> wasmtime::Result<()> {
        let threads = Arc::clone(self);
        linker
            .func_wrap(SPAWN.0, SPAWN.1, move |argument: i32| -> i32 { threads.spawn(argument).unwrap_or(FAILED) })?;
        Ok(())
    }

    /// Starts a thread, and returns its number.
    fn spawn(self: &Arc<Self>, argument: i32) -> Option<i32> {
        let instance = self.instance.get()?.clone();
        let mut store = Store::new(&self.engine, (self.state)()?);
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
