//! Known bugs of the engine: unsound neighbours of its optimizations. The programs of the ordinary run must find each of them,
//! or they are worth nothing.

use crate::compare::compare;
use crate::program::Program;
use crate::reach::Reach;
use crate::variant::VARIANTS;
use crate::{BATCH, EACH, batch};
use linmem_codegen::planted::{Bug, plant};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many programs the ordinary run has.
const PROGRAMS: usize = 10_016;

/// A program that finds each bug, so that the search is short. Where the generator has changed and a program does not find
/// its bug any more, all the others are tried; the test prints which one does.
const FOUND_BY: &[(Bug, usize)] = &[
    (Bug::UncheckedIsInnermost, 629),
    (Bug::InnermostAfterCall, 93),
    (Bug::InnermostAfterStructure, 138),
    (Bug::InnermostInLoop, 971),
    (Bug::FrameIsLive, 93),
    (Bug::LiveAfterFree, 93),
    (Bug::FactAfterArm, 57),
    (Bug::FactAfterAssignment, 380),
    (Bug::FactInLoop, 135),
    (Bug::FactOneByteFurther, 328),
    (Bug::ReachOneByteFurther, 3392),
    (Bug::LiveFurther, 7615),
    (Bug::GroupAsksFirst, 1235),
    (Bug::GroupAcrossAssignment, 206),
    (Bug::GroupAcrossEffects, 722),
    (Bug::HoistEarlierLast, 1351),
    (Bug::HoistEarlierStep, 237),
    (Bug::HoistIgnoresStart, 461),
    (Bug::HoistAfterStep, 321),
    (Bug::HoistAssignedBound, 29),
    (Bug::HoistAssignedSegment, 1087),
    (Bug::HoistIgnoresLiveness, 496),
    (Bug::HoistAcrossExit, 1296),
    (Bug::CastAfterAssignment, 49),
    (Bug::FrameAcrossArm, 8995),
    (Bug::FrameAcrossLoop, 640),
    (Bug::FrameAfterClose, 1052),
    (Bug::PartsAfterAssignment, 1),
    (Bug::LocalInLoop, 200),
    (Bug::LocalAfterArm, 2613),
    (Bug::BoundsWrap, 6),
    (Bug::BoundsOneByteFurther, 23),
    (Bug::LiveFirstByte, 3371),
];

/// What a bug does to the programs of a module: the number of the first one that goes wrong, and how.
fn find_in(number: usize, bug: Bug) -> Option<(usize, String)> {
    let (setting, programs) = batch(number);
    let references: Vec<&Program> = programs.iter().collect();
    for variant in (0..EACH).map(|index| VARIANTS[(number * EACH + index) % VARIANTS.len()]) {
        plant(Some(bug));
        let found = catch_unwind(AssertUnwindSafe(|| compare(&references, setting, variant, &mut Reach::default())));
        plant(None);
        match found {
            Ok(Ok(())) => {}
            Ok(Err((index, message))) => return Some((number * BATCH + index, message)),
            Err(_) => return Some((number * BATCH, "the engine panics".to_string())),
        }
    }
    None
}

/// The number of a program that goes wrong with a bug, and how; `None` if all are right.
fn find(bug: Bug) -> Option<(usize, String)> {
    let known = FOUND_BY.iter().find(|(of, _)| *of == bug).map(|(_, program)| program / BATCH);
    known.into_iter().chain(0..PROGRAMS / BATCH).find_map(|number| find_in(number, bug))
}

#[test]
fn planted_engine_bugs_are_detected() {
    let next = AtomicUsize::new(0);
    let missed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(&bug) = Bug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // What it takes are indices near 2^31, which the loops of `tests/loops.rs` have.
                    if bug == Bug::HoistIgnoresSign {
                        continue;
                    }
                    match find(bug) {
                        Some((number, message)) => {
                            let first: String = message.chars().take(150).collect();
                            println!("{bug:?}: program {number}: {}", first.replace('\n', " "));
                        }
                        None => missed.lock().unwrap().push(bug),
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "not found: {missed:?}");
}
