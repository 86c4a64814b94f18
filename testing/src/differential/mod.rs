//! Random programs of region operations, run on the reference model and, lowered, in wasmtime. After every operation
//! the addresses, the violations and the number of pages are compared. When memory is freed, everything that was allocated
//! there must still have its contents.
//!
//! ```text
//!   program   the definition of programs, and their generator
//!   module    the test module: every operation is an export
//!   machine   both sides of a program, and their comparison; steps executes each step on both sides
//!   reach     what the programs reached
//!   scopes    programs of the library door, whose scopes have every kind of exit
//! ```

mod machine;
mod module;
mod program;
mod reach;
pub mod scopes;
mod steps;

pub(crate) use machine::is_all;
pub use module::Modules;
pub use reach::Reach;

use machine::Machine;
use program::{Program, Variant, program};
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestError, TestRng, TestRunner};
use std::cell::RefCell;

/// Runs `cases` programs. The first failing program is an error, after at most `shrink` attempts to make it smaller.
pub fn run(cases: u32, shrink: u32, modules: &Modules) -> Result<Reach, String> {
    run_from(0, cases, shrink, modules)
}

/// Runs `cases` programs in parts, which run in parallel. The programs do not depend on the number of processors.
pub fn run_parts(parts: u8, cases: u32, shrink: u32, modules: &Modules) -> Result<Reach, String> {
    let cases = cases / u32::from(parts);
    std::thread::scope(|scope| {
        let run = |seed| scope.spawn(move || run_from(seed, cases, shrink, modules));
        let runs: Vec<_> = (0..parts).map(run).collect();
        let mut total = Reach::default();
        for run in runs {
            total.add(&run.join().map_err(|_| "a part panicked".to_string())??);
        }
        Ok(total)
    })
}

fn run_from(seed: u8, cases: u32, shrink: u32, modules: &Modules) -> Result<Reach, String> {
    let reach = RefCell::new(Reach::default());
    let runs = Runs { cases, failure_persistence: None, max_shrink_iters: shrink, ..Runs::default() };
    let mut runner = TestRunner::new_with_rng(runs, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    let result = runner.run(&program(), |program| {
        execute(&program, modules, &mut reach.borrow_mut());
        Ok(())
    });
    match result {
        Ok(()) => Ok(reach.into_inner()),
        Err(TestError::Fail(reason, program)) => {
            Err(format!("{reason}\n{:?}\n{program:#?}", Variant::ALL[program.variant]))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Runs one program to its end, on both sides.
fn execute(program: &Program, modules: &Modules, reach: &mut Reach) {
    let variant = Variant::ALL[program.variant];
    let mut machine = Machine::new(program, variant, modules.get(program.variant));
    reach.begin(program, variant);
    for step in &program.steps {
        machine.step(step, reach);
    }
    machine.close_all(reach);
}
