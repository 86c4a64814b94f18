//! Counted loops, whose checks are moved before them, with bounds and starts at all limits: around 0, 2^31 and 2^32, bounds
//! below the start, indices that wrap around. The expected end of a loop is found by stepping through it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

#[path = "loops/allocate.rs"]
mod allocate;

use linmem::{Config, OnViolation, Safety, Violation};
use linmem_codegen::planted::{Bug, plant};
use linmem_host::wasmtime::{Trap, Val};
use std::fmt::Write;
use support::host::{Running, State, violation};

/// A loop: its comparison, the step of its index, the number of bytes that it reads, and whether it compares first.
#[derive(Clone, Copy, Debug)]
struct Loop {
    relation: &'static str,
    step: u32,
    bytes: u32,
    first: bool,
}

const RELATIONS: [(&str, &str); 5] =
    [("lt_u", "ge_u"), ("lt_s", "ge_s"), ("le_u", "gt_u"), ("le_s", "gt_s"), ("ne", "eq")];

/// The largest number of iterations that are stepped through.
const MAX_ITERATIONS: u32 = 3000;

/// The size of a page. An access beyond the memory traps in the engine.
const PAGE: u64 = 65536;

impl Loop {
    fn all() -> Vec<Loop> {
        let mut all = Vec::new();
        for (relation, _) in RELATIONS {
            for step in [1, 2, 4, 16] {
                for bytes in [1, 4, 8] {
                    all.extend([false, true].map(|first| Loop { relation, step, bytes, first }));
                }
            }
        }
        all
    }

    fn continues(&self, index: u32, bound: u32) -> bool {
        match self.relation {
            "lt_u" => index < bound,
            "lt_s" => (index as i32) < bound as i32,
            "le_u" => index <= bound,
            "le_s" => index as i32 <= bound as i32,
            _ => index != bound,
        }
    }

    /// How the loop ends: normally, with a trap of the engine, or with an access that is out of bounds. `None` if that takes
    /// more than [`MAX_ITERATIONS`].
    fn end(&self, size: u32, start: u32, bound: u32, memory: u64) -> Option<End> {
        let mut index = start;
        let mut trapped = false;
        for iteration in 0..MAX_ITERATIONS {
            if (self.first || iteration > 0) && !self.continues(index, bound) {
                return Some(if trapped { End::Traps } else { End::Done });
            }
            let end = u64::from(index) + u64::from(self.bytes);
            if end > u64::from(size) {
                // If the engine traps before that, the violation may still be found first.
                return Some(if trapped { End::Either(index) } else { End::Violates(index) });
            }
            trapped |= end > memory;
            index = index.wrapping_add(self.step);
        }
        None
    }

