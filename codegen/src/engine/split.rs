//! Packed segments whose parts have locals of their own.
//!
//! A local of the program that holds a packed segment keeps it as it is. Where its parts are read often, or in loops, they are
//! kept as well, each in an `i32` of its own, so that nothing is unpacked there: they are written wherever the local is. That
//! is right whatever the local holds, since packing loses nothing; whether it pays is known when the function ends. Until
//! then, what reads a part is a [`Late`](crate::engine::frames::Late).

use crate::config::Optimize;
use crate::engine::locals::Locals;
use crate::engine::part::Part;
use crate::index::LocalIndex;
use std::collections::BTreeMap;
use wasm_encoder::InstructionSink;

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

/// The locals that hold the parts of a segment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts {
    start: Option<LocalIndex>,
    size: Option<LocalIndex>,
    last: Option<LocalIndex>,
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
            if !locals.has_room(PARTS) {
                break;
            }
            let times = locals.times(local).saturating_add(u64::from(locals.is_parameter(local)));
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

impl Parts {
    /// Pushes a part of the segment that `local` holds.
    pub(crate) fn push(&self, sink: &mut InstructionSink<'_>, local: LocalIndex, part: Part) {
        match (part, self) {
            (Part::Start, Parts { start: Some(start), .. }) => sink.local_get(start.0),
            (Part::Start, _) => sink.local_get(local.0).i32_wrap_i64(),
            (Part::Size, Parts { size: Some(size), .. }) => sink.local_get(size.0),
            (Part::Size, _) => sink.local_get(local.0).i64_const(32).i64_shr_u().i32_wrap_i64(),
            (Part::WideSize, Parts { size: Some(size), .. }) => sink.local_get(size.0).i64_extend_i32_u(),
            (Part::WideSize, _) => sink.local_get(local.0).i64_const(32).i64_shr_u(),
            (Part::Last, Parts { last: Some(last), .. }) => sink.local_get(last.0),
            // All is below this.
            (Part::Last, _) => sink.i32_const(-1),
        };
    }

    /// Pushes whether the segment that `local` holds has fewer than `bytes` bytes. See [`outside`](crate::engine::lower).
    pub(crate) fn push_shorter(&self, sink: &mut InstructionSink<'_>, local: LocalIndex, bytes: u32) {
        match self.size {
            Some(size) => sink.local_get(size.0).i32_const(bytes as i32).i32_lt_u(),
            None => sink.local_get(local.0).i64_const((u64::from(bytes) << 32) as i64).i64_lt_u(),
        };
    }

    /// Pushes whether a byte of the segment that `local` holds may be at `top` or above it.
    pub(crate) fn push_may_be_free(&self, sink: &mut InstructionSink<'_>, local: LocalIndex, top: u32) {
        match self.last {
            Some(last) => sink.local_get(last.0).global_get(top).i32_ge_u(),
            None => {
                sink.local_get(local.0).i64_const(0xffff_ffff).i64_and().local_get(local.0).i64_const(32).i64_shr_u();
                sink.i64_add().global_get(top).i64_extend_i32_u().i64_gt_u()
            }
        };
    }

    /// Whether the address of the last byte is kept.
    pub(crate) fn has_last(&self) -> bool {
        self.last.is_some()
    }

    /// Pushes the address of a byte of the segment that `local` holds, or of its last one.
    pub(crate) fn push_byte(&self, sink: &mut InstructionSink<'_>, local: LocalIndex, offset: u32) {
        match self.last {
            Some(last) => {
                sink.local_get(last.0);
            }
            None => {
                self.push(sink, local, Part::Start);
                if offset != 0 {
                    sink.i32_const(offset as i32).i32_add();
                }
            }
        }
    }

    /// Keeps the parts of what `local` holds now.
    pub(crate) fn keep(&self, sink: &mut InstructionSink<'_>, local: LocalIndex) {
        let whole = Parts::default();
        self.write(sink, |sink, part| whole.push(sink, local, part));
    }

    /// Keeps the parts that `push` pushes.
    pub(crate) fn write(&self, sink: &mut InstructionSink<'_>, push: impl Fn(&mut InstructionSink<'_>, Part)) {
        if let Some(start) = self.start {
            push(sink, Part::Start);
            sink.local_set(start.0);
        }
        if let Some(size) = self.size {
            push(sink, Part::Size);
            sink.local_set(size.0);
        }
        if let Some(last) = self.last {
            // The last address of all, where the sum is beyond it, or there is no byte.
            let [start, size] = [(self.start, Part::Start), (self.size, Part::Size)];
            let put = |sink: &mut InstructionSink<'_>, (kept, part): (Option<LocalIndex>, Part)| match kept {
                Some(kept) => {
                    sink.local_get(kept.0);
                }
                None => push(sink, part),
            };
            put(sink, start);
            put(sink, size);
            sink.i32_add().i32_const(1).i32_sub().local_tee(last.0);
            sink.i32_const(0).local_get(last.0);
            put(sink, start);
            sink.i32_lt_u().i32_sub().i32_or().local_set(last.0);
        }
    }
}
