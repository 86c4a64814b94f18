//! Pieces of code that several lowerings and helpers have in common.

use crate::context::{Context, Global};
use linmem_allocator::layout::{ALIGNMENT, CANARY, CHUNK_HEADER, HANDLE_STEP, PAGE, REGION_CANARY, REGION_PREVIOUS};
use wasm_encoder::InstructionSink;

/// How far a number of pages is shifted to be a number of bytes.
pub(super) const PAGE_SHIFT: i32 = PAGE.trailing_zeros() as i32;

/// Pushes the address of home's header.
pub(super) fn push_home<'s, 'b>(sink: &'s mut InstructionSink<'b>, context: &Context) -> &'s mut InstructionSink<'b> {
    match context.home.start() {
        Some(start) => sink.i32_const(start as i32),
        None => sink.global_get(context.global(Global::Home)),
    }
}

/// Rounds the `i64` on the stack up to the alignment of all segments.
pub(super) fn round_up<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    let mask = i64::from(ALIGNMENT) - 1;
    sink.i64_const(mask).i64_add().i64_const(!mask).i64_and()
}

/// Adds the size of a chunk's header to the address on the stack.
pub(super) fn skip_header<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    sink.i32_const(CHUNK_HEADER as i32).i32_add()
}

/// Makes the handle on the stack what the header of its region begins with.
///
/// ```wasm
/// i64.extend_i32_u   i64.const CANARY << 32   i64.or
/// ```
pub(crate) fn emit_canary<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    sink.i64_extend_i32_u().i64_const((u64::from(CANARY) << 32) as i64).i64_or()
}

/// Makes the region whose header is to lie at the address in the local `header` the innermost one, but for what
/// [`emit_store_canary`] does.
///
/// ```wasm
/// local.get $header   global.get $linmem.region   i32.store offset=8
/// local.get $header   global.set $linmem.region
/// global.get $linmem.serial   i32.const 2   i32.add   global.set $linmem.serial
/// local.get $header   ;; the canary of $linmem.serial
/// ```
pub(crate) fn emit_link(sink: &mut InstructionSink<'_>, context: &Context, header: u32) {
    let (region, serial) = (context.global(Global::Region), context.global(Global::Serial));
    sink.local_get(header).global_get(region).i32_store(context.memarg(REGION_PREVIOUS, 4));
    sink.local_get(header).global_set(region);
    sink.global_get(serial).i32_const(HANDLE_STEP as i32).i32_add().global_set(serial);
    sink.local_get(header).global_get(serial);
    emit_canary(sink);
}

/// Writes the canary on the stack to the header below it.
///
/// ```wasm
/// i64.store
/// ```
pub(crate) fn emit_store_canary<'s, 'b>(
    sink: &'s mut InstructionSink<'b>,
    context: &Context,
) -> &'s mut InstructionSink<'b> {
    sink.i64_store(context.memarg(REGION_CANARY, 8))
}
