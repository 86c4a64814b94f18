//! Runs random programs of region operations, and compares them with the reference model: see
//! [`linmem_testing::differential`].

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod mutants;
mod scopes;

use linmem_testing::differential::{Modules, run_parts};

#[test]
fn regions_match_reference_model() {
    linmem_codegen::planted::always_for_size();
    let reach = run_parts(4, 10_000, 2000, &Modules::new(|text| text)).unwrap_or_else(|error| panic!("{error}"));
    support::show(&reach.histogram());
    // The programs must reach the situations that bugs are expected in.
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
