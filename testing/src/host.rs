//! A host for test modules: a WASI with transfers of limited size, growth by other code, and a log.

use crate::folder::Embedding;
use linmem_host::audit::{self, Auditor};
use linmem_host::wasmtime::{
    Caller, Engine, Extern, Global, GlobalType, Instance, Linker, Memory, Module, Mutability, OptLevel,
    ResourceLimiter, SharedMemory, Store, Val, ValType,
};
use linmem_host::wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_sync};
use std::sync::OnceLock;

/// The state of the host.
#[derive(Default)]
pub struct State {
    /// The bytes that were written to any descriptor.
    pub output: Vec<u8>,
    /// The bytes that can be read.
    pub input: Vec<u8>,
    /// The largest number of bytes that one call transfers; 0 for no limit.
    pub transfer: usize,
    /// The errnos that the next transfers return, before one succeeds.
    pub errnos: Vec<i32>,
    /// After this number of transfers, one fails with this errno.
    pub fails_after: Option<(usize, i32)>,
    /// The values that the program logged.
    pub log: Vec<i64>,
    /// The violation that was reported last: its kind, its site and its numbers.
    pub violation: Option<[u32; 5]>,
    /// The errno that was reported last: its site and its number.
    pub errno: Option<[u32; 2]>,
    /// The limits of the memory.
    pub limits: Limits,
    /// The auditor of a traced module.
    pub auditor: Auditor,
    /// The environment of WASI, if the functions of WASI are the real ones.
    pub embedding: Option<Embedding>,
    /// The context of WASI, which is made on first use.
    pub wasi: Option<WasiP1Ctx>,
}

/// The limits of the growth of a memory.
pub struct Limits {
    /// The largest number of pages.
    pub pages: usize,
    /// The numbers of the calls of `memory.grow` that are refused, counted from 0.
    pub refused: Vec<usize>,
    /// How many calls of `memory.grow` were made.
    pub grows: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { pages: 65536, refused: Vec::new(), grows: 0 }
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> linmem_host::wasmtime::Result<bool> {
        // A memory of linmem is never empty: an empty one is the engine's own heap, for exceptions.
        if current == 0 {
            return Ok(true);
        }
        let number = self.grows;
        self.grows += 1;
        Ok(desired <= self.pages * 65536 && !self.refused.contains(&number))
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> linmem_host::wasmtime::Result<bool> {
        Ok(true)
    }
}

/// The engine that all tests share.
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = linmem_host::run::config();
        config.consume_fuel(true);
        // Most modules run for less time than it takes to compile them.
        config.cranelift_opt_level(OptLevel::None);
        Engine::new(&config).expect("the configuration is valid")
    })
}

/// Compiles a module.
pub fn compile(bytes: &[u8]) -> Module {
    Module::new(engine(), bytes).expect("a linked module compiles")
}

/// A module that runs.
pub struct Running {
    /// The store that the instance is in.
    pub store: Store<State>,
    /// The instance.
    pub instance: Instance,
}

impl Running {
    /// Starts a module.
    pub fn new(bytes: &[u8], state: State) -> Running {
        Running::with_limits(bytes, state, Limits::default())
    }

    /// Starts a module whose memory has limits, which apply after it has started.
    pub fn with_limits(bytes: &[u8], state: State, limits: Limits) -> Running {
        Running::of_module(&compile(bytes), state, limits)
    }

