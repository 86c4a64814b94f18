//! Random programs of the link door with exceptions: regions in tries, tries in regions, handlers at every depth, exceptions
//! thrown by the function itself, by its callees and by the host. Each program is linked with `Unwind::Release` and run; the
//! host does the same on the reference model, and compares addresses, contents and zeroed memory.
//!
//! ```text
//!   source   a source of random numbers
//!   variant  the configurations that programs are linked with
//!   write    writes random programs
//!   handler  writes the tries of programs
//!   host     the model, and what programs report to it
//! ```
//!
//! Programs are correct: on every path without exceptions they close each region, the innermost one first. The writer knows
//! which regions an exception closes from where it puts them: those opened in the body of a try, or closed only there.

mod handler;
mod host;
pub(crate) mod source;
mod variant;
mod write;

pub use host::Reach;
pub use variant::VARIANTS;

use crate::host::engine;
use crate::parse;
use host::{State, linker};
use linmem_host::wasmtime::{Module, Store};
use source::Source;
use variant::{FUNCTIONS, Variant};

/// How often each function is run, every time with other decisions of the host.
const RUNS: usize = 5;

/// How many programs are run on a module: a function, and what the host decides.
pub const PROGRAMS: usize = FUNCTIONS * RUNS;

/// Runs the programs of one module. The first one that fails is an error.
pub fn run_module(number: usize) -> Result<Reach, String> {
    let variant = Variant::of(number);
    let mut source = Source::new(number as u64);
    let text = write::module(&mut source, &variant);
    let linked = linmem::link(&parse(&text), &variant.config).map_err(|error| format!("{error}\n{text}"))?;
    let module = Module::new(engine(), &linked).map_err(|error| format!("{error:?}\n{text}"))?;
    let mut store = Store::new(engine(), State::new(&variant, source.fork()));
    store.set_fuel(u64::MAX / 2).map_err(|error| error.to_string())?;
    let instance = linker().instantiate(&mut store, &module).map_err(|error| format!("{error:?}"))?;
    for program in 0..PROGRAMS {
        let name = format!("run{}", program % FUNCTIONS);
        let run = instance.get_typed_func::<(), ()>(&mut store, &name).map_err(|error| error.to_string())?;
        let ended = run.call(&mut store, ());
        let state = store.data_mut();
        let failure = match ended {
            Err(error) => Some(format!("{error:?}")),
            Ok(()) => state.failure.take().or_else(|| state.end()),
        };
        if let Some(failure) = failure {
            let config = &variant.config;
            let options = format!(
                "--safety {:?} --nesting {} --zero {} --oom {} --optimize {} {}",
                config.safety, config.nesting, config.zero, config.out_of_memory, config.optimize, variant.segment
            );
            return Err(format!("module {number}, program {program}, {options}: {failure}\n{text}"));
        }
    }
    Ok(store.into_data().reach)
}

/// Runs the programs of modules with these numbers, on two threads.
pub fn run(modules: std::ops::Range<usize>) -> Result<Reach, String> {
    std::thread::scope(|scope| {
        let part = |part: usize| {
            let modules = modules.clone();
            scope.spawn(move || {
                let mut total = Reach::default();
                for number in modules.filter(|number| number % 2 == part) {
                    total.add(&run_module(number)?);
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
