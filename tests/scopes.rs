//! Random programs of the library door whose scopes are left in every way, against the reference model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem_codegen::planted::Bug;
use linmem_testing::unwind::run;
use linmem_testing::unwind::scopes::{PROGRAMS, VARIANTS, run_module};

/// The number of modules that are run: over 20,000 programs.
const MODULES: usize = VARIANTS * 2;

/// The number of constructs that are counted.
const CONSTRUCTS: usize = 20;

#[test]
fn scopes_close_their_regions_at_every_exit() {
    linmem_codegen::planted::always_for_size();
    let reach = run(0..MODULES, run_module).unwrap_or_else(|error| panic!("{error}"));
    support::show(&format!("scopes: {reach:?}"));
    assert_eq!(reach.programs, MODULES * PROGRAMS);
    assert!(reach.programs > 20_000 && reach.depth > 16, "{reach:?}");
    assert!(reach.thrown_by_host > 5000 && reach.caught > 10_000, "{reach:?}");
    assert!(reach.closed > 5000 && reach.kept > 20_000 && reach.left_open > 500, "{reach:?}");
    assert!(reach.allocations > 100_000 && reach.reads > 30_000 && reach.carried > 50_000, "{reach:?}");
    assert_eq!(reach.written.len(), CONSTRUCTS, "every construct: {:?}", reach.written);
    assert!(reach.written.values().all(|count| *count > 40), "{:?}", reach.written);
}

#[test]
fn planted_bugs_are_detected() {
    linmem_codegen::planted::always_for_size();
    support::planted::expect_found(Bug::SCOPES, 0..MODULES, run_module);
}
