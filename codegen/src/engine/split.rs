//! Packed segments whose parts have locals of their own.
//!
//! A local of the program that holds a packed segment keeps it as it is. Where its parts are read often, or in loops, they are
//! kept as well, each in an `i32` of its own, so that nothing is unpacked there: they are written wherever the local is. That
//! is right whatever the local holds, since packing loses nothing; whether it pays is known when the function ends. Until
//! then, what reads a part is a [`Late`](crate::engine::knowledge::frames::Late).

use crate::config::Optimize;
use crate::engine::locals::Locals;
use crate::index::LocalIndex;
use crate::planted::{self, Optimization};
use crate::segment::{Part, Parts};
use std::collections::BTreeMap;

/// How many locals of a function are split at most.
const MOST_SPLIT: usize = 4096;

/// How many parts a segment has.
const PARTS: usize = 3;

/// How often a loop is thought to come round.
const TRIPS: u64 = 8;

/// The deepest nesting of loops that counts.
const MOST_DEPTH: u32 = 8;

/// What reading parts of a local would save, and writing them would cost, in instructions, each times how often it runs.
#[derive(Clone, Copy, Debug, Default)]
struct Balance {
    start: u64,
    size: u64,
    last: u64,
}

impl Balance {
    /// What is saved with a part, and how much by reading it once.
    fn of(&mut self, part: Part) -> (&mut u64, u64) {
        match part {
            Part::Start => (&mut self.start, 1),
            Part::Size => (&mut self.size, 3),
            Part::WideSize => (&mut self.size, 1),
            Part::Last => (&mut self.last, 8),
        }
    }
}

/// The locals of a function whose parts are read.
#[derive(Debug, Default)]
pub(crate) struct Splits {
    saved: BTreeMap<LocalIndex, Balance>,
}

/// How often code runs that lies in so many loops.
pub(crate) fn frequency(loops: u32, optimize: Optimize) -> u64 {
    match optimize {
        Optimize::Speed => TRIPS.pow(loops.min(MOST_DEPTH)),
        Optimize::Size => 1,
    }
}

impl Splits {
    /// Takes back that code reads a part of a local.
    pub(crate) fn take_back(&mut self, local: LocalIndex, part: Part, times: u64) {
        let balance = self.saved.entry(local).or_default();
        let (of, saved) = balance.of(part);
        *of = of.saturating_sub(times.saturating_mul(saved));
    }

    /// Says that code which runs so often reads a part of a local.
    pub(crate) fn read(&mut self, local: LocalIndex, part: Part, times: u64) {
        let balance = self.saved.entry(local).or_default();
        let (of, saved) = balance.of(part);
        *of = of.saturating_add(times.saturating_mul(saved));
    }

    /// Says that code which runs so often reads the address of a byte, or of the last one, whichever is there.
    pub(crate) fn read_byte(&mut self, local: LocalIndex, times: u64) {
        for (part, times) in Splits::parts_of_byte(times) {
            self.read(local, part, times);
        }
    }

    /// What reading the address of a byte so often is worth: with the last one at hand two or three instructions are
    /// saved, of the eight that it takes to find out where that is.
    pub(crate) fn parts_of_byte(times: u64) -> [(Part, u64); 2] {
        [(Part::Start, times), (Part::Last, times / 4)]
    }

    /// Decides which parts have locals.
    pub(crate) fn decide(&self, locals: &mut Locals) -> BTreeMap<LocalIndex, Parts> {
        let mut all = BTreeMap::new();
        for (&local, saved) in self.saved.iter().take(MOST_SPLIT) {
            if !locals.has_room(PARTS) || planted::is_off(Optimization::Split) {
                break;
            }
            let times = locals.contents.times(local).saturating_add(u64::from(locals.is_parameter(local)));
            let mut keep =
                |saved: u64, cost: u64, name| (saved > times.saturating_mul(cost)).then(|| locals.add_part(name));
            let parts = Parts {
                start: keep(saved.start, 3, "linmem.start"),
                size: keep(saved.size, 5, "linmem.size"),
                last: keep(saved.last, 16, "linmem.last"),
            };
            if parts.start.is_some() || parts.size.is_some() || parts.last.is_some() {
                all.insert(local, parts);
            }
        }
        all
    }
}
