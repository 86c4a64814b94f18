//! Random programs of segment accesses, run by an interpreter of the programs themselves and, linked, in wasmtime: with
//! checks and without, for every type that segments can have. Half of the programs are right, and must run as if
//! nothing were checked; the others come to a violation, which must be found, where it is, and nothing else.
//!
//! ```text
//!   source     where choices come from: a seed, or bytes
//!   program    what a program is
//!   generate   how one is made up, of parts and shapes
//!   settle     how its numbers are decided, so that it is right, or wrong once
//!   interpret  what it does, with its operands, accesses and loops
//!   check      what is checked of each use
//!   heap       what is in memory
//!   variant    what it is linked for
//!   emit       how a module is written, and write, how a function is
//!   compare    what is linked and run, and compared
//!   shrink     the smallest program that still goes wrong
//!   reach      what was reached
//!   planted    the same with known bugs in the engine, which must be found
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, unreachable_pub, reason = "the modules are parts of one test, not an interface")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod check;
mod compare;
mod emit;
mod generate;
mod heap;
mod interpret;
mod loops;
mod operands;
mod parts;
mod planted;
mod program;
mod reach;
mod settle;
mod shapes;
mod shrink;
mod source;
mod variant;
mod write;

use program::{Program, Setting};
use reach::Reach;
use source::Source;
use variant::VARIANTS;

/// How many programs a module has, and for how many variants it is linked.
const BATCH: usize = 16;
const EACH: usize = 2;

/// The programs of a module, which follow from its number.
fn batch(number: usize) -> (Setting, Vec<Program>) {
    let setting = Setting::ALL[number % Setting::ALL.len()];
    let programs = (0..BATCH).map(|index| shrink::program(&mut seed(number, index), setting)).collect();
    (setting, programs)
}

fn seed(number: usize, index: usize) -> Source<'static> {
    Source::Seeded((number * BATCH + index) as u64)
}

/// Runs the modules of one thread among so many.
fn run(batches: usize, first: usize, every: usize) -> Reach {
    linmem_codegen::planted::always_for_size();
    let mut reach = Reach::default();
    for number in (first..batches).step_by(every) {
        let (setting, programs) = batch(number);
        reach.programs += programs.len();
        let references: Vec<&Program> = programs.iter().collect();
        for variant in (0..EACH).map(|index| VARIANTS[(number * EACH + index) % VARIANTS.len()]) {
            if let Err((index, message)) = compare::compare(&references, setting, variant, &mut reach) {
                shrink::fail(&programs[index], variant, &format!("program {}: {message}", number * BATCH + index));
            }
        }
    }
    reach
}

#[test]
fn no_false_negatives_and_no_false_positives() {
    let programs = std::env::var("LINMEM_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(10_016);
    let batches = usize::div_ceil(programs, BATCH);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut reach = Reach::default();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || run(batches, first, threads))).collect();
        for thread in running {
            match thread.join() {
                Ok(one) => reach.add(&one),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    support::show(&reach.histogram());
    // The generator is worth something only if it gets to where the mistakes are.
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
    assert!(reach.ended(reference("l"), "Forged") > 200, "what is no segment");
    assert!(reach.ended(|_| true, "trap") > 50, "traps of the engine's");
    assert!(reach.in_loops > 500 && reach.elsewhere > 2000, "violations in loops and elsewhere");
    let total = &reach.total;
    assert!(total.near > 20_000, "accesses up to the last byte: {}", total.near);
    assert!(total.covered > 20_000 && total.wider > 10_000, "accesses after others of the same local");
    assert!(total.far > 300 && total.last > 100, "offsets from 2^31 on: {}, near 2^32: {}", total.far, total.last);
    assert!(total.stale > 500, "uses that are not found: {}", total.stale);
    assert!(reach.hoisted > 2000, "checks before loops: {}", reach.hoisted);
    assert!(total.loops.len() == 20 && total.loops.values().all(|count| *count > 200), "{:?}", total.loops);
    let misused = ["NotInnermost", "AlreadyFreed"].map(|kind| reach.ended(|_| true, kind));
    assert!(misused.iter().all(|count| *count > 50), "regions that are misused: {misused:?}");
    assert!(reach.chunked > 20, "memory in many chunks: {}", reach.chunked);
    assert!(reach.values > 5000 && reach.unspecified < reach.values, "values: {}", reach.values);
    assert!(reach.certain > 100, "violations that are known when linking: {}", reach.certain);
    assert_eq!(reach.runs.len(), VARIANTS.len(), "every variant");
}

#[test]
fn bytes_generate_same_programs_as_seeds() {
    let mut seed = Source::Seeded(0);
    for length in 0..150 {
        let bytes: Vec<u8> = (0..4 * length).map(|_| seed.below(256) as u8).collect();
        shrink::case(&mut Source::Bytes(&bytes));
    }
}
