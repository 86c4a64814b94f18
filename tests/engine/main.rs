//! Random functions, linked twice: once as they are, and once with every intrinsic in its own function, where the engine
//! knows nothing about constants, frames, locals or innermost regions. Both must log the same values, and reach the same
//! violation if a function that they call misuses their regions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod program;
mod text;

use linmem::{Config, Nesting, Optimize, OutOfMemory, Safety, Zero};
use linmem_host::wasmtime::Val;
use program::statement;
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use support::host::{Running, State, violation};
use text::module;

/// The values that a module logs, and the violation that it reaches, if any.
fn log(text: &str, config: &Config) -> (Vec<i64>, Option<String>) {
    let linked = linmem::link(text.as_bytes(), config).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut running = Running::new(&linked, State::default());
    for _ in 0..2 {
        if let Err(error) = running.call("run", &[] as &[Val]) {
            let kind = violation(&error).unwrap_or_else(|| panic!("{error:?}\n{text}"));
            return (std::mem::take(&mut running.store.data_mut().log), Some(kind));
        }
    }
    (std::mem::take(&mut running.store.data_mut().log), None)
}

fn configuration() -> impl Strategy<Value = Config> {
    let nesting = prop_oneof![Just(Nesting::Stack), Just(Nesting::Outermost)];
    let zero = (0..Zero::ALL.len()).prop_map(|index| Zero::ALL[index]);
    let out_of_memory = (0..OutOfMemory::ALL.len()).prop_map(|index| OutOfMemory::ALL[index]);
    let safety = prop_oneof![Just(Safety::None), Just(Safety::Temporal)];
    (safety, nesting, zero, out_of_memory).prop_map(|(safety, nesting, zero, out_of_memory)| {
        Config::new().with_safety(safety).with_nesting(nesting).with_zero(zero).with_out_of_memory(out_of_memory)
    })
}

#[test]
fn folding_preserves_behaviour_with_packed_segments() {
    folding_preserves_behaviour(true);
}

#[test]
fn folding_preserves_behaviour_with_addresses() {
    folding_preserves_behaviour(false);
}

fn folding_preserves_behaviour(packed: bool) {
    let logged = RefCell::new(0usize);
    let violations: RefCell<BTreeMap<String, usize>> = RefCell::default();
    let cases = std::env::var("LINMEM_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(500);
    let runs = Runs { cases, failure_persistence: None, max_shrink_iters: 2000, ..Runs::default() };
    let mut runner = TestRunner::new_with_rng(runs, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = (proptest::collection::vec(statement(), 1..16), configuration());
    let result = runner.run(&strategy, |(statements, config)| {
        let checked = config.safety == Some(Safety::Temporal);
        let expected = log(&module(&statements, packed, checked, true), &config);
        let direct = module(&statements, packed, checked, false);
        linmem_codegen::planted::always_for_size();
        for optimize in [Optimize::Speed, Optimize::Size] {
            let config = config.clone().with_optimize(optimize);
            prop_assert_eq!(&log(&direct, &config), &expected, "{}", &direct);
        }
        *logged.borrow_mut() += expected.0.len();
        *violations.borrow_mut().entry(expected.1.unwrap_or_default()).or_default() += 1;
        Ok(())
    });
    support::show(&format!("{} values were logged, violations {:?}", logged.into_inner(), violations.borrow()));
    if let Err(error) = result {
        panic!("{error}");
    }
    for kind in ["UseAfterFree", "AlreadyFreed", "NotInnermost"] {
        assert!(violations.borrow().get(kind).is_some_and(|count| *count > 5), "{kind}: {violations:?}");
    }
}
