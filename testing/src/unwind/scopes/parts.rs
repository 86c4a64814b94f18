//! What a function that is being written refers to: other functions, open regions, structures, and segments.

use crate::unwind::scopes::host::Imports;
use linmem::build::{FunctionId, Label, Local, Region, Segment};
use linmem::wasm_encoder::BlockType;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A function that others can call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Callee {
    pub(super) function: FunctionId,
    /// Whether it takes a region that is open: its handle and its position.
    pub(super) borrows: bool,
    /// Whether an exception may leave it. If not, the module declares so.
    pub(super) throws: bool,
}

/// What functions can refer to.
pub(super) struct World {
    pub(super) imports: Imports,
    /// A tag with an `i32`, and one without operands.
    pub(super) tags: [u32; 2],
    /// The type of a block with the results `i32` and `exnref`.
    pub(super) value_and_exception: BlockType,
    /// The type of a block with the results `i32` and `i64`.
    pub(super) two_values: BlockType,
    /// The global that holds the value that is carried out of a structure.
    pub(super) carried: u32,
    /// The types of functions that take no region, and of those that take one.
    pub(super) types: [u32; 2],
    pub(super) functions: Vec<Callee>,
    /// How often each construct was written.
    pub(super) written: RefCell<BTreeMap<&'static str, usize>>,
}

/// What is carried out of a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carry {
    Nothing,
    One,
    Two,
}

/// An open region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) region: Region,
    /// The local with its position: the number of regions that were open before.
    pub(super) position: Local,
    /// The local with its handle, if the function closes it by an intrinsic; `None` for a scope.
    pub(super) handle: Option<Local>,
}

/// A structure that can be left by a branch, or repeated by one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) label: Label,
    /// The number of regions of the function that are open there.
    pub(super) open: usize,
    pub(super) carry: Carry,
}

/// A `try_table` whose body is being written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Try {
    /// The number of regions of the function that are open where it begins.
    pub(super) open: usize,
    /// Whether it catches exceptions of each tag, and all exceptions.
    pub(super) tags: [bool; 2],
    pub(super) all: bool,
}

/// A segment, and its size if that is constant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) segment: Segment,
    pub(super) bytes: Option<u32>,
    /// The number of regions of the function that must be open.
    pub(super) open: usize,
}
