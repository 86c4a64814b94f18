//! Events that change the knowledge, and the work that they leave for the engine.

use crate::code::FunctionRef;
use crate::engine::compare::Comparison;
use crate::engine::knowledge::frames::{FrameId, RegionKey};
use crate::engine::knowledge::group::Group;
use crate::engine::knowledge::rounds::Rounds;
use crate::engine::knowledge::scan::Scan;
use crate::engine::tape::{Mark, Position};
use crate::index::LocalIndex;
use std::collections::BTreeSet;

/// Something that code does that may change the knowledge.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// The program assigns a local.
    Assign {
        /// The local.
        local: LocalIndex,
        /// The constant that is added, if the local is assigned its own value plus a constant.
        step: Option<u32>,
        /// The position after the assignment.
        at: Position,
        /// How often the assignment runs, estimated from the nesting of loops.
        times: u64,
    },
    /// Unknown code runs: a call.
    Call,
    /// A region is opened and becomes the innermost one. Memory may grow.
    Open(RegionKey),
    /// A region is closed; `None` if it is unknown which.
    Close(Option<RegionKey>),
    /// Memory may grow.
    Grow,
    /// A region is closed, and nothing after this position refers to it.
    Retire(RegionKey),
    /// A load or a store of the program runs, which may trap.
    Access,
    /// An instruction runs that checks may not move across.
    Effect,
    /// An intrinsic runs that checks may not move across, or a check that must stay where it is.
    Pinned,
    /// A conditional branch, which is taken if the comparison holds.
    BranchIf {
        /// The label of the target: the number of structures between the branch and it.
        label: u32,
        /// The comparison, if the condition is one.
        condition: Option<Comparison>,
        /// The positions before and after the branch.
        code: (Position, Position),
    },
    /// The code that follows cannot be reached.
    Diverge {
        /// The label of an unconditional branch, if that is the reason.
        label: Option<u32>,
    },
    /// A control structure begins.
    Enter {
        /// Whether a branch to its label leads to its start.
        structure: StructureKind,
        /// The position before it.
        before: Position,
        /// The same place, after checks that are moved before it.
        start: Mark,
    },
    /// The next arm of the innermost structure begins.
    NextArm(ArmKind),
    /// The innermost structure ends.
    Leave,
}

/// Where a branch to the label of a control structure leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StructureKind {
    /// To its end.
    Block,
    /// To its start.
    Loop,
}

/// Where an arm of a control structure is entered from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArmKind {
    /// From the start of the structure: `else`.
    Else,
    /// From anywhere in the arm before: a handler of exceptions.
    Handler,
}

/// The check of a handle in a loop. Its region was the innermost one before the loop.
#[derive(Debug)]
pub(crate) struct HandleCheck {
    /// The start and the end of its code.
    pub(crate) code: (Position, Position),
    /// The functions that only it calls so far.
    pub(crate) calls: BTreeSet<FunctionRef>,
}

/// The work that an event leaves for the engine.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// A loop that ended, whose checks may move before it.
    pub(crate) ended_loop: Option<Box<Scan>>,
    /// A loop that ended, and that may reserve before it begins.
    pub(crate) ended_rounds: Option<Box<Rounds>>,
    /// A group of checks that is complete and may be guarded by one test.
    pub(crate) ended_group: Option<Box<Group>>,
    /// The checks of handles in a loop that ended and in which regions may have been opened or closed.
    pub(crate) needed: Vec<HandleCheck>,
    /// The checks of handles in a loop that ended and in which no region can have been opened or closed.
    pub(crate) unneeded: Vec<HandleCheck>,
    /// Frames that nothing refers to any more, with the locals of their starts. Such a local is free unless an operand
    /// still needs it.
    pub(crate) retired: Vec<(FrameId, LocalIndex)>,
}
