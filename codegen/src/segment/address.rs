//! Segments that are only an address. They carry no size, so making one or extracting its start costs nothing.

use wasm_encoder::InstructionSink;

/// Replaces the segment on the stack by its start address, which is the same value.
pub(crate) fn start<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    sink
}

/// Replaces the start address on the stack by the segment, which is the same value.
pub(crate) fn make<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    sink
}
