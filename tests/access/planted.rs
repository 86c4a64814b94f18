//! Plants known bugs in the engine: unsound variants of its optimizations. The programs of the ordinary run must find each
//! of them.

use crate::support::host::{Running, State, violation};
use linmem_codegen::planted::{Bug, plant};
use linmem_host::wasmtime::Val;
use linmem_testing::access::{Batch, Failure, Reach};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of programs of the ordinary run.
const PROGRAMS: usize = 10_016;

/// A program that finds each bug, so that the search is short. If it no longer finds the bug, because the generator has
/// changed, all others are tried, and the test prints the one that finds it.
const FOUND_BY: &[(Bug, usize)] = &[
    (Bug::UncheckedIsInnermost, 629),
    (Bug::InnermostAfterCall, 93),
    (Bug::InnermostAfterStructure, 138),
    (Bug::InnermostInLoop, 1441),
    (Bug::HandleAfterRepeat, 1441),
    (Bug::FrameIsLive, 93),
    (Bug::LiveAfterFree, 93),
    (Bug::FactAfterArm, 422),
    (Bug::FactAfterAssignment, 380),
    (Bug::FactInLoop, 135),
    (Bug::FactOneByteFurther, 328),
    (Bug::ReachOneByteFurther, 3392),
    (Bug::LiveFurther, 7615),
    (Bug::GroupAsksFirst, 197),
    (Bug::GroupAcrossAssignment, 206),
    (Bug::GroupAcrossEffects, 722),
    (Bug::HoistEarlierLast, 1351),
    (Bug::HoistEarlierStep, 237),
    (Bug::HoistIgnoresStart, 461),
    (Bug::HoistAfterStep, 400),
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

/// The first program of a batch that fails with a bug.
fn find_in(number: usize, bug: Bug) -> Option<Failure> {
    let batch = Batch::new(number);
    for variant in batch.variants() {
        plant(Some(bug));
        let found = catch_unwind(AssertUnwindSafe(|| batch.compare(variant, &mut Reach::default())));
        plant(None);
        match found {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => return Some(failure),
            Err(_) => {
                return Some(Failure { program: number * Batch::PROGRAMS, message: "the engine panics".to_string() });
            }
        }
    }
    None
}

/// A program that fails with a bug; `None` if all are correct.
fn find(bug: Bug) -> Option<Failure> {
    let known = FOUND_BY.iter().find(|(of, _)| *of == bug).map(|(_, program)| program / Batch::PROGRAMS);
    known.into_iter().chain(0..PROGRAMS / Batch::PROGRAMS).find_map(|number| find_in(number, bug))
}

#[test]
fn planted_engine_bugs_are_detected() {
    linmem_codegen::planted::always_for_size();
    let next = AtomicUsize::new(0);
    let missed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(&bug) = Bug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // Only indices near 2^31 reveal the first bug: `tests/loops.rs` detects it. The programs have no static
                    // data, and are not built: `tests/library` detects these bugs. Those of exceptions,
                    // scopes, regions, arrays and text are detected by `tests/unwind.rs`, `tests/scopes.rs`, `tests/regions.rs`,
                    // `tests/arrays` and `tests/text`, and those of segments that stay numbers by `tests/engine`. Those of assigned
                    // addresses and bounds are detected by the next tests.
                    let is_elsewhere = matches!(
                        bug,
                        Bug::HoistIgnoresSign
                            | Bug::StaticOneByteFurther
                            | Bug::StaticFrameOfInexactRecord
                            | Bug::ArrayDataAcrossCode
                            | Bug::FitsAfterAssignment
                            | Bug::HoistAssignedBound
                            | Bug::GroupComparesOneByteLess
                    );
                    let others = [
                        Bug::UNWIND,
                        Bug::SCOPES,
                        Bug::REGIONS,
                        Bug::ARRAYS,
                        Bug::TEXT,
                        Bug::STRINGS,
                        Bug::STATIC_FRAMES,
                        Bug::RESERVE,
                        Bug::NUMBERS,
                    ];
                    if is_elsewhere || others.concat().contains(&bug) {
                        continue;
                    }
                    match find(bug) {
                        Some(Failure { program, message }) => {
                            let first: String = message.chars().take(150).collect();
                            println!("{bug:?}: program {program}: {}", first.replace('\n', " "));
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

/// What a program ends in, without a bug and with it.
fn with_and_without(program: &str, config: &linmem::Config, bug: Bug) -> [Option<String>; 2] {
    [None, Some(bug)].map(|bug| {
        plant(bug);
        let linked = linmem::link(program.as_bytes(), config).unwrap();
        plant(None);
        let ended = Running::new(&linked, State::default()).call("run", &[Val::I32(0)]);
        ended.err().and_then(|error| violation(&error))
    })
}

/// Random programs rarely assign one of the last addresses to a local whose previous address was used.
#[test]
fn segment_at_assigned_address_is_checked_again() {
    const PROGRAM: &str = r#"(module
      (import "linmem" "MemorySegment.ofAddress" (func $of (param i32 i32) (result i64)))
      (import "linmem" "MemorySegment.getInt" (func $get (param i64 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "run") (param $at i32) (result i32)
        (drop (call $get (call $of (local.get $at) (i32.const 24)) (i32.const 0)))
        (local.set $at (i32.sub (local.get $at) (i32.const 16)))
        (call $get (call $of (local.get $at) (i32.const 24)) (i32.const 0))))"#;
    let found = with_and_without(PROGRAM, &linmem::Config::new(), Bug::FitsAfterAssignment);
    assert_eq!(found, [Some("OutOfBounds".to_string()), None]);
}

/// In random programs, a bound that the loop assigns rarely decides whether the segment is left.
#[test]
fn bound_that_the_loop_assigns_is_not_asked_before_it() {
    const PROGRAM: &str = r#"(module
      (import "linmem" "MemorySegment.ofAddress" (func $of (param i32 i32) (result i64)))
      (import "linmem" "MemorySegment.setByte" (func $set (param i64 i32 i32)))
      (memory (export "memory") 1)
      (func (export "run") (param $i i32)
        (local $s i64) (local $bound i32)
        (local.set $s (call $of (i32.const 64) (i32.const 8)))
        (local.set $bound (i32.const 6))
        (loop $again
          (call $set (local.get $s) (local.get $i) (i32.const 1))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (local.set $bound (i32.or (local.get $bound) (i32.const 8)))
          (br_if $again (i32.lt_u (local.get $i) (local.get $bound))))))"#;
    let found = with_and_without(PROGRAM, &linmem::Config::new(), Bug::HoistAssignedBound);
    assert_eq!(found, [Some("OutOfBounds".to_string()), None]);
}

/// In random programs, the last byte of a segment that `ofAddress` makes is rarely the only one that is free.
#[test]
fn first_free_byte_is_checked_by_a_single_comparison() {
    const PROGRAM: &str = r#"(module
      (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
      (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
      (import "linmem" "MemorySegment.ofAddress" (func $of (param i32 i32) (result i64)))
      (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
      (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
      (import "linmem" "MemorySegment.getUByte" (func $getUByte (param i64 i32) (result i32)))
      (memory (export "memory") 1)
      (func $read (param $p i32)
        (drop (call $getInt (call $of (local.get $p) (i32.const 16)) (i32.const 0)))
        (drop (call $getInt (call $of (local.get $p) (i32.const 16)) (i32.const 4)))
        (drop (call $getUByte (call $of (local.get $p) (i32.const 16)) (i32.const 8))))
      (func (export "run") (param $bytes i32)
        (call $read (call $address (call $allocate (call $new) (i32.add (local.get $bytes) (i32.const 8)))))))"#;
    let config = linmem::Config::new().with_safety(linmem::Safety::Temporal).with_base(linmem::Base::Address(1024));
    let found = with_and_without(PROGRAM, &config, Bug::GroupComparesOneByteLess);
    assert_eq!(found, [Some("UseAfterFree".to_string()), None]);
}
