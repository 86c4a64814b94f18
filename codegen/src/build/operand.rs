//! The operands of operations: constants, locals, segments, code, or values that are already on the stack.

use crate::build::builder::FunctionBuilder;
use crate::build::owner::{Owner, Serial};
use crate::build::static_items::Static;
use crate::index::LocalIndex;
use crate::statics::StaticSegment;
use wasm_encoder::Instruction;

/// A local of the function that is being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Local {
    pub(super) index: LocalIndex,
    pub(super) owner: Owner,
}

impl Local {
    /// Its index, as in `local.get`.
    pub fn index(self) -> u32 {
        self.index.0
    }
}

/// The handle of a region, in a local that has no other assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    pub(super) handle: LocalIndex,
    pub(super) owner: Owner,
    /// The scope that closes it; `None` if this function does not close it.
    pub(super) scope: Option<Serial>,
}

/// A segment, in a local that has no other assignment, or over static data, and its size if the function knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub(super) source: Source,
    /// The function of the local, or the module of the static data.
    pub(super) owner: Owner,
    /// The scope whose end frees it, if it is one of this function.
    pub(super) scope: Option<Serial>,
    pub(super) bytes: Bytes,
}

impl From<Static> for Segment {
    fn from(value: Static) -> Segment {
        let Static { segment, owner } = value;
        Segment { source: Source::Static(segment), owner, scope: None, bytes: Bytes::Constant(segment.bytes) }
    }
}

/// Where a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Local(LocalIndex),
    Static(StaticSegment),
}

/// The size of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bytes {
    Constant(u32),
    Local(LocalIndex),
    /// The value of the segment contains it.
    Carried,
}

/// An operand that is already on the stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnStack;

/// A value that can be pushed onto the stack.
///
/// The operands of an operation are pushed in order, so only the first ones can be [`OnStack`].
///
/// Operations on a segment take any operand. A [`Segment`] is the best one: the function knows its size and the scope that
/// frees it. If segments are only addresses, operations that need the size take only a [`Segment`].
pub trait Operand {
    /// Writes the instructions that push the value.
    fn push(self, function: &mut FunctionBuilder);

    /// Whether the value is already on the stack.
    fn is_on_stack(&self) -> bool {
        false
    }

    /// The value as a [`Segment`], if it is one.
    fn as_segment(&self) -> Option<Segment> {
        None
    }

    /// Like [`push`](Operand::push), for an operand that usually becomes part of an instruction if it is constant: an
    /// offset or a size.
    fn push_folding(self, function: &mut FunctionBuilder)
    where
        Self: Sized,
    {
        self.push(function);
    }
}

impl Operand for i32 {
    fn push(self, function: &mut FunctionBuilder) {
        function.engine.i32_const(self);
    }

    fn push_folding(self, function: &mut FunctionBuilder) {
        function.engine.i32_const_deferred(self);
    }
}

/// An unsigned `i32`, such as a size.
impl Operand for u32 {
    fn push(self, function: &mut FunctionBuilder) {
        function.engine.i32_const(self as i32);
    }

    fn push_folding(self, function: &mut FunctionBuilder) {
        function.engine.i32_const_deferred(self as i32);
    }
}

impl Operand for i64 {
    fn push(self, function: &mut FunctionBuilder) {
        function.engine.i64_const(self);
    }

    fn push_folding(self, function: &mut FunctionBuilder) {
        function.engine.i64_const_deferred(self);
    }
}

impl Operand for f32 {
    fn push(self, function: &mut FunctionBuilder) {
        function.instruction(&Instruction::F32Const(self.into()));
    }
}

impl Operand for f64 {
    fn push(self, function: &mut FunctionBuilder) {
        function.instruction(&Instruction::F64Const(self.into()));
    }
}

impl Operand for Local {
    fn push(self, function: &mut FunctionBuilder) {
        function.push_local(self);
    }
}

impl Operand for Region {
    fn push(self, function: &mut FunctionBuilder) {
        function.push_handle(self);
    }
}

impl Operand for Segment {
    fn push(self, function: &mut FunctionBuilder) {
        function.push_segment(self);
    }

    fn as_segment(&self) -> Option<Segment> {
        Some(*self)
    }
}

impl Operand for Static {
    fn push(self, function: &mut FunctionBuilder) {
        function.push_segment(self.into());
    }

    fn as_segment(&self) -> Option<Segment> {
        Some((*self).into())
    }
}

impl Operand for OnStack {
    fn push(self, _: &mut FunctionBuilder) {}

    fn is_on_stack(&self) -> bool {
        true
    }
}

/// Code that leaves one value.
impl<F: FnOnce(&mut FunctionBuilder)> Operand for F {
    fn push(self, function: &mut FunctionBuilder) {
        self(function);
    }
}
