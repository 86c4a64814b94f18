//! What the engine knows at the current position of a function.
//!
//! ```text
//!   event       what code does, and what that leaves for the engine to do
//!   table       what each event does to each kind of knowledge, with the invariants
//!   contents    what locals hold
//!   frames      frames that an allocation may join
//!   innermost   which region is the innermost one
//!   proven      what checks have proved
//!   scan        the loop that is watched
//!   group       checks that may become one
//! ```
//!
//! Lowerings ask, or record what they have learned, or tell an [`Event`]. Only the table forgets anything.

pub(crate) mod contents;
pub(crate) mod event;
pub(crate) mod frames;
pub(crate) mod group;
pub(crate) mod innermost;
pub(crate) mod proven;
pub(crate) mod scan;
mod table;

use crate::engine::knowledge::contents::{Assigned, Content};
use crate::engine::knowledge::event::Outcome;
use crate::engine::knowledge::frames::{FrameId, Frames, RegionId, RegionKey, Retired, Slot};
use crate::engine::knowledge::group::Group;
use crate::engine::knowledge::innermost::Innermost;
use crate::engine::knowledge::proven::{Fact, Proven};
use crate::engine::knowledge::scan::Scan;
use crate::engine::locals::Locals;
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use crate::planted::{self, Optimization};
use std::collections::BTreeMap;

/// A control structure that is open.
#[derive(Debug)]
struct Structure {
    /// How many structures are open in the innermost loop that is open here; 0 if there is none.
    loop_depth: usize,
    /// How many structures are open here whose code may not be reached.
    level: usize,
    /// The locals whose contents were learned in the current arm.
    learned: Vec<LocalIndex>,
    /// The frames that the current arm closed.
    closed: Vec<FrameId>,
    /// What was known of the innermost regions before the structure.
    innermost: Innermost,
    /// Whether the current position cannot be reached.
    diverged: bool,
}

impl Structure {
    fn new(innermost: Innermost) -> Structure {
        Structure { loop_depth: 0, level: 0, learned: Vec::new(), closed: Vec::new(), innermost, diverged: false }
    }
}

/// What is known at the current position.
#[derive(Debug)]
pub(crate) struct Knowledge {
    structures: Vec<Structure>,
    /// The locals whose contents are known although other instructions assign them, too.
    changing: Vec<LocalIndex>,
    /// Frames, and the segments in them.
    pub(crate) frames: Frames,
    /// Which regions are innermost.
    pub(crate) innermost: Innermost,
    proven: Proven,
    /// The innermost loop, if it may be a counted one.
    pub(crate) scan: Option<Scan>,
    /// Checks that may be put together.
    pub(crate) group: Option<Group>,
    /// The locals that hold the headers of regions that this function opens and checks.
    headers: BTreeMap<RegionId, LocalIndex>,
    /// The locals that hold, as structures, the segments that locals of the program hold as references.
    casts: BTreeMap<LocalIndex, LocalIndex>,
}

/// How many regions of a function have a local for their header. A function cannot have more than 50,000 locals.
const MOST_HEADERS: usize = 1024;

/// How many locals of the program have one for their structure. A function cannot have more than 50,000 locals.
const MOST_CASTS: usize = 1024;

impl Knowledge {
    /// What is known at the start of a function.
    pub(crate) fn new() -> Knowledge {
        Knowledge {
            structures: vec![Structure::new(Innermost::default())],
            changing: Vec::new(),
            frames: Frames::default(),
            innermost: Innermost::default(),
            proven: Proven::default(),
            scan: None,
            group: None,
            headers: BTreeMap::new(),
            casts: BTreeMap::new(),
        }
    }

    /// Records what a local holds.
    pub(crate) fn learn(&mut self, local: LocalIndex, content: Content, locals: &mut Locals) {
        locals.contents.learn(local, content);
        if locals.contents.assigned(local) != Assigned::Once {
            self.changing.push(local);
        }
        if let Some(structure) = self.structures.last_mut() {
            structure.learned.push(local);
        }
    }

    /// Records what a check proved, from a position on.
    pub(crate) fn prove(&mut self, fact: Fact, since: Position) {
        self.proven.add(fact, self.structures.len(), since);
    }

    /// What checks have proved.
    pub(crate) fn proven(&self) -> &Proven {
        &self.proven
    }

    /// Says that the code of the structure that was just opened runs whenever its start does.
    pub(crate) fn is_reached(&mut self) {
        if let Some(structure) = self.structures.last_mut() {
            structure.level = structure.level.saturating_sub(1);
        }
    }

    /// Adds an allocation to a frame of a region, if one is open that it may join.
    pub(crate) fn join(&mut self, region: RegionKey, bytes: u32) -> Option<Slot> {
        if planted::is_off(Optimization::Frames) {
            return None;
        }
        let structure = self.structures.last()?;
        self.frames.join(region, bytes, structure.loop_depth, structure.level)
    }

    /// Begins a frame with an allocation; `None` if that is too large for a frame.
    pub(crate) fn begin_frame(&mut self, region: RegionKey, base: LocalIndex, bytes: u32) -> Option<Slot> {
        let level = self.structures.last().map_or(0, |structure| structure.level);
        self.frames.begin(region, base, bytes, (self.structures.len(), level))
    }

    /// Begins a frame of any size that nothing joins.
    pub(crate) fn begin_lone_frame(&mut self, region: RegionKey, base: LocalIndex, bytes: u32) -> Option<Slot> {
        self.frames.alone(region, base, bytes, self.structures.len())
    }

    /// The local that holds the header of a region, which `add` adds if there is none yet; `None` if the function has too many.
    pub(crate) fn header(&mut self, region: RegionId, add: impl FnOnce() -> LocalIndex) -> Option<LocalIndex> {
        if let Some(local) = self.headers.get(&region) {
            return Some(*local);
        }
        if self.headers.len() >= MOST_HEADERS {
            return None;
        }
        let local = add();
        self.headers.insert(region, local);
        Some(local)
    }

    /// The local for the structure of the segment that a local of the program holds, if it has one.
    pub(crate) fn cast_of(&self, local: LocalIndex) -> Option<LocalIndex> {
        self.casts.get(&local).copied()
    }

    /// Whether one more local of the program can have a local for its structure.
    pub(crate) fn has_room_for_cast(&self) -> bool {
        self.casts.len() < MOST_CASTS
    }

    /// Gives a local of the program a local for its structure.
    pub(crate) fn add_cast(&mut self, local: LocalIndex, held: LocalIndex) {
        self.casts.insert(local, held);
    }

    /// The frames and the headers of the function, for its end.
    pub(crate) fn finish(self) -> (Frames, BTreeMap<RegionId, LocalIndex>) {
        (self.frames, self.headers)
    }

    /// Gives up frames: forgets which locals hold segments of them.
    fn give_up(&mut self, retired: Vec<Retired>, locals: &mut Locals, outcome: &mut Outcome) {
        for Retired { frame, base, locals: holders } in retired {
            for local in holders {
                if let Some(Content::Slot(definition)) = locals.contents.content(local)
                    && self.frames.definition(definition).slot.frame == frame
                {
                    locals.contents.forget(local);
                }
            }
            outcome.retired.push((frame, base));
        }
    }
}
