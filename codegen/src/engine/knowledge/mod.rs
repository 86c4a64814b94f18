//! The engine's knowledge at the current position of a function.
//!
//! ```text
//!   event       the events that code causes, and the work that they leave for the engine
//!   table       the effect of each event on each kind of knowledge, with the invariants
//!   contents    the contents of locals
//!   frames      the frames that an allocation may join
//!   innermost   the regions that are open or innermost
//!   proven      the facts that checks have proved
//!   rounds      the allocations of the loop that is being analyzed
//!   scan        the loop that is being analyzed
//!   group       the checks that may be guarded by one test
//! ```
//!
//! Lowerings query it, record new facts, and report an [`Event`](event::Event). Only the table ends a fact because it may no
//! longer hold. Recording a fact can drop others: the oldest one, if a maximum is reached; and what is known about the other
//! regions, if a check found that a region is open that was not the last known one. Dropping a fact is always sound, since it
//! only saves code. The checks and casts in `scan` and `group` are no facts: lowerings add some, and only the table removes
//! them.

pub(crate) mod contents;
pub(crate) mod event;
pub(crate) mod frames;
pub(crate) mod group;
pub(crate) mod innermost;
pub(crate) mod proven;
pub(crate) mod rounds;
pub(crate) mod scan;
mod table;

use crate::engine::knowledge::contents::{Assigned, Content};
use crate::engine::knowledge::event::{HandleCheck, Outcome};
use crate::engine::knowledge::frames::{FrameId, Frames, RegionId, RegionKey, Retired, Slot};
use crate::engine::knowledge::group::Group;
use crate::engine::knowledge::innermost::Innermost;
use crate::engine::knowledge::proven::{Fact, Proven};
use crate::engine::knowledge::rounds::{Reserved, Rounds};
use crate::engine::knowledge::scan::{Cast, Check, Read, Scan};
use crate::engine::locals::Locals;
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use crate::planted::{self, Optimization};
use std::collections::BTreeMap;

/// A control structure that is open.
#[derive(Debug)]
struct Structure {
    /// The number of structures that are open in the innermost open loop, including it; 0 outside of loops.
    loop_depth: usize,
    /// The number of open structures that may be skipped.
    level: usize,
    /// The locals whose contents became known in the current arm.
    learned: Vec<LocalIndex>,
    /// The frames that were closed in the current arm.
    closed: Vec<FrameId>,
    /// The knowledge of the innermost regions before the structure.
    innermost: Innermost,
    /// Whether the current position is unreachable.
    diverged: bool,
    /// In a loop: the checks of the handles of regions that were the innermost ones before it.
    handle_checks: Vec<HandleCheck>,
}

impl Structure {
    fn new(innermost: Innermost) -> Structure {
        Structure {
            loop_depth: 0,
            level: 0,
            learned: Vec::new(),
            closed: Vec::new(),
            innermost,
            diverged: false,
            handle_checks: Vec::new(),
        }
    }
}

/// The knowledge at the current position.
#[derive(Debug)]
pub(crate) struct Knowledge {
    structures: Vec<Structure>,
    /// The locals whose contents are known although other instructions also assign them.
    changing: Vec<LocalIndex>,
    /// Frames, and the segments in them.
    pub(crate) frames: Frames,
    /// The regions that are known to be innermost.
    pub(crate) innermost: Innermost,
    proven: Proven,
    /// The innermost loop, if it may be a counted one.
    scan: Option<Box<Scan>>,
    /// The innermost loop, if it may reserve before it begins.
    rounds: Option<Box<Rounds>>,
    /// The current group of checks.
    group: Option<Box<Group>>,
    /// The locals that hold the headers of regions that this function opens and checks.
    headers: BTreeMap<RegionId, LocalIndex>,
    /// The locals that hold, as structures, the segments that locals of the program refer to.
    casts: BTreeMap<LocalIndex, LocalIndex>,
}

/// The maximum number of regions of a function whose header is kept in a local. A function cannot have more than 50,000
/// locals.
const MAX_HEADERS: usize = 1024;

/// The maximum number of locals of the program whose segment is kept as a structure. A function cannot have more than
/// 50,000 locals.
const MAX_CASTS: usize = 1024;

impl Knowledge {
    /// The knowledge at the start of a function.
    pub(crate) fn new() -> Knowledge {
        Knowledge {
            structures: vec![Structure::new(Innermost::default())],
            changing: Vec::new(),
            frames: Frames::default(),
            innermost: Innermost::default(),
            proven: Proven::default(),
            scan: None,
            rounds: None,
            group: None,
            headers: BTreeMap::new(),
            casts: BTreeMap::new(),
        }
    }

    /// Records the content of a local.
    pub(crate) fn learn(&mut self, local: LocalIndex, content: Content, locals: &mut Locals) {
        locals.contents.learn(local, content);
        if locals.contents.assigned(local) != Assigned::Once {
            self.changing.push(local);
        }
        if let Some(structure) = self.structures.last_mut() {
            structure.learned.push(local);
        }
    }

    /// Records a fact that a check proved, which holds after `since`.
    pub(crate) fn prove(&mut self, fact: Fact, since: Position) {
        self.proven.add(fact, self.structures.len(), since);
    }

