//! A lowered function.

use crate::code::{Code, FunctionRef, relocate};
use crate::engine::locals::Added;
use crate::engine::record::Recorded;
use crate::helpers::{Demands, Needs};
use crate::source_line::SourceLine;
use wasm_encoder::{Function, ValType};

/// A lowered function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lowered {
    /// The types of all locals that are not parameters.
    pub(crate) locals: Vec<ValType>,
    /// The locals that lowering added.
    pub(crate) added: Vec<Added>,
    /// The instructions.
    pub(crate) code: Code,
    /// The lines of the source that the code is of.
    pub(crate) lines: Vec<SourceLine>,
    /// The sizes of its frames in bytes.
    pub(crate) frames: Vec<u32>,
    /// What the function requires of its module.
    pub(crate) demands: Demands,
    /// The code before lowering, if it was recorded.
    pub(crate) recorded: Option<Box<Recorded>>,
}

impl Lowered {
    /// Adds the requirements of the function to those of its module, and inserts the numbers that this assigns.
    /// `block_types` are the indices of the block types that the function requires.
    pub(crate) fn add_to(&mut self, needs: &mut Needs, block_types: &[u32]) {
        let first_site = needs.meet(std::mem::take(&mut self.demands));
        self.code.assign(first_site, block_types);
    }

    /// Replaces the numbers of functions of the program.
    pub(crate) fn renumber(&mut self, number: impl Fn(u32) -> u32) {
        for relocation in &mut self.code.relocations {
            if let FunctionRef::Program(function) = &mut relocation.target {
                *function = number(*function);
            }
        }
        for site in &mut self.demands.sites {
            site.function = number(site.function);
        }
    }

    /// Encodes the body (locals and instructions) with the final indices of functions.
    pub(crate) fn body(&self, index: impl Fn(FunctionRef) -> u32) -> Vec<u8> {
        let mut bytes = Function::new_with_locals_types(self.locals.iter().copied()).into_raw_body();
        // An encoded index has at most five bytes.
        bytes.reserve(self.code.bytes.len() + self.code.relocations.len() * 5);
        relocate(&self.code.bytes, &self.code.relocations, index, &mut bytes);
        bytes
    }

    /// The line of the source that an offset in the encoded instructions is of.
    pub(crate) fn line_at(&self, offset: usize, index: impl Fn(FunctionRef) -> u32) -> Option<&SourceLine> {
        let lines = self.code.line_offsets(index);
        let line = lines.take_while(|(at, _)| *at <= offset).last();
        line.and_then(|(_, line)| self.lines.get(line as usize))
    }

    /// Encodes the body as a function, for a sink that takes one.
    pub(crate) fn function(&self, index: impl Fn(FunctionRef) -> u32) -> Function {
        let mut bytes = Vec::new();
        relocate(&self.code.bytes, &self.code.relocations, index, &mut bytes);
        let mut function = Function::new_with_locals_types(self.locals.iter().copied());
        function.raw(bytes);
        function
    }
}
