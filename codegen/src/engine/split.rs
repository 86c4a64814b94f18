//! Packed segments whose parts are kept in locals of their own.
//!
//! A local of the program that holds a packed segment is left as it is. If its parts are read often, or in loops, each
//! part is also kept in an `i32` local, so that readers need not unpack it. These locals are written wherever the
//! program's local is. That is correct for any value of the local, because packing loses no information. Whether it
//! pays is known only when the function ends; until then, a read of a part is a [`Late`](crate::engine::late::Late).

use crate::config::Optimize;
use crate::engine::locals::Locals;
use crate::index::LocalIndex;
use crate::planted::{self, Optimization};
use crate::segment::{Part, Parts};
use std::collections::BTreeMap;

/// The maximum number of locals of a function that are split.
const MAX_SPLIT: usize = 4096;

/// The number of parts of a segment.
const PARTS: usize = 3;

/// The assumed number of iterations of a loop.
const TRIPS: u64 = 8;

/// The maximum nesting depth of loops that the estimate considers.
const MAX_DEPTH: u32 = 8;

/// The number of instructions that keeping each part of a local would save, weighted by how often they run.
#[derive(Clone, Copy, Debug, Default)]
struct Balance {
    start: u64,
    size: u64,
    last: u64,
}

impl Balance {
    /// Returns the savings of a part, and what a single read of it saves.
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

/// Estimates how often code nested in `loops` loops runs.
pub(crate) fn frequency(loops: u32, optimize: Optimize) -> u64 {
    match optimize {
        Optimize::Speed => TRIPS.pow(loops.min(MAX_DEPTH)),
        Optimize::Size => 1,
    }
}

impl Splits {
    /// Removes a read of a part of a local that was recorded before.
    pub(crate) fn take_back(&mut self, local: LocalIndex, part: Part, times: u64) {
        let balance = self.saved.entry(local).or_default();
        let (of, saved) = balance.of(part);
        *of = of.saturating_sub(times.saturating_mul(saved));
    }

    /// Records a read of a part of a local, by code that runs `times` times.
    pub(crate) fn read(&mut self, local: LocalIndex, part: Part, times: u64) {
        let balance = self.saved.entry(local).or_default();
        let (of, saved) = balance.of(part);
        *of = of.saturating_add(times.saturating_mul(saved));
    }

    /// Records a read of the address of a byte, or of the last byte if that is kept, by code that runs `times` times.
    pub(crate) fn read_byte(&mut self, local: LocalIndex, times: u64) {
        for (part, times) in Splits::parts_of_byte(times) {
            self.read(local, part, times);
        }
    }

    /// The reads that `times` reads of the address of a byte are worth. If the last byte's address is kept, such a read
    /// saves two or three instructions; computing that address takes eight.
    pub(crate) fn parts_of_byte(times: u64) -> [(Part, u64); 2] {
        [(Part::Start, times), (Part::Last, times / 4)]
    }

    /// Decides which parts are kept in locals.
    pub(crate) fn decide(&self, locals: &mut Locals) -> BTreeMap<LocalIndex, Parts> {
        let mut all = BTreeMap::new();
        for (&local, saved) in self.saved.iter().take(MAX_SPLIT) {
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
            if parts.any() {
                all.insert(local, parts);
            }
        }
        all
    }
}
