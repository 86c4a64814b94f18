//! What operations take: constants, locals, segments, code, or what is on the stack already.

use crate::build::builder::FunctionBuilder;
use crate::index::LocalIndex;
use wasm_encoder::Instruction;

/// A local of the function that is being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Local(pub(super) LocalIndex);

impl Local {
    /// Its index, as `local.get` has it.
    pub fn index(self) -> u32 {
        self.0.0
    }
}

/// The handle of a region, in a local that nothing else writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    pub(super) handle: LocalIndex,
}

/// A segment, in a local that nothing else writes, with its size as far as the function knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub(super) local: LocalIndex,
    pub(super) bytes: Bytes,
}

/// A size that a function knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bytes {
    Constant(u32),
    Local(LocalIndex),
    /// The segment carries it.
    Carried,
}

/// The operand is on the stack already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnStack;

/// Something that can be put on the stack.
///
/// Operands of one operation are pushed from the first to the last, so that [`OnStack`] makes sense only for the first
/// ones.
pub trait Operand {
    /// Writes the instructions that push it.
    fn push(self, function: &mut FunctionBuilder<'_>);

    /// The same for an operand that usually becomes part of an instruction if it is constant: an offset, a size.
    fn push_folding(self, function: &mut FunctionBuilder<'_>)
    where
        Self: Sized,
    {
        self.push(function);
    }
}

impl Operand for i32 {
    fn push(self, function: &mut FunctionBuilder<'_>) {
        function.engine.i32_const(self);
    }

    fn push_folding(self, function: &mut FunctionBuilder<'_>) {
        function.engine.i32_const_deferred(self);
    }
}

/// An `i32` of which all bits count as a magnitude, such as a size.
impl Operand for u32 {
    fn push(self, function: &mut FunctionBuilder<'_>) {
        function.engine.i32_const(self as i32);
    }

    fn push_folding(self, function: &mut FunctionBuilder<'_>) {
        function.engine.i32_const_deferred(self as i32);
    }
}

impl Operand for i64 {
    fn push(self, function: &mut FunctionBuilder<'_>) {
        function.engine.i64_const(self);
    }

    fn push_folding(self, function: &mut FunctionBuilder<'_>) {
        function.engine.i64_const_deferred(self);
    }
}

impl Operand for f32 {
    fn push(self, function: &mut FunctionBuilder<'_>) {
        function.instruction(&Instruction::F32Const(self.into()));
    }
}

impl Operand for f64 {
    fn push(self, function: &mut FunctionBuilder<'_>) {
        function.instruction(&Instruction::F64Const(self.into()));
    }
}

impl Operand for Local {
    fn push(self, function: &mut FunctionBuilder<'_>) {
        function.engine.local_get(self.0);
    }
}

impl Operand for Region {
    fn push(self, function: &mut FunctionBuilder<'_>) {
        function.push_handle(self);
    }
}

impl Operand for Segment {
    fn push(self, function: &mut FunctionBuilder<'_>) {
        function.engine.local_get(self.local);
    }
}

impl Operand for OnStack {
    fn push(self, _: &mut FunctionBuilder<'_>) {}
}

/// Code that leaves one value.
impl<F: FnOnce(&mut FunctionBuilder<'_>)> Operand for F {
    fn push(self, function: &mut FunctionBuilder<'_>) {
        self(function);
    }
}
