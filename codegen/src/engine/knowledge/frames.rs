//! The frames of a function that is being lowered, and their segments.
//!
//! A frame contains the constant-size allocations of one scope, reserved by one bump. The first such allocation of a
//! region writes the bump and begins the frame. Later ones join it and only increase the number of bytes to reserve.
//!
//! # When an allocation may join
//!
//! Let P be the allocation that began a frame. An allocation Q joins that frame if
//!
//! 1. both use the same region: the handle cannot have changed in between;
//! 2. the innermost control structure of P is still open at Q, in the same arm. Then, in structured code, every path to
//!    Q passes through P: a branch targets the end of a block that was entered earlier, or the start of a loop, and
//!    such a target can be between P and Q only if the path has passed P;
//! 3. no loop that was entered between P and Q is still open, so that Q runs at most once for each time that P runs;
//! 4. the region has not been closed in between;
//! 5. if Q is conditional (P may run without Q), it is small: the conditional allocations of a frame have at most
//!    [`CONDITIONAL_BYTES`] in total, because the frame always reserves them.
//!
//! Other code between P and Q does not matter: for nested regions, calls and other allocations, top is already above
//! the whole frame.

use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use linmem_allocator::FramePlan;

/// The maximum number of bytes of a frame for conditional allocations. Chosen, not measured: a frame should not be much
/// larger than the part that is used.
pub(crate) const CONDITIONAL_BYTES: u32 = 1024;

/// The maximum number of live frames. Each has a local of its own, of which a function cannot have more than 50,000,
/// and each join searches all of them. Ordinary code has few.
const MAX_LIVE: usize = 256;

/// A region that this function opens, numbered in the order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RegionId(pub(crate) u32);

/// The identity of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegionKey {
    /// The region was opened by this function.
    Opened(RegionId),
    /// The region's handle is in a parameter that is never assigned.
    Parameter(LocalIndex),
}

/// A frame, by its position in [`Frames`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FrameId(u32);

impl FrameId {
    /// Its position among the frames of the function.
    pub(crate) fn position(self) -> usize {
        self.0 as usize
    }
}

/// A definition of a local as a segment of a frame, by its position in [`Frames`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DefinitionId(u32);

/// A segment in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// The frame.
    pub(crate) frame: FrameId,
    /// The distance from the frame's start, in bytes.
    pub(crate) offset: u32,
    /// The segment's size in bytes.
    pub(crate) bytes: u32,
}

#[derive(Debug)]
struct Frame {
    region: RegionKey,
    base: LocalIndex,
    plan: FramePlan,
    /// The number of bytes for conditional allocations.
    conditional: u32,
    /// The locals that hold segments of the frame.
    locals: Vec<LocalIndex>,
    /// The number of control structures that were open where the frame began, and the number of them that are
    /// conditional.
    depth: usize,
    level: usize,
    open: bool,
}

/// A local that holds a segment of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Definition {
    /// The segment.
    pub(crate) slot: Slot,
    /// The local.
    pub(crate) local: LocalIndex,
}

/// The frames and definitions of one function.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    frames: Vec<Frame>,
    definitions: Vec<Definition>,
    /// The frames whose start is in their local; at most [`MAX_LIVE`].
    live: Vec<FrameId>,
}

/// A frame that nothing refers to any more.
#[derive(Debug)]
pub(crate) struct Retired {
    /// The frame.
    pub(crate) frame: FrameId,
    /// The local that held its start.
    pub(crate) base: LocalIndex,
    /// The locals that hold segments of it.
    pub(crate) locals: Vec<LocalIndex>,
}

impl Frames {
    /// Adds an allocation to an open frame of `region`, if one began in a control structure at depth `loop_depth` or
    /// deeper: shallower ones are outside of an open loop. `level` is the number of conditional arms around the
    /// allocation.
    pub(super) fn join(&mut self, region: RegionKey, bytes: u32, loop_depth: usize, level: usize) -> Option<Slot> {
        let candidate = self.live.iter().rev().copied().find(|id| {
            let frame = &self.frames[id.0 as usize];
            let is_open = frame.open || planted::has(Bug::FrameAfterClose);
            let is_in_loop = frame.depth >= loop_depth || planted::has(Bug::FrameAcrossLoop);
            is_open && frame.region == region && is_in_loop
        })?;
        let frame = &mut self.frames[candidate.0 as usize];
        let conditional = if frame.level < level { frame.conditional.checked_add(bytes)? } else { frame.conditional };
        if conditional > CONDITIONAL_BYTES {
            return None;
        }
        let offset = frame.plan.push(bytes)?;
        frame.conditional = conditional;
        Some(Slot { frame: candidate, offset, bytes })
    }

