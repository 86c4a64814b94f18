//! Random functions, linked twice: once as they are, and once with every intrinsic in its own function, where the engine
//! knows nothing about constants, frames, locals or innermost regions. Both must log the same values, and reach the same
//! violation if a function that they call misuses their regions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod program;
mod text;

use linmem::{Config, Nesting, Optimize, OutOfMemory, Safety, Zero};
use linmem_codegen::planted::{Bug, Optimization, plant, turn_off};
use linmem_host::wasmtime::Val;
use program::{Statement, statement};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
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
    folding_preserves_behaviour("i64");
}

#[test]
fn folding_preserves_behaviour_with_addresses() {
    folding_preserves_behaviour("i32");
}

#[test]
fn folding_preserves_behaviour_with_references() {
    folding_preserves_behaviour("anyref");
}

/// The number of programs, if no other one is asked for.
const CASES: u32 = 500;

fn runner(cases: u32) -> TestRunner {
    let runs = Runs { cases, failure_persistence: None, max_shrink_iters: 2000, ..Runs::default() };
    TestRunner::new_with_rng(runs, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn strategy() -> impl Strategy<Value = (Vec<Statement>, Config)> {
    (proptest::collection::vec(statement(), 1..16), configuration())
}

/// What a program logs if the engine knows nothing.
fn expected(statements: &[Statement], segment: &'static str, config: &Config) -> (Vec<i64>, Option<String>) {
    // The functions around intrinsics would be lowered where they are called.
    turn_off(Some(Optimization::Wrappers));
    let expected = log(&module(statements, segment, config.safety == Some(Safety::Temporal), true), config);
    turn_off(None);
    expected
}

fn folding_preserves_behaviour(segment: &'static str) {
    let logged = RefCell::new(0usize);
    let violations: RefCell<BTreeMap<String, usize>> = RefCell::default();
    let cases = std::env::var("LINMEM_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let result = runner(cases).run(&strategy(), |(statements, config)| {
        let checked = config.safety == Some(Safety::Temporal);
        let expected = expected(&statements, segment, &config);
        let direct = module(&statements, segment, checked, false);
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

#[test]
fn planted_bugs_of_numbers_are_detected() {
    for bug in Bug::NUMBERS {
        let mut programs = runner(CASES);
        let found = (0..CASES).find(|_| {
            let (statements, config) = strategy().new_tree(&mut programs).unwrap().current();
            let expected = expected(&statements, "anyref", &config);
            let text = module(&statements, "anyref", config.safety == Some(Safety::Temporal), false);
            plant(Some(*bug));
            // A wrong program may also trap in a way that is no violation.
            let got = std::panic::catch_unwind(|| log(&text, &config));
            plant(None);
            got.ok() != Some(expected)
        });
        support::show(&format!("{bug:?} is found by program {found:?}"));
        assert!(found.is_some(), "{bug:?} is not found");
    }
}