    fn code(&self, number: usize) -> String {
        let Loop { relation, step, bytes, first } = self;
        let get = match bytes {
            1 => "getUByte",
            4 => "getInt",
            _ => "getLong",
        };
        let access = format!("(drop (call ${get} (local.get $s) (local.get $i)))");
        let body = if *first {
            let off = RELATIONS.iter().find(|(on, _)| on == relation).map(|(_, off)| *off).unwrap();
            format!(
                "(block $out (loop $l (br_if $out (i32.{off} (local.get $i) (local.get $b))) {access}
                 (local.set $i (i32.add (local.get $i) (i32.const {step}))) (br $l)))"
            )
        } else {
            format!(
                "(loop $l {access}
                 (br_if $l (i32.{relation} (local.tee $i (i32.add (local.get $i) (i32.const {step}))) (local.get $b))))"
            )
        };
        format!(
            "(func $in{number} (param $s {{seg}}) (param $i i32) (param $b i32) (result i32) {body} (local.get $i))
             (func (export \"f{number}\") (param i32 i32 i32) (result i32)
               (call $in{number} (call $ofAddress (i32.const 0) (local.get 0)) (local.get 1) (local.get 2)))\n"
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Done,
    Traps,
    Violates(u32),
    Either(u32),
    /// The loop does not end in the available fuel.
    Endless,
}

fn module(loops: &[Loop], segment: &str, pages: u64) -> String {
    let mut text = String::from(
        r#"(module
          (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
          (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
          (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
          (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
          (memory (export "memory") {pages})
        "#,
    );
    loops.iter().enumerate().for_each(|(number, one)| write!(text, "{}", one.code(number)).unwrap());
    text.push(')');
    text.replace("{seg}", segment).replace("{pages}", &pages.to_string())
}

/// Numbers around all limits.
fn edges() -> Vec<u32> {
    let centers = [0u32, 16, 40, 65536, 1 << 31];
    let mut all: Vec<u32> = centers
        .iter()
        .flat_map(|center| (0..5).map(|distance| center.wrapping_add(distance).wrapping_sub(2)))
        .collect();
    all.extend([100, 101, 0x7fff_0000, 0x7fff_ffef, 0x8000_0010, 0xffff_fff0, 0xffff_ffef, 0xffff_ff00]);
    all.sort_unstable();
    all.dedup();
    all
}

/// Steps through all loops, and runs them linked, with a memory of `pages`. Returns the number of loops with each kind of
/// end, or a description of the first difference.
fn compare(segment: &str, safety: Safety, pages: u64) -> Result<[usize; 4], String> {
    let (loops, edges) = (Loop::all(), edges());
    let mut reached = [0usize; 4];
    let config = Config::new().with_safety(safety).with_on_violation(OnViolation::Report);
    let linked = linmem::link(module(&loops, segment, pages).as_bytes(), &config).unwrap();
    let printed = linmem::wat::print(&linked).unwrap();
    let hoisted = printed.matches("(local $linmem.index i32)").count() + printed.matches(" $linmem.index i32)").count();
    // With `!=`, a step of more than one may skip the bound.
    assert!(hoisted >= loops.len() - 3 * 3 * 2, "{hoisted} of {}", loops.len());
    let mut running = Running::new(&linked, State::default());
    let mut seed = 1u32;
    for (number, one) in loops.iter().enumerate() {
        for &size in &edges {
            for &bound in &edges {
                // All starts would take too long: use a random one for each size and bound.
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let near = [bound.wrapping_sub(1 + (seed >> 28)), size.wrapping_sub(1 + (seed >> 28)), 0];
                let start = if seed & 0x300 == 0 {
                    edges[(seed >> 10) as usize % edges.len()]
                } else {
                    near[(seed >> 10) as usize % 3]
                };
                let Some(expected) = one.end(size, start, bound, pages * PAGE) else { continue };
                let found = run(&mut running, number, (size, start, bound), one.bytes);
                let agrees = match expected {
                    End::Either(offset) => found == End::Traps || found == End::Violates(offset),
                    other => found == other,
                };
                if !agrees {
                    return Err(format!(
                        "{one:?} size {size:#x} start {start:#x} bound {bound:#x} {segment} {safety}: {found:?}, not {expected:?}"
                    ));
                }
                reached[match expected {
                    End::Done => 0,
                    End::Traps => 1,
                    End::Violates(_) => 2,
                    End::Either(_) | End::Endless => 3,
                }] += 1;
            }
        }
    }
    Ok(reached)
}

#[test]
fn counted_loops_match_stepping() {
    let mut reached = [0usize; 4];
    for segment in ["i64", "anyref"] {
        for safety in [Safety::Spatial, Safety::Temporal] {
            let ended = compare(segment, safety, 1).unwrap_or_else(|difference| panic!("{difference}"));
            reached.iter_mut().zip(ended).for_each(|(all, one)| *all += one);
        }
    }
    support::show(&format!("loops that end normally, with a trap, with a violation, with either: {reached:?}"));
    assert!(reached.iter().all(|count| *count > 500), "{reached:?}");
}

#[test]
fn counted_loops_over_all_memory_match_stepping() {
    let reached = compare("i64", Safety::Spatial, 65536).unwrap_or_else(|difference| panic!("{difference}"));
    assert!(reached[0] > 500 && reached[2] > 500, "{reached:?}");
}

#[test]
fn planted_loop_bugs_are_detected() {
    for bug in [Bug::HoistIgnoresSign, Bug::HoistIgnoresStart, Bug::HoistEarlierLast, Bug::HoistEarlierStep] {
        plant(Some(bug));
        let found = compare("i64", Safety::Spatial, 65536);
        plant(None);
        println!("{bug:?}: {}", found.expect_err(&format!("{bug:?} is not found")));
    }
}

fn run(running: &mut Running, number: usize, (size, start, bound): (u32, u32, u32), bytes: u32) -> End {
    running.store.data_mut().violation = None;
    running.store.set_fuel(50 * u64::from(MAX_ITERATIONS)).unwrap();
    let args = [size, start, bound].map(|number| Val::I32(number as i32));
    let Err(error) = running.call(&format!("f{number}"), &args) else { return End::Done };
    if let Some(Trap::OutOfFuel) = error.downcast_ref() {
        return End::Endless;
    }
    match running.store.data().violation {
        None => {
            assert_eq!(violation(&error), None);
            End::Traps
        }
        Some([kind, _, offset, count, of]) => {
            assert_eq!((kind, count, of), (Violation::OutOfBounds.code(), bytes, size));
            End::Violates(offset)
        }
    }
}
