//! The contents of locals, and how often and where they are assigned.
//!
//! A local that a door added is declared only if code needs it. Until then its index is [`UNWRITTEN`] or higher.

use crate::engine::knowledge::frames::{DefinitionId, RegionId};
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use crate::statics::StaticSegment;

/// The number of instructions that assign a local.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Assigned {
    /// None: it holds the argument of the call, or zero.
    Never,
    /// One instruction.
    Once,
    /// Several instructions, or an unknown number.
    #[default]
    Often,
}

/// The known content of a local.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// The handle of a region.
    Region(RegionId),
    /// A segment of a frame.
    Slot(DefinitionId),
    /// A segment of a static frame.
    Static(StaticSegment),
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    assigned: Assigned,
    /// Whether code reads the local.
    read: bool,
    /// The position of the last assignment so far.
    last: Option<Position>,
    /// Whether lowering added the local.
    own: bool,
    content: Option<Content>,
    /// An estimate of how often the local is assigned, from the nesting of loops.
    times: u64,
}

/// The first index of undeclared locals, far above the indices of declared ones.
pub(crate) const UNWRITTEN: u32 = 1 << 31;

/// The known facts about each local.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    known: Vec<Known>,
    unwritten: Vec<Known>,
}

impl Contents {
    /// The contents of the locals that a function starts with, given how often each is assigned.
    pub(crate) fn new(assigned: Vec<Assigned>) -> Contents {
        let known = assigned.into_iter().map(|assigned| Known { assigned, ..Known::default() }).collect();
        Contents { known, unwritten: Vec::new() }
    }

    /// Adds a local of the program.
    pub(crate) fn add(&mut self, local: LocalIndex, assigned: Assigned) {
        self.known.resize(local.position(), Known::default());
        self.known.push(Known { assigned, ..Known::default() });
    }

    /// Records that lowering added a local, and that no other code may assign it.
    pub(crate) fn own(&mut self, local: LocalIndex) {
        if let Some(known) = self.known_mut(local) {
            known.own = true;
        }
    }

    /// Adds a local that is assigned once and not declared yet.
    pub(crate) fn add_unwritten(&mut self) -> LocalIndex {
        let local = LocalIndex(UNWRITTEN + self.unwritten.len() as u32);
        self.unwritten.push(Known { assigned: Assigned::Once, ..Known::default() });
        local
    }

    /// The position of a local among the undeclared ones, if it is one.
    pub(crate) fn unwritten_position(local: LocalIndex) -> Option<usize> {
        Some(local.0.checked_sub(UNWRITTEN)? as usize)
    }

    /// Records that `written` is now the declared local for `local`. One declared local may serve several handles in
    /// turn.
    pub(crate) fn write(&mut self, local: LocalIndex, written: LocalIndex, assigned: Assigned) {
        let Some(known) = self.known(local).copied() else { return };
        if let Some(own) = self.known.get_mut(written.position()) {
            *own = Known { assigned, content: None, own: assigned == Assigned::Often, ..known };
        }
    }

    fn known(&self, local: LocalIndex) -> Option<&Known> {
        match Contents::unwritten_position(local) {
            Some(position) => self.unwritten.get(position),
            None => self.known.get(local.position()),
        }
    }

    fn known_mut(&mut self, local: LocalIndex) -> Option<&mut Known> {
        match Contents::unwritten_position(local) {
            Some(position) => self.unwritten.get_mut(position),
            None => self.known.get_mut(local.position()),
        }
    }

    /// Records an assignment at a position, by code that runs `times` times. The previous content is lost.
    pub(super) fn assign(&mut self, local: LocalIndex, position: Position, times: u64) {
        if let Some(known) = self.known_mut(local) {
            known.content = None;
            known.last = Some(position);
            known.times = known.times.saturating_add(times);
        }
    }

    /// Forgets the content of a local.
    pub(super) fn forget(&mut self, local: LocalIndex) {
        if let Some(known) = self.known_mut(local) {
            known.content = None;
        }
    }

    /// Records the content of a local.
    pub(super) fn learn(&mut self, local: LocalIndex, content: Content) {
        if let Some(known) = self.known_mut(local) {
            known.content = Some(content);
        }
    }

    /// The content of a local, if known.
    pub(crate) fn content(&self, local: LocalIndex) -> Option<Content> {
        self.known(local).and_then(|known| known.content)
    }

    /// An estimate of how often a local is assigned, from the nesting of loops.
    pub(crate) fn times(&self, local: LocalIndex) -> u64 {
        self.known(local).map_or(0, |known| known.times)
    }

    /// The number of instructions that assign a local.
    pub(crate) fn assigned(&self, local: LocalIndex) -> Assigned {
        self.known(local).map_or(Assigned::Often, |known| known.assigned)
    }

    /// The position of the last assignment so far.
    pub(crate) fn last_assignment(&self, local: LocalIndex) -> Option<Position> {
        self.known(local).and_then(|known| known.last)
    }

    /// Whether a local has not been assigned after a position.
    pub(crate) fn is_unchanged(&self, local: LocalIndex, since: Position) -> bool {
        self.known(local).is_some_and(|known| known.last.is_none_or(|last| last < since))
    }

    /// Whether a local is never assigned after the current position.
    pub(crate) fn is_settled(&self, local: LocalIndex) -> bool {
        match self.assigned(local) {
            Assigned::Never => true,
            Assigned::Once => self.last_assignment(local).is_some(),
            Assigned::Often => false,
        }
    }

    /// Whether a local belongs to the program.
    pub(crate) fn is_of_program(&self, local: LocalIndex) -> bool {
        self.known(local).is_some_and(|known| !known.own)
    }

    /// Whether lowering added a local, so that no other code may assign it.
    pub(crate) fn is_own(&self, local: LocalIndex) -> bool {
        self.known(local).is_some_and(|known| known.own)
    }

    /// Records that code reads a local.
    pub(crate) fn read(&mut self, local: LocalIndex) {
        if let Some(known) = self.known_mut(local) {
            known.read = true;
        }
    }

    /// Whether code reads a local.
    pub(crate) fn is_read(&self, local: LocalIndex) -> bool {
        self.known(local).is_none_or(|known| known.read)
    }
}
