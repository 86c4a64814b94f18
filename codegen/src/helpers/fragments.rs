//! Pieces of code that several lowerings and helpers have in common.

use crate::context::{Context, Home};
use crate::globals::Global;
use linmem_allocator::layout::{ALIGNMENT, CHUNK_END, CHUNK_HEADER, HANDLE_STEP, PAGE, REGION_HANDLE};
use wasm_encoder::{BlockType, InstructionSink};

/// How far the upper half of a number of 64 bits is shifted.
const HALF: i64 = 32;

/// How far a number of pages is shifted to be a number of bytes.
pub(super) const PAGE_SHIFT: i32 = PAGE.trailing_zeros() as i32;

/// Pushes the address of home's header.
pub(crate) fn push_home<'s, 'b>(sink: &'s mut InstructionSink<'b>, context: &Context) -> &'s mut InstructionSink<'b> {
    match context.home.start() {
        Some(start) => sink.i32_const(start as i32),
        None => sink.global_get(context.global(Global::Home)),
    }
}

/// Clears the header of home, whose address is in the local `home`, if nobody has yet: what a base leaves to linmem may hold
/// anything; the first to need the header clears it, and only then counts its pages.
///
/// ```wasm
/// owned == 0:   home.end = 0   home.next = 0   owned = PAGES
/// ```
pub(super) fn clear_home(sink: &mut InstructionSink<'_>, context: &Context, home: u32) {
    if let Home::Reserved { zeroed: false, .. } = context.home {
        let owned = context.global(Global::Owned);
        sink.global_get(owned).i32_eqz().if_(BlockType::Empty);
        sink.local_get(home).i64_const(0).i64_store(context.memarg(CHUNK_END, 4));
        sink.i32_const(context.home.pages() as i32).global_set(owned).end();
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

/// Gives the region whose header is to lie at the address in the local `header` a handle, and pushes that address and what
/// the header holds, for [`emit_store_header`].
///
/// ```wasm
/// local.get $header
/// global.get $linmem.serial   i32.const 2   i32.add   global.set $linmem.serial
/// global.get $linmem.serial   i64.extend_i32_u
/// global.get $linmem.region   i64.extend_i32_u   i64.const 32   i64.shl   i64.or
/// ```
pub(crate) fn emit_header(sink: &mut InstructionSink<'_>, context: &Context, header: u32) {
    let (region, serial) = (context.global(Global::Region), context.global(Global::Serial));
    sink.local_get(header);
    sink.global_get(serial).i32_const(HANDLE_STEP as i32).i32_add().global_set(serial);
    sink.global_get(serial).i64_extend_i32_u();
    sink.global_get(region).i64_extend_i32_u().i64_const(HALF).i64_shl().i64_or();
}

/// Writes the header, and makes its region the innermost one.
///
/// ```wasm
/// i64.store
/// local.get $header   global.set $linmem.region
/// ```
pub(crate) fn emit_store_header(sink: &mut InstructionSink<'_>, context: &Context, header: u32) {
    sink.i64_store(context.memarg(REGION_HANDLE, 8));
    sink.local_get(header).global_set(context.global(Global::Region));
}

/// Pushes the header of the innermost open region.
///
/// ```wasm
/// global.get $linmem.region   i64.load
/// ```
pub(crate) fn emit_load_header<'s, 'b>(
    sink: &'s mut InstructionSink<'b>,
    context: &Context,
) -> &'s mut InstructionSink<'b> {
    sink.global_get(context.global(Global::Region)).i64_load(context.memarg(REGION_HANDLE, 8))
}
