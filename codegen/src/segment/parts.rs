//! The parts of a packed segment that code reads, and the locals that may hold them.

use crate::index::LocalIndex;
use crate::segment::packed;
use wasm_encoder::InstructionSink;

/// A part of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The start address, an `i32`.
    Start,
    /// The size, an `i32`.
    Size,
    /// The size, as an `i64`.
    WideSize,
    /// The address of its last byte, an `i32`. `u32::MAX` if the segment is empty or extends beyond that address.
    Last,
}

/// The locals that hold the parts of a segment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts {
    /// Its start.
    pub(crate) start: Option<LocalIndex>,
    /// Its size.
    pub(crate) size: Option<LocalIndex>,
    /// The address of its last byte.
    pub(crate) last: Option<LocalIndex>,
}

impl Parts {
    /// Whether any part has a local.
    pub(crate) fn any(&self) -> bool {
        self.start.is_some() || self.size.is_some() || self.last.is_some()
    }

    /// Pushes a part of the segment that `local` holds.
    pub(crate) fn push(&self, sink: &mut InstructionSink<'_>, local: LocalIndex, part: Part) {
        match (part, self) {
            (Part::Start, Parts { start: Some(start), .. }) => sink.local_get(start.0),
            (Part::Start, _) => packed::start(sink.local_get(local.0)),
            (Part::Size, Parts { size: Some(size), .. }) => sink.local_get(size.0),
            (Part::Size, _) => packed::size(sink.local_get(local.0)),
            (Part::WideSize, Parts { size: Some(size), .. }) => sink.local_get(size.0).i64_extend_i32_u(),
            (Part::WideSize, _) => packed::wide_size(sink.local_get(local.0)),
            (Part::Last, Parts { last: Some(last), .. }) => sink.local_get(last.0),
            // No address is above this.
            (Part::Last, _) => sink.i32_const(-1),
        };
    }

    /// Pushes whether the segment in `local` has fewer than `bytes` bytes. See [`packed::is_shorter`].
    pub(crate) fn push_shorter(&self, sink: &mut InstructionSink<'_>, local: LocalIndex, bytes: u32) {
        match self.size {
            Some(size) => sink.local_get(size.0).i32_const(bytes as i32).i32_lt_u(),
            None => packed::is_shorter(sink.local_get(local.0), bytes),
        };
    }

    /// Pushes whether a byte of the segment in `local` may be at or above `top`.
    pub(crate) fn push_may_be_free(&self, sink: &mut InstructionSink<'_>, local: LocalIndex, top: u32) {
        match self.last {
            Some(last) => sink.local_get(last.0).global_get(top).i32_ge_u(),
            None => packed::wide_end(sink, local).global_get(top).i64_extend_i32_u().i64_gt_u(),
        };
    }

    /// Whether the address of the last byte is kept in a local.
    pub(crate) fn has_last(&self) -> bool {
        self.last.is_some()
    }

    /// Pushes the address of a byte of the segment in `local`, or of its last one.
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

    /// Updates the kept parts from the segment in `local`.
    pub(crate) fn keep(&self, sink: &mut InstructionSink<'_>, local: LocalIndex) {
        let whole = Parts::default();
        self.write(sink, |sink, part| whole.push(sink, local, part));
    }

    /// Updates the kept parts with the values that `push` pushes.
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
            // `u32::MAX` if the sum exceeds it, or if the segment is empty.
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