    /// Starts a compiled module.
    pub fn of_module(module: &Module, mut state: State, limits: Limits) -> Running {
        state.limits = Limits { pages: 65536, ..Limits::default() };
        state.auditor = Auditor::new(state.auditor.findings().clone());
        // A new instance starts with the initial state of the world.
        state.embedding = state.embedding.map(|embedding| embedding.renewed());
        state.wasi = state.embedding.as_ref().map(Embedding::context);
        let is_real = state.embedding.is_some();
        let mut store = Store::new(engine(), state);
        store.set_fuel(u64::MAX / 2).expect("fuel is on");
        store.limiter(|state| &mut state.limits);
        let mut linker = linker(is_real).clone();
        if let Some(import) = module.imports().find(|import| import.module() == "env" && import.name() == "memory") {
            let ty = import.ty().unwrap_memory().clone();
            let memory: Extern = if ty.is_shared() {
                SharedMemory::new(engine(), ty).expect("a memory of that type exists").into()
            } else {
                Memory::new(&mut store, ty).expect("a memory of that type exists").into()
            };
            linker.define(&store, "env", "memory", memory).expect("the name is free");
        }
        let immutable = GlobalType::new(ValType::I32, Mutability::Const);
        let base = Global::new(&mut store, immutable, Val::I32(1028)).expect("the value has the type");
        linker.define(&store, "env", "__heap_base", base).expect("the name is free");
        let instance = linker.instantiate(&mut store, module).expect("a linked module starts");
        store.data_mut().limits = limits;
        Running { store, instance }
    }

    /// Calls an export.
    pub fn call(&mut self, name: &str, args: &[Val]) -> Result<Vec<Val>, linmem_host::wasmtime::Error> {
        let function = self.instance.get_func(&mut self.store, name).unwrap_or_else(|| panic!("no export {name}"));
        let count = function.ty(&self.store).results().len();
        let mut results = vec![Val::I32(0); count];
        function.call(&mut self.store, args, &mut results)?;
        Ok(results)
    }

    /// The memory.
    pub fn memory(&mut self) -> Memory {
        self.instance.get_memory(&mut self.store, "memory").expect("there is a memory")
    }

    /// The fuel that a call consumes.
    pub fn fuel(&mut self, name: &str, args: &[Val]) -> u64 {
        let before = self.store.get_fuel().expect("fuel is on");
        self.call(name, args).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        before - self.store.get_fuel().expect("fuel is on")
    }
}

/// The kind of the violation that a call trapped with: the innermost function is named after it.
pub fn violation(error: &linmem_host::wasmtime::Error) -> Option<String> {
    let backtrace = error.downcast_ref::<linmem_host::wasmtime::WasmBacktrace>()?;
    let name = backtrace.frames().first()?.func_name()?;
    let kind = name.strip_prefix("linmem.")?;
    linmem::Violation::ALL.iter().map(|known| known.name()).find(|known| *known == kind).map(str::to_string)
}

fn memory_of(caller: &mut Caller<'_, State>) -> Memory {
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => memory,
        _ => panic!("the module exports no memory"),
    }
}

/// The functions of the host. Unless WASI must be real, the functions that transfer bytes or wait are those of this file.
fn linker(is_real: bool) -> &'static Linker<State> {
    static LINKERS: [OnceLock<Linker<State>>; 2] = [const { OnceLock::new() }; 2];
    LINKERS[usize::from(is_real)].get_or_init(|| new_linker(is_real))
}

