//! The open control structures and region scopes of a function that is being built.

use crate::build::owner::Serial;
use crate::engine::wrappers::WrapperId;
use crate::index::LocalIndex;
use wasm_encoder::BlockType;

/// An open control structure.
#[derive(Clone, Debug)]
pub(super) struct Structure {
    /// Identifies it in labels.
    pub(super) serial: Serial,
    /// Whether it is hidden from the frontend.
    pub(super) hidden: bool,
    /// The number of operands that branches to it carry.
    pub(super) carried: u32,
    /// Which of the exceptions thrown in the current arm it catches.
    pub(super) catches: Catches,
    /// The tags that it is certain to catch.
    pub(super) tags: Vec<u32>,
    /// The targets of its handlers that exit a region, innermost first.
    pub(super) landings: Vec<usize>,
}

/// Which exceptions a control structure catches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Catches {
    /// No exceptions.
    Nothing,
    /// Some exceptions, or unknown.
    Some,
    /// All exceptions.
    All,
}

impl Structure {
    pub(super) fn new(serial: Serial, carried: u32) -> Structure {
        Structure { serial, hidden: false, carried, catches: Catches::Nothing, tags: Vec::new(), landings: Vec::new() }
    }
}

/// The open scope of a region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// Identifies it in regions and segments.
    pub(super) serial: Serial,
    /// The type of the values that it leaves on the stack.
    pub(super) ty: BlockType,
    /// The local that holds the region's handle.
    pub(super) handle: LocalIndex,
    /// The number of control structures that were open when the scope began.
    pub(super) depth: usize,
    /// The handler around it, if exceptions close its region.
    pub(super) wrapper: Option<WrapperId>,
    /// Whether a call in it precedes whose exceptions are all caught in the scope. Only a planted bug depends on it.
    pub(super) has_guarded_call: bool,
}
