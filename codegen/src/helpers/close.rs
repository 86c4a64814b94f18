//! Closing regions, out of line.

use crate::choices::Tracking;
use crate::globals::Global;
use crate::helpers::fragments::{push_home, skip_header};
use crate::helpers::{Bodies, Helper};
use linmem_allocator::Zero;
use linmem_allocator::layout::{CHUNK_END, CHUNK_NEXT, REGION_HANDLE, REGION_PREVIOUS};
use linmem_intrinsics::Violation;
use wasm_encoder::{BlockType, Function, ValType};

/// Closes a region by its handle.
pub(super) fn close(bodies: &Bodies<'_>) -> Function {
    match bodies.context.choices.tracking() {
        Tracking::List => close_any(bodies),
        Tracking::Headers | Tracking::Marks | Tracking::Count => close_innermost(bodies),
    }
}

/// Closes the innermost region, if the handle is its.
///
/// ```wasm
/// ;; (handle)
/// call $linmem.check_close (handle)
/// at = region   before = at.previous
/// ;; is what `before` leads to intact?   call $linmem.Corrupted
/// region = before   top = at                          ;; zeroed up to what top was, if that is asked for
/// ```
fn close_innermost(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let region = context.global(Global::Region);
    let (handle, site) = (0, 1);
    let at = site + u32::from(Helper::Close.is_told_site(context));
    let before = at + 1;
    let previous = context.memarg(REGION_PREVIOUS, 4);
    let mut function = Function::new([(2, ValType::I32)]);
    let sink = &mut function.instructions();
    sink.local_get(handle);
    bodies.call(sink, Helper::Blame(Violation::AlreadyFreed), site);
    sink.global_get(region).local_tee(at).i32_load(previous).local_set(before);
    bodies.check_header(sink, handle, at, before, site);
    bodies.leave_scope(sink, handle);
    sink.local_get(before).global_set(region).local_get(at);
    if context.choices.zero == Zero::Free {
        bodies.call(sink, Helper::Release, site);
    } else {
        sink.global_set(context.top());
    }
    sink.end();
    function
}

/// Closes a region that is in the list of open ones, wherever it is there. The last one to be closed frees all.
///
/// ```wasm
/// ;; (handle)
/// at = region   after = 0
/// loop $find
///   at == HOME:   call $linmem.AlreadyFreed
///   before = at.previous
///   ;; is the header at `at` intact?   call $linmem.Corrupted
///   at.handle != handle:   after = at   at = before   br $find
/// end
/// after:   after.previous = before   else:   region = before
/// region == HOME:   top = mark                        ;; zeroed up to what top was, if that is asked for
/// ```
fn close_any(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let region = context.global(Global::Region);
    let (handle, site) = (0, 1);
    let at = site + u32::from(Helper::Close.is_told_site(context));
    let (after, before) = (at + 1, at + 2);
    let previous = context.memarg(REGION_PREVIOUS, 4);
    let mut function = Function::new([(3, ValType::I32)]);
    let sink = &mut function.instructions();
    sink.global_get(region).local_set(at);
    sink.loop_(BlockType::Empty);
    sink.local_get(at);
    push_home(sink, context).i32_eq().if_(BlockType::Empty);
    bodies.violate(sink, Violation::AlreadyFreed, site, |sink| {
        sink.local_get(handle).i32_const(0).i32_const(0);
    });
    sink.end();
    sink.local_get(at).i32_load(previous).local_set(before);
    bodies.check_header(sink, handle, at, before, site);
    sink.local_get(at).i32_load(context.memarg(REGION_HANDLE, 4)).local_get(handle).i32_ne().if_(BlockType::Empty);
    sink.local_get(at).local_set(after).local_get(before).local_set(at).br(1).end();
    sink.end();

    bodies.leave_scope(sink, handle);
    sink.local_get(after).if_(BlockType::Empty);
    sink.local_get(after).local_get(before).i32_store(previous);
    sink.else_().local_get(before).global_set(region).end();
    sink.global_get(region);
    push_home(sink, context).i32_eq().if_(BlockType::Empty);
    sink.global_get(context.global(Global::Mark));
    if context.choices.zero == Zero::Free {
        bodies.call(sink, Helper::Release, site);
    } else {
        sink.global_set(context.top());
    }
    sink.end().end();
    function
}

/// Sets all from a mark to top to zero, chunk by chunk, and goes back to the mark.
///
/// ```wasm
/// ;; (mark)
/// limit:   memory.fill (mark, 0, top - mark)          ;; top is in home, and so is the mark
/// else:
///   mark == top:   return                              ;; maybe there is no home yet
///   chunk = HOME
///   loop $chunks
///     from = max(mark, chunk + 8)
///     from < chunk.end + RESERVE:                     ;; not for chunks that lie below the mark
///       top is in this chunk:   end = top   else   end = chunk.end + RESERVE
///       memory.fill (from, 0, end - from)
///     end == top:   break
///     chunk = chunk.next
/// top = mark
/// ```
pub(super) fn release(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let (top, memory) = (context.top(), context.memory.0);
    let (mark, chunk, from, end) = (0, 1, 2, 3);
    let mut function = Function::new([(3, ValType::I32)]);
    let sink = &mut function.instructions();
    // A region that was opened before there was a home begins where home does, if there is one by now.
    if context.choices.opens_without_home() {
        sink.local_get(mark).i32_eqz().global_get(top).i32_and().if_(BlockType::Empty);
        push_home(sink, context);
        skip_header(sink).local_set(mark).end();
    }
    sink.global_get(context.limit()).if_(BlockType::Empty);
    sink.local_get(mark).i32_const(0).global_get(top).local_get(mark).i32_sub().memory_fill(memory);
    sink.else_();
    sink.local_get(mark).global_get(top).i32_eq().if_(BlockType::Empty).return_().end();
    push_home(sink, context).local_set(chunk);
    sink.block(BlockType::Empty).loop_(BlockType::Empty);
    sink.local_get(mark).local_get(chunk);
    skip_header(sink).local_tee(from).local_get(mark).local_get(from).i32_gt_u().select().local_set(from);
    sink.local_get(chunk).i32_load(context.memarg(CHUNK_END, 4));
    if context.choices.reserve() != 0 {
        sink.i32_const(context.choices.reserve() as i32).i32_add();
    }
    sink.local_set(end);
    // Chunks ascend: the first one that does not end below top is the one that top is in.
    sink.global_get(top).local_get(end).global_get(top).local_get(end).i32_lt_u().select().local_set(end);
    sink.local_get(from).local_get(end).i32_lt_u().if_(BlockType::Empty);
    sink.local_get(from).i32_const(0).local_get(end).local_get(from).i32_sub().memory_fill(memory).end();
    sink.local_get(end).global_get(top).i32_eq().br_if(1);
    sink.local_get(chunk).i32_load(context.memarg(CHUNK_NEXT, 4)).local_tee(chunk).br_if(0);
    sink.end().end().end();
    sink.local_get(mark).global_set(top).end();
    function
}
