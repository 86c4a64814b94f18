//! Random sequences of copies.

use crate::model::{Copy, Kind, Outcome};
use crate::program::{COUNTS, Form};
use crate::run::{Machine, engines};
use crate::{configurations, is_checked};
use linmem::intrinsics::Element;
use linmem_host::wasmtime::Engine;
use std::sync::OnceLock;

/// The number of copies in a sequence.
const COPIES: usize = 200;

/// The size of the program's memory.
const MEMORY: u32 = 2 * 65536;

/// The number of sequences, one for each configuration and element type: that of the variable `LINMEM_CASES`, if it is set.
pub(crate) fn cases() -> usize {
    std::env::var("LINMEM_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(84)
}

/// What sequences reached.
#[derive(Default)]
pub(crate) struct Reach {
    done: usize,
    trap: usize,
    out_of_bounds: usize,
    large: usize,
    unrolled: usize,
    constant: usize,
}

impl Reach {
    pub(crate) fn add(&mut self, other: Reach) {
        self.done += other.done;
        self.trap += other.trap;
        self.out_of_bounds += other.out_of_bounds;
        self.large += other.large;
        self.unrolled += other.unrolled;
        self.constant += other.constant;
    }

    /// Each kind of copy is a part of all.
    pub(crate) fn check(&self) {
        let all = self.done + self.trap + self.out_of_bounds;
        for (name, count, part) in [
            ("done", self.done, 3),
            ("trap", self.trap, 20),
            ("out of bounds", self.out_of_bounds, 20),
            ("large", self.large, 20),
            ("unrolled", self.unrolled, 20),
            ("constant", self.constant, 20),
        ] {
            assert!(count * part > all, "{name}: only {count} of {all} copies");
        }
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(end)) as u32
    }

    fn one_of<T: Copied>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u32) as usize]
    }
}

/// A value that can be copied, under a name that [`Copy`] does not hide.
trait Copied: std::marker::Copy {}
impl<T: std::marker::Copy> Copied for T {}

/// Runs the sequence with a number.
pub(crate) fn run(number: usize) -> Result<Reach, String> {
    static ENGINES: OnceLock<Vec<Engine>> = OnceLock::new();
    let engines = ENGINES.get_or_init(engines);
    let configurations = configurations();
    let (segment, config) = &configurations[number % configurations.len()];
    let element = Element::ALL[number / configurations.len() % Element::ALL.len()];
    let mut machine = Machine::new(&engines[number % engines.len()], segment, config, element);
    let mut random = Random(number as u64 ^ 0x9e37_79b9_7f4a_7c15);
    let mut reach = Reach::default();
    for _ in 0..COPIES {
        let (copy, form) = generate(&mut random, element, machine.memory_bytes());
        let expected = copy.outcome(element, is_checked(segment, config), u64::from(machine.memory_bytes()));
        let outcome = machine.compare(copy, form).map_err(|error| format!("sequence {number}, {segment}: {error}"))?;
        if outcome != expected {
            return Err(format!(
                "sequence {number}, {segment}: {copy:?} {form:?} {element:?}: {outcome:?}, not {expected:?}"
            ));
        }
        match outcome {
            Outcome::Done => reach.done += 1,
            Outcome::Trap => reach.trap += 1,
            Outcome::OutOfBounds => reach.out_of_bounds += 1,
        }
        reach.large += usize::from(copy.count.max(copy.index) > 1 << 24);
        reach.unrolled += usize::from(outcome == Outcome::Done && copy.count >= 8);
        reach.constant += usize::from(form != Form::Dynamic);
    }
    Ok(reach)
}

fn generate(random: &mut Random, element: Element, memory: u32) -> (Copy, Form) {
    let kind = random.one_of(&Kind::ALL);
    let count = match random.below(6) {
        0 => random.one_of(&COUNTS),
        1 => 0u32.wrapping_sub(random.below(40)),
        _ => random.below(50),
    };
    let small = count.min(50);
    let offset = random.below(10);
    let index = match random.below(8) {
        0 => 0u32.wrapping_sub(count).wrapping_add(random.below(3)),
        1 => 0u32.wrapping_sub(random.below(4)),
        _ => random.below(5),
    };
    let length = match random.below(12) {
        0 => None,
        1 => Some((index.min(60) + small).saturating_sub(1)),
        _ => Some(index.min(60) + small + random.below(3)),
    };
    let bytes = match random.below(6) {
        0 => (offset + small * element.bytes()).saturating_sub(1),
        1 => offset + small * element.bytes(),
        _ => 1024,
    };
    let form = random.one_of(&Form::of(count));
    // At least one byte is behind the end of the memory, unless none is copied. Once linmem has grown the memory, its end is
    // not the program's.
    let start = match random.below(8) {
        0 if count == small && memory == MEMORY => memory - offset - random.below((count * element.bytes()).max(1)),
        _ => 64 + random.below(9),
    };
    (Copy { kind, start, bytes, offset, index, count, length }, form)
}
