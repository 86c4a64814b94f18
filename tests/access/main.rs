//! Random programs of segment accesses, run by an interpreter of the programs themselves and, linked, in wasmtime: with
//! checks and without, for every type that segments can have. Half of the programs are right, and must run as if
//! nothing were checked; the others come to a violation, which must be found, where it is, and nothing else.
//!
//! ```text
//!   source     where choices come from: a seed, or bytes
//!   program    what a program is
//!   generate   how one is made up
//!   settle     how its numbers are decided, so that it is right, or wrong once
//!   interpret  what it does
//!   check      what is checked of each use
//!   heap       what is in memory
//!   variant    what it is linked for
//!   emit       how it is written
//!   compare    what is linked and run, and compared
//!   shrink     the smallest program that still goes wrong
//!   reach      what was reached
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, unreachable_pub, reason = "the modules are parts of one test, not an interface")]

#[path = "../support/mod.rs"]
mod support;

mod check;
mod compare;
mod emit;
mod generate;
mod heap;
mod interpret;
mod program;
mod reach;
mod settle;
mod shrink;
mod source;
mod variant;

use program::{Program, Setting};
use reach::Reach;
use source::Source;
use variant::VARIANTS;

/// How many programs a module has, and for how many variants it is linked.
const BATCH: usize = 16;
const EACH: usize = 3;

/// The programs of a module, which follow from its number.
fn batch(number: usize) -> (Setting, Vec<Program>) {
    let setting = Setting::ALL[number % Setting::ALL.len()];
    let programs = (0..BATCH).map(|index| shrink::program(&mut seed(number, index), setting)).collect();
    (setting, programs)
}

fn seed(number: usize, index: usize) -> Source<'static> {
    Source::Seeded((number * BATCH + index) as u64)
}

/// Runs every second module, or those from the second one on.
fn run(batches: usize, first: usize, every: usize) -> Reach {
    let mut reach = Reach::default();
    for number in (first..batches).step_by(every) {
        let (setting, programs) = batch(number);
        reach.programs += programs.len();
        let references: Vec<&Program> = programs.iter().collect();
        let dev = [VARIANTS[6], variant::Variant { optimize: linmem::Optimize::Size, ..VARIANTS[6] }, VARIANTS[3]];
        for variant in (0..EACH).map(|index| dev[(number * EACH + index) % dev.len()]) {
            if let Err((index, message)) = compare::compare(&references, setting, variant, &mut reach) {
                shrink::fail(&programs[index], variant, &message, number * BATCH + index);
            }
        }
    }
    reach
}

#[test]
fn what_is_wrong_is_found_and_nothing_else() {
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
}
