//! Segments that are references for the program and numbers in the code that is written.
//!
//! The numbers of a segment are its start, its size and, where liveness is checked, its region, each in a local. They take the
//! place of the structure
//!
//! - in a local of the program that the link door found to hold only segments that this function made, and to be read only as
//!   an operand of intrinsics (see [`carried`](crate::link::carried)), and in the result of a block of the same kind;
//! - for a segment that was just made and is the operand of an intrinsic or of `select`.
//!
//! Whatever else uses such a segment makes a structure of the numbers, at any time: segments have no identity. So correctness
//! needs only that each assignment of such a local assigns the numbers, and that the local is assigned before it is read.
//!
//! Numbers that nothing reads are not written, which is known when the function ends ([`Late`]).

use crate::engine::knowledge::frames::FrameId;
use crate::engine::locals::Locals;
use crate::engine::maker::Maker;
use crate::engine::number_id::{NumbersId, PartUse};
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use crate::segment::SegmentTypes;
use std::collections::BTreeMap;

/// The largest number of locals of a function that are numbers.
pub(crate) const MAX_CARRIED: usize = 64;

/// The locals of a segment as numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    pub(super) start: LocalIndex,
    pub(super) size: LocalIndex,
    /// Its region, where liveness is checked.
    pub(super) region: Option<LocalIndex>,
}

impl Numbers {
    pub(super) fn all(self) -> impl Iterator<Item = LocalIndex> {
        [self.start, self.size].into_iter().chain(self.region)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Made {
    /// The position at which its parts are on the stack.
    pub(super) parts: Position,
    /// Its size, if it is constant. If not, it is on the stack.
    pub(super) size: Option<PartUse>,
    pub(super) region: Option<PartUse>,
}

/// A part of a new segment that is not on the stack yet.
#[derive(Clone, Copy, Debug)]
pub(super) enum PartSource {
    /// The region that it is allocated in.
    Maker(Maker),
    /// The region of a frame.
    Frame(FrameId),
    /// The region of the segment that a local holds as a structure.
    Structure(SegmentTypes, LocalIndex),
    /// The region in a local.
    Local(LocalIndex),
    /// A region that is never closed.
    Open(SegmentTypes),
    /// A constant size.
    Size(u32),
}

/// What becomes of a part.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// It stays on the stack.
    Part,
    /// It is assigned to a local.
    Local(LocalIndex),
    /// Nothing.
    Nothing,
}

/// The segments of a function that are numbers.
#[derive(Debug, Default)]
pub(crate) struct AllNumbers {
    pub(super) of_locals: BTreeMap<LocalIndex, NumbersId>,
    pub(super) all: Vec<Numbers>,
    pub(super) made: Vec<Made>,
    pub(super) parts: Vec<(PartSource, Purpose)>,
    /// The copies of one local to another.
    pub(super) copies: Vec<(LocalIndex, LocalIndex)>,
}

impl AllNumbers {
    /// The numbers that take the place of a local of the program.
    pub(super) fn of(&self, local: LocalIndex) -> Option<NumbersId> {
        self.of_locals.get(&local).copied()
    }

    pub(super) fn get(&self, id: NumbersId) -> Option<Numbers> {
        self.all.get(id.position()).copied()
    }

    /// The numbers that take the place of a local of the program.
    pub(super) fn of_local(&self, local: LocalIndex) -> Option<Numbers> {
        self.get(self.of(local)?)
    }
}

/// Records that code reads one of the numbers. Returns the local that code reads.
pub(super) fn read(locals: &mut Locals, local: LocalIndex) -> LocalIndex {
    locals.contents.read(local);
    locals.write(local)
}

/// The local that one of the numbers is written to, if code reads it.
pub(super) fn written(locals: &Locals, local: LocalIndex) -> Option<LocalIndex> {
    locals.written(local).filter(|written| locals.contents.is_read(*written))
}

pub(super) fn is_needed(purpose: Purpose, locals: &Locals) -> bool {
    match purpose {
        Purpose::Part => true,
        Purpose::Local(local) => written(locals, local).is_some() && !planted::has(Bug::NumbersKeepPart),
        Purpose::Nothing => false,
    }
}
