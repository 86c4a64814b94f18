//! Packed segments: the start address in the low 32 bits of an `i64`, the size in the high 32.
//!
//! Both halves are 32-bit numbers, independent of the width of the memory.

use crate::index::LocalIndex;
use wasm_encoder::InstructionSink;

/// The position of the size's lowest bit.
const SIZE_SHIFT: i64 = 32;

/// The bits of the start address.
const START_MASK: i64 = 0xffff_ffff;

/// The segment of a constant start and size.
pub(crate) const fn constant(start: u32, bytes: u32) -> i64 {
    ((bytes as u64) << SIZE_SHIFT | start as u64) as i64
}

/// The start address of a constant segment.
pub(crate) const fn start_of(segment: i64) -> u32 {
    segment as u32
}

/// The size of a constant segment in bytes.
pub(crate) const fn size_of(segment: i64) -> u32 {
    (segment as u64 >> SIZE_SHIFT) as u32
}

/// Replaces the segment on the stack by its start address.
pub(crate) fn start<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    sink.i32_wrap_i64()
}

/// Replaces the segment on the stack by its size.
pub(crate) fn size<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    wide_size(sink).i32_wrap_i64()
}

/// Replaces the segment on the stack by its size as an `i64`.
pub(crate) fn wide_size<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    sink.i64_const(SIZE_SHIFT).i64_shr_u()
}

/// Pushes the end address of the segment in a local, as an `i64`: at most `2^33 - 2`.
pub(crate) fn wide_end<'s, 'b>(sink: &'s mut InstructionSink<'b>, segment: LocalIndex) -> &'s mut InstructionSink<'b> {
    sink.local_get(segment.0).i64_const(START_MASK).i64_and();
    wide_size(sink.local_get(segment.0)).i64_add()
}

/// Replaces the segment on the stack by whether it has fewer than `bytes` bytes.
///
/// `size < bytes` is `size * 2^32 + start < bytes * 2^32`, because `start < 2^32`; `bytes * 2^32` is below `2^64`.
pub(crate) fn is_shorter<'s, 'b>(sink: &'s mut InstructionSink<'b>, bytes: u32) -> &'s mut InstructionSink<'b> {
    sink.i64_const(constant(0, bytes)).i64_lt_u()
}

/// Replaces the start address on the stack by a segment of a constant size.
pub(crate) fn make_constant<'s, 'b>(sink: &'s mut InstructionSink<'b>, bytes: u32) -> &'s mut InstructionSink<'b> {
    widen_start(sink);
    if bytes != 0 {
        sink.i64_const(constant(0, bytes)).i64_or();
    }
    sink
}

/// Converts the start address on the stack to the lower half of a segment, which [`add_size`] completes.
pub(crate) fn widen_start<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    sink.i64_extend_i32_u()
}

/// Replaces the lower half of a segment and a size, both on the stack, by the segment.
pub(crate) fn add_size<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    sink.i64_extend_i32_u().i64_const(SIZE_SHIFT).i64_shl().i64_or()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_segments_are_taken_apart_as_they_were_made() {
        for (start, bytes) in [(0, 0), (8, 24), (u32::MAX, 1), (1, u32::MAX), (1 << 31, 1 << 31)] {
            let segment = constant(start, bytes);
            assert_eq!((start_of(segment), size_of(segment)), (start, bytes));
        }
    }
}
