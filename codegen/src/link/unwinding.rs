//! What exceptions close in the functions of a module.

use crate::check::{Release, Releases, Throws};
use crate::context::{Context, Home};
use crate::error::Error;
use crate::index::LocalIndex;
use crate::link::blocks::BlockTypes;
use crate::link::input::Input;
use crate::link::labels::Labels;
use crate::planted::{self, Bug};
use linmem_allocator::Nesting;
use linmem_intrinsics::{Intrinsic, Signature};
use wasm_encoder::ValType;

/// What exceptions close in a module.
pub(super) struct Unwind {
    releases: Releases,
    nesting: Nesting,
    is_legacy: bool,
    marks_handles: bool,
    blocks: BlockTypes,
}

impl Unwind {
    /// Analyses a module. Types are added to it from the index `first_type`.
    pub(super) fn new(input: &Input<'_>, context: &Context, first_type: u32) -> Result<Unwind, Error> {
        let nesting = context.choices.nesting;
        let throws = Throws::of(input);
        let releases = Releases::compute(input, &throws, nesting)?;
        let blocks = BlockTypes::read(input, first_type)
            .ok_or_else(|| Error::Internal { message: "a type of a valid module cannot be encoded".to_string() })?;
        let is_found = matches!(context.home, Home::Found { .. });
        let marks_handles = is_found && context.choices.opens_without_home();
        Ok(Unwind { releases, marks_handles, nesting, is_legacy: throws.is_legacy(), blocks })
    }

    /// The types of the structures that were added.
    pub(super) fn into_block_types(self) -> BlockTypes {
        self.blocks
    }

    /// What exceptions close in a function; `None` if they close nothing.
    pub(super) fn function(&mut self, function: u32, position: usize) -> Option<Unwinding<'_>> {
        let mut release = self.releases.of(function, self.nesting, !self.marks_handles)?;
        if planted::has(Bug::UnwindForgetsCleanup) {
            release.leaving.clear();
        }
        let results = self.blocks.results(position);
        let (blocks, is_legacy) = (&mut self.blocks, self.is_legacy);
        let close = Signature::possible(Intrinsic::AllocatorFree).into_iter().next()?;
        let marks_handles = self.marks_handles;
        Some(Unwinding {
            release,
            marks_handles,
            homes: Vec::new(),
            is_legacy,
            results,
            blocks,
            labels: Labels::new(),
            close,
        })
    }
}

/// What exceptions close in a function that is being lowered.
pub(super) struct Unwinding<'a> {
    pub(super) release: Release,
    /// The locals that are homes.
    pub(super) homes: Vec<LocalIndex>,
    pub(super) is_legacy: bool,
    /// Whether homes hold handles with their lowest bit set, since the handle of an open region can be zero.
    pub(super) marks_handles: bool,
    /// The results of the function.
    pub(super) results: Vec<ValType>,
    pub(super) blocks: &'a mut BlockTypes,
    /// The labels of the program.
    pub(super) labels: Labels,
    /// The signature of `MemoryAllocator.free`.
    pub(super) close: Signature,
}
