//! The state of a function that is being lowered: what feeds the engine.

use crate::engine::knowledge::event::StructureKind;
use crate::engine::number_id::NumbersId;
use crate::engine::shape::Arity;
use crate::engine::tape::Tape;
use crate::engine::{Certain, Engine, Origin};
use crate::error::Error;
use crate::link::frames::{Frames, Site};
use crate::link::input::Input;
use crate::link::unwinding::Unwinding;
use linmem_intrinsics::{Operation, Signature};
use std::collections::BTreeSet;
use wasmparser::{BlockType, FuncValidator, ModuleArity, Operator, ValidatorResources};

/// The result of a block that is numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carrying {
    pub(super) numbers: NumbersId,
    /// Whether the current arm is the second one.
    pub(super) is_second: bool,
}

/// Feeds the engine.
pub(super) struct Walk<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) function: u32,
    pub(super) validator: FuncValidator<ValidatorResources>,
    pub(super) engine: Engine,
    /// What exceptions close.
    pub(super) unwinding: Option<Unwinding<'a>>,
    /// The blocks whose results are numbers, by the offsets of the instructions that open them.
    pub(super) carried: BTreeSet<usize>,
    /// By open structure of the program, the function first: its result, if that is numbers.
    pub(super) results: Vec<Option<Carrying>>,
    /// The static frames of the module.
    pub(super) frames: &'a Frames,
    /// The definite violations found so far, each with its offset in the binary.
    pub(super) violations: Vec<(usize, Error)>,
    /// Why accesses of the function cannot be traced.
    pub(super) refused: Option<Error>,
}

impl Walk<'_> {
    /// Lowers an intrinsic.
    pub(super) fn intrinsic(&mut self, signature: &Signature, offset: usize) {
        let input = self.input;
        let function = self.function;
        self.set_origin(offset);
        if self.in_static_frame(signature, offset) {
            return;
        }
        if let Err(Certain { kind, message }) = self.engine.intrinsic(signature) {
            let message = format!("{}: {message}", signature.intrinsic.name());
            let error = Error::Violation { kind, message, place: input.place(function, offset) };
            self.violations.push((offset, error));
        }
    }

    /// Lowers an intrinsic of a region that is part of a static frame, or one that stands for static data. Returns whether it is
    /// one.
    fn in_static_frame(&mut self, signature: &Signature, offset: usize) -> bool {
        match (self.frames.site(offset), signature.intrinsic.operation()) {
            (Some(Site::Open), Operation::Open) => self.engine.open_static(),
            (Some(Site::Allocate(segment)), Operation::Allocate | Operation::AllocateAligned) => {
                self.engine.allocate_static(signature, segment);
            }
            (Some(Site::Close(bytes)), Operation::Close) => self.engine.close_static(signature, bytes),
            (Some(Site::Data(segment)), Operation::OfAddress) => self.engine.replace_by_static(signature, segment),
            _ => return false,
        }
        true
    }

    /// Opens a block or an `if`.
    pub(super) fn begin_block(&mut self, ty: BlockType, (conditions, offset): (u32, usize), copy: impl Fn(&mut Tape)) {
        let numbers = self.carried.contains(&offset).then(|| self.engine.numbers_of_block()).flatten();
        self.results.push(numbers.map(|numbers| Carrying { numbers, is_second: false }));
        if numbers.is_none() {
            let arity = block_arity(&self.validator, ty);
            return self.engine.begin(StructureKind::Block, conditions, arity, copy);
        }
        self.engine.begin(StructureKind::Block, conditions, (0, 0), |tape| {
            tape.emit(|sink| {
                let empty = wasm_encoder::BlockType::Empty;
                if conditions == 0 {
                    sink.block(empty)
                } else {
                    sink.if_(empty)
                };
            });
        });
    }

    /// The result of the structure that a label is of, if it is numbers.
    pub(super) fn result_of(&self, depth: u32) -> Option<NumbersId> {
        let position = self.results.len().checked_sub(depth as usize + 1)?;
        Some((*self.results.get(position)?)?.numbers)
    }

    /// Pops the result of an arm that ends, if it is numbers.
    pub(super) fn end_arm(&mut self) {
        if let Some(Some(carrying)) = self.results.last_mut() {
            let Carrying { numbers, is_second } = *carrying;
            carrying.is_second = true;
            self.engine.carry(numbers, is_second);
        }
    }

    /// Sets the origin of the code that follows, if reports name it.
    pub(super) fn set_origin(&mut self, offset: usize) {
        if self.engine.has_sites() {
            let source = self.input.line(offset);
            let offset = if self.input.source.is_built() { 0 } else { offset as u32 };
            self.engine.set_origin(Origin { function: self.function, offset, source });
        }
    }

    /// How many operands an instruction pops and pushes.
    pub(super) fn arity(&self, operator: &Operator<'_>) -> Arity {
        match operator.operator_arity(&self.validator) {
            Some((pops, pushes)) => Arity::Known { pops, pushes },
            None => Arity::Unknown,
        }
    }
}

/// The number of parameters and results of a block. The module is valid, so the block type exists.
pub(super) fn block_arity(validator: &FuncValidator<ValidatorResources>, ty: BlockType) -> (u32, u32) {
    validator.block_type_arity(ty).unwrap_or_default()
}
