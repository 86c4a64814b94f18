//! Finding out whether bytes are free, out of line.

use crate::context::Home;
use crate::helpers::fragments::{clear_home, push_home};
use crate::helpers::{Bodies, Helper};
use linmem_allocator::layout::{CHUNK_END, CHUNK_NEXT};
use linmem_intrinsics::Violation;
use wasm_encoder::{BlockType, Function, ValType};

/// Ends in `UseAfterFree` if one of so many bytes from an address on lies in memory of linmem's that is free: in the chunk
/// that top is in, at top or behind it, or in a later one. What is kept for headers counts.
///
/// ```wasm
/// ;; (address, bytes)
/// chunk = HOME   end = max(chunk.end, limit)            ;; where the end of home may have been kept so far
/// loop $chunks
///   from = max(top, chunk)   until = end + RESERVE
///   from < until   address < until   address + bytes > from:   call $linmem.UseAfterFree
///   chunk = chunk.next   chunk == 0:   return
///   end = chunk.end   br $chunks
/// end
/// ```
pub(super) fn check_segment(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let (address, bytes, site) = (0, 1, 2);
    let chunk = site + u32::from(Helper::CheckSegment.is_told_site(context));
    let (end, from) = (chunk + 1, chunk + 2);
    let (top, limit) = (context.top(), context.limit());
    let mut function = Function::new([(3, ValType::I32)]);
    let sink = &mut function.instructions();
    sink.local_get(bytes).i32_eqz().if_(BlockType::Empty).return_().end();
    if matches!(context.home, Home::Found { .. }) {
        sink.global_get(top).i32_eqz().if_(BlockType::Empty).return_().end();
    }
    push_home(sink, context).local_set(chunk);
    clear_home(sink, context, chunk);
    sink.local_get(chunk).i32_load(context.memarg(CHUNK_END, 4)).local_tee(end).global_get(limit);
    sink.local_get(end).global_get(limit).i32_gt_u().select().local_set(end);
    sink.loop_(BlockType::Empty);
    if context.choices.reserve() != 0 {
        sink.local_get(end).i32_const(context.choices.reserve() as i32).i32_add().local_set(end);
    }
    sink.global_get(top).local_get(chunk).global_get(top).local_get(chunk).i32_gt_u().select().local_tee(from);
    sink.local_get(end).i32_lt_u();
    sink.local_get(address).local_get(end).i32_lt_u().i32_and();
    sink.local_get(address).i64_extend_i32_u().local_get(bytes).i64_extend_i32_u().i64_add();
    sink.local_get(from).i64_extend_i32_u().i64_gt_u().i32_and().if_(BlockType::Empty);
    bodies.violate(sink, Violation::UseAfterFree, site, |sink| {
        sink.local_get(address).local_get(bytes).global_get(top);
    });
    sink.end();
    sink.local_get(chunk).i32_load(context.memarg(CHUNK_NEXT, 4)).local_tee(chunk).if_(BlockType::Empty);
    sink.local_get(chunk).i32_load(context.memarg(CHUNK_END, 4)).local_set(end).br(1).end();
    sink.end().end();
    function
}
