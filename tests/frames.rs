//! Random programs with static frames, against the same programs without.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem_codegen::planted::Bug;
use linmem_testing::frames::{PROGRAMS, Reach, VARIANTS, run_module};

/// The number of modules that are run: over 20,000 programs.
const MODULES: usize = VARIANTS * 8;

#[test]
fn static_frames_change_no_behavior() {
    let mut total = Reach::default();
    std::thread::scope(|scope| {
        let part = |part: usize| {
            scope.spawn(move || {
                let mut total = Reach::default();
                for number in (0..MODULES).filter(|number| number % 2 == part) {
                    total.add(&run_module(number)?);
                }
                Ok::<Reach, String>(total)
            })
        };
        for part in [part(0), part(1)] {
            total.add(&part.join().unwrap().unwrap_or_else(|error| panic!("{error}")));
        }
    });
    support::show(&format!("frames: {total:?}"));
    assert_eq!(total.programs, MODULES * PROGRAMS);
    assert!(total.programs > 20_000 && total.modules > MODULES / 4 && total.frames > MODULES, "{total:?}");
    assert!(total.calls_back > 10_000 && total.thrown > 500, "{total:?}");
}

#[test]
fn planted_bugs_are_detected() {
    support::planted::expect_found(Bug::STATIC_FRAMES, 0..VARIANTS * 4, run_module);
}
