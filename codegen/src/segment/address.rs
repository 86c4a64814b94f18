//! Segments that are only an address: they carry no size, so that making one and taking one apart costs nothing.

use wasm_encoder::InstructionSink;

/// Replaces the segment on the stack by its start address, which it is.
pub(crate) fn start<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    sink
}

/// Replaces the start address on the stack by the segment, which it is.
pub(crate) fn make<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    sink
}
