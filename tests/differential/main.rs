//! Random programs of region operations, run on the reference model and, lowered, in wasmtime. After every operation
//! the addresses, the violations and the number of pages are the same; when memory is freed, all that was allocated
//! there still has its contents.
//!
//! ```text
//!   program   what a program is, and how one is made up
//!   module    the test module: every operation is an export
//!   machine   both sides of a program, and what is compared
//!   scopes    programs of the library door, whose scopes are left in every way
//!   mutants   the same with known bugs planted, which must be found
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, unreachable_pub, reason = "the modules are parts of one test, not an interface")]

#[path = "../support/mod.rs"]
mod support;

mod machine;
mod module;
mod mutants;
mod program;
mod scopes;

use machine::{Machine, Reach};
use module::Modules;
use program::{Variant, program};
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestError, TestRng, TestRunner};
use std::cell::RefCell;

/// Runs so many programs; the first that goes wrong is an error, after so many attempts to make it smaller.
fn run(cases: u32, shrink: u32, modules: &Modules) -> Result<Reach, String> {
    linmem_codegen::planted::always_for_size();
    let reach = RefCell::new(Reach::default());
    let runs = Runs { cases, failure_persistence: None, max_shrink_iters: shrink, ..Runs::default() };
    let mut runner = TestRunner::new_with_rng(runs, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&program(), |program| {
        let variant = Variant::ALL[program.variant];
        let mut machine = Machine::new(&program, variant, modules.get(program.variant));
        let mut reach = reach.borrow_mut();
        reach.begin(&program, variant);
        for step in &program.steps {
            machine.step(step, &mut reach);
        }
        machine.close_all(&mut reach);
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

#[test]
fn regions_match_reference_model() {
    let reach = run(10_000, 2000, &Modules::new(|text| text)).unwrap_or_else(|error| panic!("{error}"));
    support::show(&reach.histogram());
    // The generator is worth something only if it gets to where the mistakes are.
    assert!(reach.depth[4] > 1000, "depths over 16: {}", reach.depth[4]);
    assert!(reach.crossings > 1000, "chunk crossings: {}", reach.crossings);
    assert!(reach.returns > 500, "returns to an earlier chunk: {}", reach.returns);
    assert!(reach.out_of_memory > 1000, "out of memory: {}", reach.out_of_memory);
    assert!(reach.null > 500, "null segments: {}", reach.null);
    assert!(reach.chunks >= 4, "chunks: {}", reach.chunks);
    assert!(reach.program_grows > 500, "growth of the program's part: {}", reach.program_grows);
    assert!(reach.program_refused > 200, "refused growth of the program's part: {}", reach.program_refused);
    assert!(reach.zeroed > 1000, "zeroed: {}", reach.zeroed);
    for kind in ["AlreadyFreed", "UseAfterFree", "NotInnermost", "Nested", "BadAlignment", "Corrupted"] {
        assert!(reach.violations.get(kind).is_some_and(|count| *count > 100), "{kind}: {:?}", reach.violations);
    }
    assert!(reach.variants.iter().all(|(_, programs)| *programs > 50), "{:?}", reach.variants);
    assert_eq!(reach.variants.len(), 3 * 2 * 3, "every nesting policy, with checks and without, in every zeroing mode");
}
