//! Runs random programs of segment accesses, and compares them with an interpreter of the programs: see
//! [`linmem_testing::access`].

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod planted;

use linmem_testing::access::{Source, VARIANTS, case, run};

#[test]
fn no_false_negatives_and_no_false_positives() {
    linmem_codegen::planted::always_for_size();
    let programs = std::env::var("LINMEM_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(10_016);
    let reach = run(programs);
    support::show(&reach.histogram());
    // The programs must reach the situations that bugs are expected in.
    let packed = |safety: &'static str| move |kind: &str| kind == format!("i64 {safety}");
    let reference = |safety: &'static str| move |kind: &str| !kind.starts_with("i64") && kind.ends_with(safety);
    for (kind, count) in [("done", 500), ("OutOfBounds", 500)] {
        assert!(
            reach.ended(packed("spatial"), kind) > count && reach.ended(packed("temporal"), kind) > count,
            "{kind}"
        );
        assert!(reach.ended(reference("spatial"), kind) > count, "{kind}");
        assert!(reach.ended(reference("temporal"), kind) > count, "{kind}");
    }
    assert!(reach.ended(packed("none"), "done") > 200 && reach.ended(reference("none"), "done") > 200, "unchecked");
    assert!(reach.ended(packed("temporal"), "UseAfterFree") > 100, "closed regions of packed segments");
    assert!(reach.ended(reference("temporal"), "UseAfterFree") > 300, "closed regions of references");
    assert!(reach.ended(reference("l"), "Forged") > 200, "values that are not segments");
    assert!(reach.ended(|_| true, "trap") > 50, "traps of the engine");
    assert!(reach.in_loops > 500 && reach.elsewhere > 2000, "violations in loops and outside of them");
    let total = &reach.total;
    assert!(total.near > 20_000, "accesses up to the last byte: {}", total.near);
    assert!(total.covered > 20_000 && total.wider > 10_000, "accesses of a local after earlier ones");
    assert!(total.far > 300 && total.last > 100, "offsets from 2^31 on: {}, near 2^32: {}", total.far, total.last);
    assert!(total.stale > 500, "uses of freed memory that are not detected: {}", total.stale);
    assert!(reach.hoisted > 2000, "checks before loops: {}", reach.hoisted);
    assert!(total.loops.len() == 20 && total.loops.values().all(|count| *count > 200), "{:?}", total.loops);
    let misused = ["NotInnermost", "AlreadyFreed"].map(|kind| reach.ended(|_| true, kind));
    assert!(misused.iter().all(|count| *count > 50), "misuse of regions: {misused:?}");
    assert!(reach.chunked > 20, "memory in many chunks: {}", reach.chunked);
    assert!(reach.values > 5000 && reach.unspecified < reach.values, "values: {}", reach.values);
    assert!(reach.certain > 100, "violations that are certain when linking: {}", reach.certain);
    assert_eq!(reach.runs.len(), VARIANTS.len(), "every variant");
}

#[test]
fn bytes_generate_same_programs_as_seeds() {
    linmem_codegen::planted::always_for_size();
    let mut seed = Source::Seeded(0);
    for length in 0..150 {
        let bytes: Vec<u8> = (0..4 * length).map(|_| seed.below(256) as u8).collect();
        case(&mut Source::Bytes(&bytes));
    }
}