    /// The facts that checks have proved.
    pub(crate) fn proven(&self) -> &Proven {
        &self.proven
    }

    /// The innermost open loop before which a region was the innermost one, if so far nothing in the loop can have
    /// opened or closed a region. Given by the number of structures that are open around the loop.
    pub(crate) fn loop_after(&self, region: Option<RegionKey>) -> Option<usize> {
        let mut structures = self.structures.iter().enumerate();
        structures.rposition(|(outside, structure)| {
            let is_loop = structure.loop_depth == outside + 1;
            is_loop && structure.innermost.is(region) && self.innermost.is_since(&structure.innermost)
        })
    }

    /// Adds the check of a handle to the loop that [`loop_after`](Knowledge::loop_after) found.
    pub(crate) fn add_handle_check(&mut self, in_loop: usize, check: HandleCheck) {
        if let Some(structure) = self.structures.get_mut(in_loop) {
            structure.handle_checks.push(check);
        }
    }

    /// Whether the innermost loop may be a counted one.
    pub(crate) fn is_scanning(&self) -> bool {
        self.scan.is_some()
    }

    /// Whether the comparisons of the innermost loop are of interest.
    pub(crate) fn is_in_loop(&self) -> bool {
        self.scan.is_some() || self.rounds.is_some()
    }

    /// Adds a frame that begins here to the loop that is being analyzed, if there is one.
    pub(crate) fn reserve(&mut self, reserved: Reserved) {
        if self.rounds.as_mut().is_some_and(|rounds| !rounds.reserve(reserved)) {
            self.rounds = None;
        }
    }

    /// Adds a check to the loop that is being analyzed. Returns `false` if there is none.
    pub(crate) fn scan_check(&mut self, check: Check, reads: &[Read]) -> bool {
        let Some(scan) = &mut self.scan else { return false };
        scan.checks.push(check);
        scan.reads.extend(reads);
        true
    }

    /// Adds a cast to the loop that is being analyzed. Returns `false` if there is none.
    pub(crate) fn scan_cast(&mut self, cast: Cast) -> bool {
        let Some(scan) = &mut self.scan else { return false };
        scan.casts.push(cast);
        true
    }

    /// The current group of checks.
    pub(crate) fn group(&self) -> Option<&Group> {
        self.group.as_deref()
    }

    /// Adds a check to the current group, or begins a group with it.
    pub(crate) fn add_to_group(&mut self, check: Check, reads: &[Read]) {
        let begin = || Box::new(Group { start: check.code.0, checks: Vec::new(), reads: Vec::new() });
        let group = self.group.get_or_insert_with(begin);
        group.checks.push(check);
        group.reads.extend(reads);
    }

    /// Records that the structure that was just opened executes whenever its start is reached.
    pub(crate) fn is_reached(&mut self) {
        if let Some(structure) = self.structures.last_mut() {
            structure.level = structure.level.saturating_sub(1);
        }
    }

    /// Adds an allocation to an open frame of a region, if there is one that it may join.
    pub(crate) fn join(&mut self, region: RegionKey, bytes: u32) -> Option<Slot> {
        if planted::is_off(Optimization::Frames) {
            return None;
        }
        let structure = self.structures.last()?;
        self.frames.join(region, bytes, structure.loop_depth, structure.level)
    }

    /// Begins a frame with an allocation; `None` if the allocation is too large for a frame.
    pub(crate) fn begin_frame(&mut self, region: RegionKey, base: LocalIndex, bytes: u32) -> Option<Slot> {
        let level = self.structures.last().map_or(0, |structure| structure.level);
        self.frames.begin(region, base, bytes, (self.structures.len(), level))
    }

    /// Begins a frame of any size that no allocation joins.
    pub(crate) fn begin_lone_frame(&mut self, region: RegionKey, base: LocalIndex, bytes: u32) -> Option<Slot> {
        self.frames.alone(region, base, bytes, self.structures.len())
    }

    /// The local that holds the header of a region. Calls `add` if there is none yet. `None` if the function has too
    /// many.
    pub(crate) fn header(&mut self, region: RegionId, add: impl FnOnce() -> LocalIndex) -> Option<LocalIndex> {
        if let Some(local) = self.headers.get(&region) {
            return Some(*local);
        }
        if self.headers.len() >= MAX_HEADERS {
            return None;
        }
        let local = add();
        self.headers.insert(region, local);
        Some(local)
    }

    /// The local for the structure of the segment in a local of the program, if there is one.
    pub(crate) fn cast_of(&self, local: LocalIndex) -> Option<LocalIndex> {
        self.casts.get(&local).copied()
    }

    /// Whether one more local of the program can have a local for its structure.
    pub(crate) fn has_room_for_cast(&self) -> bool {
        self.casts.len() < MAX_CASTS
    }

    /// Assigns `held` as the local for the structure of the segment in `local`.
    pub(crate) fn add_cast(&mut self, local: LocalIndex, held: LocalIndex) {
        self.casts.insert(local, held);
    }

    /// The frames and headers of the function, for its end.
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
