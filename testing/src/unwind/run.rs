//! Runs the programs of a module, and compares them with the model.

use crate::host::{engine, violation};
use crate::unwind::reach::Reach;
use crate::unwind::state::State;
use linmem::{Config, Representation};
use linmem_host::wasmtime::{Instance, Linker, Module, Store};

/// A module with programs: the exports `run0`, `run1` and so on.
pub(super) struct Programs<'p> {
    pub(super) number: usize,
    pub(super) config: &'p Config,
    pub(super) representation: Representation,
    pub(super) bytes: &'p [u8],
    pub(super) functions: usize,
    /// How often each function is run.
    pub(super) runs: usize,
}

impl Programs<'_> {
    /// Runs all programs. The first one that fails is an error; `text` shows it.
    pub(super) fn run(&self, linker: &Linker<State>, state: State, text: impl Fn() -> String) -> Result<Reach, String> {
        let module = Module::new(engine(), self.bytes).map_err(|error| format!("{error:?}\n{}", text()))?;
        let mut store = Store::new(engine(), state);
        store.set_fuel(u64::MAX / 2).map_err(|error| error.to_string())?;
        let instance = linker.instantiate(&mut store, &module).map_err(|error| format!("{error:?}"))?;
        for program in 0..self.functions * self.runs {
            let name = format!("run{}", program % self.functions);
            if let Some(failure) = run_program(&mut store, &instance, &name) {
                return Err(format!("{}, {name}: {failure}\n{}", self.describe(program), text()));
            }
        }
        Ok(store.into_data().reach)
    }

    /// The place of a program, and the options of its module.
    pub(super) fn describe(&self, program: usize) -> String {
        let config = self.config;
        format!(
            "module {}, program {program}, --safety {} --nesting {} --zero {} --unwind {} --oom {} --optimize {} {}",
            self.number,
            config.safety.map(|safety| safety.to_string()).unwrap_or_default(),
            config.nesting,
            config.zero,
            config.unwind.map(|unwind| unwind.to_string()).unwrap_or_default(),
            config.out_of_memory,
            config.optimize,
            self.representation,
        )
    }
}

/// Runs a program. Returns what is wrong.
fn run_program(store: &mut Store<State>, instance: &Instance, name: &str) -> Option<String> {
    let ended = instance.get_typed_func::<(), ()>(&mut *store, name).and_then(|run| run.call(&mut *store, ()));
    let state = store.data_mut();
    if let Err(error) = ended {
        // A difference before the trap explains it.
        let end = violation(&error).unwrap_or_else(|| "a trap".to_string());
        return Some(state.failure.take().unwrap_or_else(|| format!("it ends in {end}\n{error:?}")));
    }
    if let Some(failure) = state.failure.take().or_else(|| state.end()) {
        return Some(failure);
    }
    // Close the regions that exceptions left open, so that the next program starts with none.
    let free = instance.get_typed_func::<u32, ()>(&mut *store, "free").ok()?;
    while let Some(handle) = store.data_mut().close_stuck() {
        if let Err(error) = free.call(&mut *store, handle as u32) {
            return Some(format!("a region that an exception left open cannot be closed: {error:?}"));
        }
    }
    None
}

/// Runs modules with these numbers on two threads.
pub fn run(modules: std::ops::Range<usize>, module: fn(usize) -> Result<Reach, String>) -> Result<Reach, String> {
    std::thread::scope(|scope| {
        let part = |part: usize| {
            let modules = modules.clone();
            scope.spawn(move || {
                let mut total = Reach::default();
                for number in modules.filter(|number| number % 2 == part) {
                    total.add(&module(number)?);
                }
                Ok::<Reach, String>(total)
            })
        };
        let mut total = Reach::default();
        for part in [part(0), part(1)] {
            total.add(&part.join().map_err(|_| "a part panicked".to_string())??);
        }
        Ok(total)
    })
}
