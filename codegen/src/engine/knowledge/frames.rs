//! Frames while a function is being lowered, and the segments in them.
//!
//! A frame is the constant-size allocations of one scope, reserved by one bump. The first such allocation of a region
//! writes the bump and begins the frame; later ones join it, and only the number of bytes to reserve grows.
//!
//! # When an allocation may join
//!
//! An allocation Q joins the frame that P began if
//!
//! 1. both name the same region: the handle is a value that cannot have changed in between;
//! 2. the innermost control structure of P is still open at Q, in the same arm. In structured code every way to Q then
//!    leads through P: a jump lands at the end of a block that was entered before, or at the start of a loop, and
//!    neither lies between P and Q without having passed P;
//! 3. no loop was entered between P and Q and is still open, so that Q runs at most once for each time P does;
//! 4. the region has not been closed in between;
//! 5. if Q runs only sometimes, it is small: all such allocations of a frame together have at most
//!    [`CONDITIONAL_BYTES`], since they are reserved always.
//!
//! What happens in between does not matter: nested regions, calls and other allocations find a top that is already
//! above the whole frame.

use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use linmem_allocator::FramePlan;

/// How many bytes of a frame may be for allocations that may not be reached. Chosen, not measured: a frame should not
/// grow much beyond what is used.
pub(crate) const CONDITIONAL_BYTES: u32 = 1024;

/// How many frames may be open at the same time. Each has a local of its own, of which a function cannot have more than
/// 50,000, and all are looked at when one is joined; ordinary code has a few.
const MOST_LIVE: usize = 256;

/// A region that this function opens, by the order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RegionId(pub(crate) u32);

/// What a region's handle is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegionKey {
    /// This function opened it.
    Opened(RegionId),
    /// A parameter that is never assigned holds the handle.
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
    /// How many bytes are for allocations that may not be reached.
    conditional: u32,
    /// The locals that hold segments of the frame.
    locals: Vec<LocalIndex>,
    /// How many control structures were open where the frame began, and how many of them may not be reached.
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
    /// The frames whose starts are in their locals, at most [`MOST_LIVE`].
    live: Vec<FrameId>,
}

/// A frame that is given up.
#[derive(Debug)]
pub(crate) struct Retired {
    /// Which.
    pub(crate) frame: FrameId,
    /// The local that held its start.
    pub(crate) base: LocalIndex,
    /// The locals that hold segments of it.
    pub(crate) locals: Vec<LocalIndex>,
}

impl Frames {
    /// Adds an allocation to a frame of `region` that is open at this place: in a control structure at least `loop_depth`
    /// deep, since shallower ones are outside of a loop that is open. `level` is how many arms around may not be reached.
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

    /// Begins a frame with an allocation; nothing if that is too large for a frame.
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

    /// A segment that is a frame of its own, of any size, and that nothing joins.
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

    /// Says that a region was closed; `None` for one that is not known. No allocation joins a frame of it any more.
    /// Gives the frames that this ended.
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

    /// Takes back a close, when the code behind it turned out not to come back here.
    pub(super) fn reopen(&mut self, frames: &[FrameId]) {
        for id in frames {
            self.frames[id.0 as usize].open = true;
        }
    }

    /// Whether there is room for one more frame.
    pub(crate) fn has_room(&self) -> bool {
        self.live.len() < MOST_LIVE
    }

    /// Says that an arm of the control structure that is `depth` deep was left. Gives the frames that began in it, which
    /// nothing refers to any more.
    pub(super) fn leave(&mut self, depth: usize) -> Vec<Retired> {
        self.give_up(|frame| frame.depth >= depth && !planted::has(Bug::FrameAcrossArm))
    }

    /// Says that a region was closed for good, in the control structure that is `depth` deep. Gives its frames that
    /// began there.
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
