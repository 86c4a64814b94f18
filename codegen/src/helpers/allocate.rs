//! Allocations as calls, fast path included: of code that is to be small, and of what needs more than a bump.

use crate::context::Context;
use crate::helpers::fragments::round_up;
use crate::helpers::{Alignment, Bodies, Helper};
use linmem_allocator::Zero;
use linmem_allocator::layout::{ALIGNMENT, MAX_ALIGNMENT};
use linmem_intrinsics::Violation;
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// The first operand of both: the size.
const BYTES: u32 = 0;

/// Allocates, fast path included.
///
/// ```wasm
/// end = round_up(bytes) + top                         ;; in 64 bits
/// end > limit:   return refill(top, bytes)
/// top   top = end
/// ```
pub(super) fn bump(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let (limit, top) = (context.limit(), context.top());
    let site = 1;
    let end = site + u32::from(Helper::Bump.is_told_site(context));
    let start = end + 1;
    let mut function = Function::new(locals(context, 1));
    let sink = &mut function.instructions();
    sink.local_get(BYTES).i64_extend_i32_u();
    round_up(sink).global_get(top).i64_extend_i32_u().i64_add().local_tee(end);
    sink.global_get(limit).i64_extend_i32_u().i64_gt_u().if_(BlockType::Result(ValType::I32));
    sink.global_get(top).local_get(BYTES);
    bodies.call(sink, Helper::refill(context, Alignment::Fixed), site);
    sink.else_().global_get(top).local_get(end).i32_wrap_i64().global_set(top).end();
    clear(sink, context, start);
    sink.end();
    function
}

/// Allocates with an alignment of choice, fast path included.
///
/// ```wasm
/// start = (top + alignment - 1) & -alignment          ;; in 64 bits
/// end = start + round_up(bytes)
/// end > limit:   return refill_aligned(top, bytes, max(alignment, 8))
/// top = end   start
/// ```
///
/// # Traps
///
/// In `$linmem.BadAlignment`, if alignments are checked.
pub(super) fn allocate_aligned(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let (limit, top) = (context.limit(), context.top());
    let (alignment, site) = (1, 2);
    let start = site + u32::from(Helper::AllocateAligned.is_told_site(context));
    let (end, address) = (start + 1, start + 2);
    let mut function = Function::new(locals(context, 2));
    let sink = &mut function.instructions();
    if context.choices.checks_alignment() {
        sink.local_get(alignment).i32_popcnt().i32_const(1).i32_ne();
        sink.local_get(alignment).i32_const(MAX_ALIGNMENT as i32).i32_gt_u().i32_or().if_(BlockType::Empty);
        bodies.violate(sink, Violation::BadAlignment, site, |sink| {
            sink.local_get(alignment).i32_const(0).i32_const(0);
        });
        sink.end();
    }
    sink.global_get(top).i64_extend_i32_u().local_get(alignment).i64_extend_i32_u().i64_add();
    sink.i64_const(1).i64_sub().i64_const(0).local_get(alignment).i64_extend_i32_u().i64_sub().i64_and();
    sink.local_tee(start).local_get(BYTES).i64_extend_i32_u();
    round_up(sink).i64_add().local_tee(end);
    sink.global_get(limit).i64_extend_i32_u().i64_gt_u().if_(BlockType::Result(ValType::I32));
    sink.global_get(top).local_get(BYTES).local_get(alignment).i32_const(ALIGNMENT as i32);
    sink.local_get(alignment).i32_const(ALIGNMENT as i32).i32_gt_u().select();
    bodies.call(sink, Helper::refill(context, Alignment::Parameter), site);
    sink.else_().local_get(end).i32_wrap_i64().global_set(top).local_get(start).i32_wrap_i64().end();
    clear(sink, context, address);
    sink.end();
    function
}

/// So many locals of 64 bits, and one for an address that is cleared.
fn locals(context: &Context, wide: u32) -> Vec<(u32, ValType)> {
    let mut locals = vec![(wide, ValType::I64)];
    locals.extend(zeroes(context).then_some((1, ValType::I32)));
    locals
}

/// Whether segments start zeroed.
fn zeroes(context: &Context) -> bool {
    context.choices.zero == Zero::Allocate
}

/// Sets the new segment, whose address is on the stack, to zero, if that is asked for. The null segment is left alone.
///
/// ```wasm
/// local.tee $start   i32.const 0   local.get $bytes   memory.fill   local.get $start
/// ```
fn clear(sink: &mut InstructionSink<'_>, context: &Context, start: u32) {
    if !zeroes(context) {
        return;
    }
    sink.local_tee(start);
    if context.choices.gives_null() {
        sink.if_(BlockType::Empty).local_get(start);
    }
    sink.i32_const(0).local_get(BYTES).memory_fill(context.memory.0);
    if context.choices.gives_null() {
        sink.end();
    }
    sink.local_get(start);
}
