//! Programs of the library door: a function with scopes asks the host what to do next, so that its scopes have every kind of
//! exit: their end, branches, returns, tail calls, and exceptions thrown by the function itself or by its callees. The host
//! knows which regions each exit closes, and does the same in the model.

mod host;
mod module;
mod program;

pub use host::Reach;

use crate::differential::program::Variant;
use crate::host::{Limits, engine, violation};
use crate::parse;
use host::{State, linker};
use linmem::Violation;
use linmem_host::wasmtime::{InstancePre, Module, Store};
use module::lower;
use program::{Op, Program, program};
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestRng, TestRunner};
use std::cell::{OnceCell, RefCell};

/// The number of operations that the host can choose from.
pub const OPERATIONS: usize = Op::ALL.len();

/// Runs one program to its end.
fn execute(program: &Program, module: &InstancePre<State>) -> Reach {
    let variant = Variant::ALL[program.variant];
    let mut store = Store::new(engine(), State::new(program, variant));
    store.set_fuel(100_000_000).unwrap();
    store.limiter(|state| state);
    let instance = module.instantiate(&mut store).unwrap();
    let refused = program.refused.iter().map(|number| *number as usize).collect();
    store.data_mut().limits = Limits { pages: program.maximum as usize, refused, ..Limits::default() };
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").unwrap();
    while store.data().ops.len() > 0 {
        store.data_mut().catches = true;
        let ended = run.call(&mut store, ());
        let state = store.data_mut();
        if let Err(error) = ended {
            assert_eq!(violation(&error).as_deref(), Some("OutOfMemory"), "{error:?}");
            // Either an allocation failed, or the opening of a region.
            let refused = match state.expected.take() {
                Some((_, allocated)) => allocated.err(),
                None => state.model.open().err(),
            };
            assert_eq!(refused, Some(Violation::OutOfMemory));
            state.reach.out_of_memory += 1;
            break;
        }
        assert_eq!((state.model.depth(), state.active.len()), (0, 0), "all scopes have ended");
    }
    store.data().reach.clone()
}

/// Runs `cases` programs on modules whose text `plant` has changed. The first failing program is an error, after at most
/// `shrink` attempts to make it smaller.
pub fn run(cases: u32, shrink: u32, plant: impl Fn(String) -> String) -> Result<Reach, String> {
    let linker = linker();
    let modules: Vec<OnceCell<InstancePre<State>>> = Variant::ALL.iter().map(|_| OnceCell::new()).collect();
    let module = |variant: usize| {
        modules[variant].get_or_init(|| {
            let text = plant(linmem::wat::print(&lower(Variant::ALL[variant])).unwrap());
            linker.instantiate_pre(&Module::new(engine(), parse(&text)).unwrap()).unwrap()
        })
    };
    let total = RefCell::new(Reach::default());
    let runs = Runs { cases, failure_persistence: None, max_shrink_iters: shrink, ..Runs::default() };
    let mut runner = TestRunner::new_with_rng(runs, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&program(), |program| {
        let reach = execute(&program, module(program.variant));
        let mut total = total.borrow_mut();
        total.programs += 1;
        for (op, count) in reach.ops {
            *total.ops.entry(op).or_default() += count;
        }
        total.depth = total.depth.max(reach.depth);
        total.deep += reach.deep;
        total.thrown_through += reach.thrown_through;
        total.out_of_memory += reach.out_of_memory;
        Ok(())
    });
    result.map(|()| total.into_inner()).map_err(|error| error.to_string())
}
