//! Offsets and sizes that code can push more than once.

use crate::index::LocalIndex;
use crate::width::PointerInstructions;
use linmem_allocator::Width;
use wasm_encoder::InstructionSink;

/// An offset, a size or an address that can be pushed anywhere after it was evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// A constant.
    Constant(u32),
    /// The number in a local.
    Local(LocalIndex),
}

impl Held {
    /// Pushes the number.
    pub(crate) fn push<'s, 'b>(self, sink: &'s mut InstructionSink<'b>, width: Width) -> &'s mut InstructionSink<'b> {
        match self {
            Held::Constant(constant) => sink.ptr_const(width, u64::from(constant)),
            Held::Local(local) => sink.local_get(local.0),
        }
    }

    /// Pushes the number, zero-extended to 64 bits.
    pub(crate) fn push_wide<'s, 'b>(
        self,
        sink: &'s mut InstructionSink<'b>,
        width: Width,
    ) -> &'s mut InstructionSink<'b> {
        match self {
            Held::Constant(constant) => sink.i64_const(i64::from(constant)),
            Held::Local(local) => sink.ptr_get_wide(width, local.0),
        }
    }
}
