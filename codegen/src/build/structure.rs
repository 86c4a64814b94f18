//! The control structures and the scopes of regions that are open in a function that is being built.

use crate::index::LocalIndex;

/// A control structure that is open.
#[derive(Clone, Debug)]
pub(super) struct Structure {
    /// Whether the frontend does not know of it.
    pub(super) hidden: bool,
    /// How many operands branches to it carry.
    pub(super) carried: u32,
    /// Which exceptions it catches that are thrown here.
    pub(super) catches: Catches,
    /// Tags that it catches for certain.
    pub(super) tags: Vec<u32>,
    /// Where its handlers go on to that leave a region, innermost first.
    pub(super) landings: Vec<usize>,
}

/// Which exceptions a control structure catches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Catches {
    /// None.
    Nothing,
    /// Some, or nobody knows.
    Some,
    /// All.
    All,
}

impl Structure {
    pub(super) fn new(carried: u32) -> Structure {
        Structure { hidden: false, carried, catches: Catches::Nothing, tags: Vec::new(), landings: Vec::new() }
    }
}

/// A region whose scope is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// Its handle.
    pub(super) handle: LocalIndex,
    /// How many control structures were open where it began.
    pub(super) depth: usize,
    /// How many were open where its code began.
    pub(super) code: usize,
}