    /// Begins a frame with an allocation; `None` if the allocation is too large for a frame.
    pub(super) fn begin(
        &mut self,
        region: RegionKey,
        base: LocalIndex,
        bytes: u32,
        (depth, level): (usize, usize),
    ) -> Option<Slot> {
        let mut plan = FramePlan::new();
        let offset = plan.push(bytes)?;
        let frame = FrameId(u32::try_from(self.frames.len()).ok()?);
        self.frames.push(Frame { region, base, plan, conditional: 0, locals: Vec::new(), depth, level, open: true });
        self.live.push(frame);
        Some(Slot { frame, offset, bytes })
    }

    /// Adds a segment of any size that is a frame of its own and that no allocation joins.
    pub(super) fn alone(&mut self, region: RegionKey, base: LocalIndex, bytes: u32, depth: usize) -> Option<Slot> {
        let frame = FrameId(u32::try_from(self.frames.len()).ok()?);
        self.frames.push(Frame {
            region,
            base,
            plan: FramePlan::new(),
            conditional: 0,
            locals: Vec::new(),
            depth,
            level: depth,
            open: false,
        });
        self.live.push(frame);
        Some(Slot { frame, offset: 0, bytes })
    }

    /// The sizes of all frames in bytes.
    pub(crate) fn sizes(&self) -> Vec<u32> {
        self.frames.iter().map(|frame| frame.plan.bytes()).collect()
    }

    /// Records that a region was closed (`None` for an unknown one), so that no allocation joins its frames any more.
    /// Returns the frames that this closed.
    pub(super) fn close(&mut self, region: Option<RegionKey>) -> Vec<FrameId> {
        let mut closed = Vec::new();
        for &id in &self.live {
            let frame = &mut self.frames[id.0 as usize];
            if frame.open && region.is_none_or(|region| frame.region == region) {
                frame.open = false;
                closed.push(id);
            }
        }
        closed
    }

    /// Reverts a close that does not affect the current position, because the code after it never reaches it.
    pub(super) fn reopen(&mut self, frames: &[FrameId]) {
        for id in frames {
            self.frames[id.0 as usize].open = true;
        }
    }

    /// Whether one more frame can be live.
    pub(crate) fn has_room(&self) -> bool {
        self.live.len() < MAX_LIVE
    }

    /// Records that an arm of the control structure at `depth` ended. Returns the frames that began in it; nothing
    /// refers to them any more.
    pub(super) fn leave(&mut self, depth: usize) -> Vec<Retired> {
        self.give_up(|frame| frame.depth >= depth && !planted::has(Bug::FrameAcrossArm))
    }

    /// Records that a region was closed permanently, in the control structure at `depth`. Returns its frames that began
    /// there.
    pub(super) fn end(&mut self, region: RegionKey, depth: usize) -> Vec<Retired> {
        self.give_up(|frame| frame.region == region && frame.depth == depth)
    }

    fn give_up(&mut self, which: impl Fn(&Frame) -> bool) -> Vec<Retired> {
        let frames = &mut self.frames;
        let mut retired = Vec::new();
        self.live.retain(|id| {
            let frame = &mut frames[id.0 as usize];
            let gone = which(frame);
            if gone {
                let locals = std::mem::take(&mut frame.locals);
                retired.push(Retired { frame: *id, base: frame.base, locals });
            }
            !gone
        });
        retired
    }

    /// The local that holds the start of a frame.
    pub(crate) fn base(&self, frame: FrameId) -> LocalIndex {
        self.frames[frame.0 as usize].base
    }

    /// The region of a frame.
    pub(crate) fn region(&self, frame: FrameId) -> RegionKey {
        self.frames[frame.0 as usize].region
    }

    /// The size of a frame in bytes.
    pub(crate) fn bytes(&self, frame: FrameId) -> u32 {
        self.frames[frame.0 as usize].plan.bytes()
    }

    /// Records that `local` holds `slot`.
    pub(crate) fn define(&mut self, slot: Slot, local: LocalIndex) -> DefinitionId {
        let id = DefinitionId(self.definitions.len() as u32);
        self.definitions.push(Definition { slot, local });
        self.frames[slot.frame.0 as usize].locals.push(local);
        id
    }

    /// All definitions.
    pub(crate) fn definitions(&self) -> impl Iterator<Item = Definition> + '_ {
        self.definitions.iter().copied()
    }

    /// A definition.
    pub(crate) fn definition(&self, id: DefinitionId) -> Definition {
        self.definitions[id.0 as usize]
    }
}