fn new_linker(is_real: bool) -> Linker<State> {
    let mut linker = Linker::new(engine());
    linker.allow_shadowing(true);
    add_to_linker_sync(&mut linker, |state: &mut State| {
        state.wasi.get_or_insert_with(|| Embedding::default().context())
    })
    .expect("the names are distinct");
    let wasi = if is_real { "not wasi" } else { "wasi_snapshot_preview1" };
    linker
        .func_wrap(wasi, "fd_write", |caller: Caller<'_, State>, _fd: i32, iovecs: i32, count: i32, done: i32| {
            transfer(caller, Direction::Write, iovecs, count, done)
        })
        .and_then(|linker| {
            linker.func_wrap(
                wasi,
                "fd_read",
                |caller: Caller<'_, State>, _fd: i32, iovecs: i32, count: i32, done: i32| {
                    transfer(caller, Direction::Read, iovecs, count, done)
                },
            )
        })
        .and_then(|linker| {
            linker.func_wrap(
                "wasi_snapshot_preview1",
                "proc_exit",
                |status: i32| -> linmem_host::wasmtime::Result<()> {
                    Err(linmem_host::wasmtime::Error::msg(format!("exit with {status}")))
                },
            )
        })
        // Grows the memory as other code would.
        .and_then(|linker| {
            linker.func_wrap("test", "grow", |mut caller: Caller<'_, State>, pages: i32| -> i32 {
                let memory = memory_of(&mut caller);
                memory.grow(&mut caller, pages as u64).map_or(-1, |old| old as i32)
            })
        })
        .and_then(|linker| {
            linker
                .func_wrap("test", "log", |mut caller: Caller<'_, State>, value: i64| caller.data_mut().log.push(value))
        })
        .and_then(|linker| {
            linker.func_wrap(
                "linmem_report",
                "violation",
                |mut caller: Caller<'_, State>, kind: u32, site: u32, a: u32, b: u32, c: u32| {
                    caller.data_mut().violation = Some([kind, site, a, b, c]);
                },
            )
        })
        .and_then(|linker| {
            linker.func_wrap("linmem_report", "errno", |mut caller: Caller<'_, State>, site: u32, errno: u32| {
                caller.data_mut().errno = Some([site, errno]);
            })
        })
        // Returns at once: all events are ready.
        .and_then(|linker| {
            linker.func_wrap(
                wasi,
                "poll_oneoff",
                |mut caller: Caller<'_, State>, _: i32, _: i32, _: i32, _: i32| -> i32 {
                    caller.data_mut().log.push(-1);
                    0
                },
            )
        })
        .and_then(|linker| linker.func_wrap("test", "nop", || ()))
        .and_then(|linker| linker.func_wrap("test", "pass", |value: i32| -> i32 { value }))
        // Calls back into the program.
        .and_then(|linker| {
            linker.func_wrap("test", "call_back", |mut caller: Caller<'_, State>, argument: i32| -> i32 {
                let Some(Extern::Func(function)) = caller.get_export("callback") else { panic!("no callback") };
                let mut results = [Val::I32(0)];
                function.call(&mut caller, &[Val::I32(argument)], &mut results).expect("the callback returns");
                results[0].unwrap_i32()
            })
        })
        .expect("the names are distinct");
    audit::define(&mut linker, |state: &mut State| &mut state.auditor).expect("the names are distinct");
    linker
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Read,
    Write,
}

/// Transfers bytes of a list of iovecs, up to the limit in the state.
fn transfer(mut caller: Caller<'_, State>, direction: Direction, iovecs: i32, count: i32, done: i32) -> i32 {
    let memory = memory_of(&mut caller);
    if !caller.data().errnos.is_empty() {
        return caller.data_mut().errnos.remove(0);
    }
    match &mut caller.data_mut().fails_after {
        Some((0, errno)) => {
            let errno = *errno;
            caller.data_mut().fails_after = None;
            return errno;
        }
        Some((left, _)) => *left -= 1,
        None => {}
    }
    let (data, state) = memory.data_and_store_mut(&mut caller);
    let word = |data: &[u8], address: usize| {
        u32::from_le_bytes(data[address..address + 4].try_into().expect("four bytes")) as usize
    };
    let mut left = if state.transfer == 0 { usize::MAX } else { state.transfer };
    let mut total = 0;
    for index in 0..count as usize {
        let iovec = iovecs as usize + 8 * index;
        let (start, size) = (word(data, iovec), word(data, iovec + 4));
        let bytes = size.min(left);
        let moved = match direction {
            Direction::Write => {
                state.output.extend_from_slice(&data[start..start + bytes]);
                bytes
            }
            Direction::Read => {
                let bytes = bytes.min(state.input.len());
                let taken: Vec<u8> = state.input.drain(..bytes).collect();
                data[start..start + bytes].copy_from_slice(&taken);
                bytes
            }
        };
        left -= moved;
        total += moved;
    }
    data[done as usize..done as usize + 4].copy_from_slice(&(total as u32).to_le_bytes());
    0
}
