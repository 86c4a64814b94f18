//! Random functions, and the planted bugs that they find.

use super::program::module;
use super::{compare, link};
use crate::instance::{number, operand};
use crate::support;
use crate::support::host::{Running, State, violation};
use crate::support::testfile::expand;
use linmem::{Config, Safety};
use linmem_codegen::planted::Bug;
use linmem_host::wasmtime::{Trap, Val};
use linmem_proofs::equal::{Difference, Equality};
use linmem_proofs::refute::Outcome;
use std::fmt::Write;
use std::time::Duration;

/// The number of programs, if no other one is asked for.
const PROGRAMS: u64 = 40;

/// How long the solver works on one program, at most, in seconds.
const LIMIT: u32 = 60;

fn config() -> Config {
    Config::new().with_safety(Safety::Spatial)
}

fn text(seed: u64) -> String {
    expand(&module(seed, seed % 4 == 3, seed % 4 == 2), "i64")
}

#[test]
fn random_functions_are_equal() {
    let Some(solver) = crate::solver("equal") else { return };
    let solver = solver.limited(LIMIT);
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, asked) = (number("LINMEM_FIRST").unwrap_or(0), number("LINMEM_CASES"));
    let (mut equal, mut claims, mut time) = (0, 0, Duration::ZERO);
    for seed in first..first + asked.unwrap_or(PROGRAMS) {
        let text = text(seed);
        let forms = link(&text, &config(), None).unwrap_or_else(|error| panic!("program {seed}: {error}\n{text}"));
        match compare(&solver, &forms, "run", &[0, 1]) {
            Ok(Equality::Equal(number, needed)) => {
                equal += 1;
                claims += number;
                time += needed;
            }
            // The programs that always run are such that the solver decides all of them.
            Ok(Equality::Unknown(why)) if asked.is_some() => support::show(&format!("program {seed}: {why}")),
            other => {
                let [optimized, plain] = forms.map(|form| linmem::wat::print(&form).unwrap());
                panic!("program {seed}: {other:?}\n{text}\n{optimized}\n{plain}")
            }
        }
    }
    support::show(&format!("equal: {equal} random functions"));
    assert!(claims > 0, "nothing is claimed");
    crate::times::proved("equal", "run", claims, time);
    crate::times::done(&solver);
}

/// What a form of a program does with the values of a counterexample.
fn run(linked: &[u8], found: &Difference) -> Outcome {
    let mut running = Running::new(linked, State::default());
    let function = running.instance.get_func(&mut running.store, "run").unwrap();
    let operands: Vec<Val> = function
        .ty(&running.store)
        .params()
        .zip(&found.params)
        .filter_map(|(ty, value)| operand(&ty, *value))
        .collect();
    match running.call("run", &operands) {
        Ok(results) => Outcome::Returns(results.iter().filter_map(number).collect()),
        Err(error) => Outcome::Traps(violation(&error).unwrap_or_else(|| match error.downcast_ref::<Trap>() {
            Some(Trap::MemoryOutOfBounds) => "memory".to_string(),
            other => format!("{other:?}"),
        })),
    }
}

/// Whether wasmtime does what the executor says, in both forms, so that they differ.
fn confirms(forms: &[Vec<u8>; 2], found: &Difference) -> bool {
    if !found.is_new || found.outcomes.contains(&Outcome::Unclear) {
        return false;
    }
    for (form, outcome) in forms.iter().zip(&found.outcomes) {
        assert_eq!(run(form, found), *outcome, "wasmtime does not confirm {found:?}");
    }
    true
}

/// How long the solver works on one program with a bug, at most, in seconds.
const LIMIT_OF_BUGS: u32 = 30;

/// Bugs in what these programs use, with a program that each makes differ.
const FOUND_BY: &[(Bug, u64)] = &[
    (Bug::FactAfterArm, 58),
    (Bug::FactAfterAssignment, 6),
    (Bug::FactOneByteFurther, 47),
    (Bug::ReachOneByteFurther, 251),
    (Bug::GroupAsksFirst, 3),
    (Bug::GroupAcrossAssignment, 39),
    (Bug::HoistEarlierLast, 3),
    (Bug::HoistEarlierStep, 63),
    (Bug::HoistIgnoresStart, 3),
    (Bug::PartsAfterAssignment, 45),
    (Bug::BoundsWrap, 1),
    (Bug::BoundsOneByteFurther, 2),
];

#[test]
fn planted_bugs_make_functions_differ() {
    let Some(solver) = crate::solver("equal") else { return };
    let solver = solver.limited(LIMIT_OF_BUGS);
    let mut golden = String::new();
    for (bug, seed) in FOUND_BY {
        let forms = link(&text(*seed), &config(), Some(*bug)).unwrap();
        let found = match compare(&solver, &forms, "run", &[0, 1]) {
            Ok(Equality::Different(found)) => found,
            other => panic!("{bug:?}, program {seed}: {other:?}"),
        };
        let how = if confirms(&forms, &found) { ", confirmed by wasmtime" } else { "" };
        let [optimized, plain] = &found.outcomes;
        support::show(&format!("{bug:?}: program {seed}, run{:?}: {optimized:?}, not {plain:?}{how}", found.params));
        let _ = writeln!(golden, "{bug:?}: program {seed}");
    }
    let _guard = support::goldens("proofs");
    insta::assert_snapshot!("equal", golden);
}
