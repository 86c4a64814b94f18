//! Random programs of the library door whose scopes are left in every way, against the reference model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem_testing::unwind::run;
use linmem_testing::unwind::scopes::{PROGRAMS, VARIANTS, run_module};

/// The number of modules that are run: over 20,000 programs.
const MODULES: usize = VARIANTS * 2;

#[test]
fn scopes_close_their_regions_at_every_exit() {
    linmem_codegen::planted::always_for_size();
    let reach = run(0..MODULES, run_module).unwrap_or_else(|error| panic!("{error}"));
    support::show(&format!("scopes: {reach:?}"));
    assert_eq!(reach.programs, MODULES * PROGRAMS);
}
