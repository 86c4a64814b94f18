//! Allocations as calls, including the fast path: for code optimized for size, and for allocations that need more than
//! a bump.

use crate::globals::Global;
use crate::helpers::id::Alignment;
use crate::helpers::routine::{Local, Routine};
use linmem_allocator::Zero;
use linmem_allocator::layout::{ALIGNMENT, MAX_ALIGNMENT};
use linmem_intrinsics::Violation;
use wasm_encoder::ValType;

/// Allocates, including the fast path.
///
/// ```wasm
/// ;; (bytes) -> address
/// end = round_up(bytes) + top                         ;; in 64 bits
/// end > limit:   return refill(top, bytes)
/// top   top = end
/// ```
pub(super) fn bump(r: &mut Routine<'_>) {
    let [bytes] = r.params();
    let end = r.local(ValType::I64);
    r.wide(|r| {
        r.get(bytes);
    });
    r.round_up_wide().read(Global::Top).ptr_extend().i64_add().tee(end);
    r.read(Global::Limit).ptr_extend().i64_gt_u().if_pointer();
    r.read(Global::Top).get(bytes).refill(Alignment::Fixed);
    r.else_().read(Global::Top).get(end).ptr_wrap().write(Global::Top).end();
    clear(r, bytes);
}

/// Allocates with the given alignment, including the fast path.
///
/// ```wasm
/// ;; (bytes, alignment) -> address
/// start = (top + alignment - 1) & -alignment          ;; in 64 bits
/// end = start + round_up(bytes)
/// end > limit:   return refill_aligned(top, bytes, max(alignment, 8))
/// top = end   start
/// ```
///
/// # Traps
///
/// In `$linmem.BadAlignment`, if alignments are checked.
pub(super) fn allocate_aligned(r: &mut Routine<'_>) {
    let [bytes, alignment] = r.params();
    let [start, end] = r.locals(ValType::I64);
    let least = u64::from(ALIGNMENT);
    if r.context().choices.checks_alignment() {
        r.get(alignment).ptr_popcnt().ptr_const(1).ptr_ne();
        r.get(alignment).ptr_const(u64::from(MAX_ALIGNMENT)).ptr_gt_u().i32_or().if_();
        r.violate(Violation::BadAlignment, |r| {
            r.get(alignment).ptr_const(0).ptr_const(0);
        });
        r.end();
    }
    let wide = |r: &mut Routine<'_>, local: Local| {
        r.wide(|r| {
            r.get(local);
        });
    };
    r.read(Global::Top).ptr_extend();
    wide(r, alignment);
    r.i64_add().i64_const(1).i64_sub().i64_const(0);
    wide(r, alignment);
    r.i64_sub().i64_and().tee(start);
    wide(r, bytes);
    r.round_up_wide().i64_add().tee(end);
    r.read(Global::Limit).ptr_extend().i64_gt_u().if_pointer();
    r.read(Global::Top).get(bytes).get(alignment).ptr_const(least).get(alignment).ptr_const(least).ptr_gt_u().select();
    r.refill(Alignment::Parameter);
    r.else_().get(end).ptr_wrap().write(Global::Top).get(start).ptr_wrap().end();
    clear(r, bytes);
}

/// Zeroes the new segment, whose address is on the stack, if that is requested. The null segment is not touched.
///
/// ```wasm
/// local.tee $start   i32.const 0   local.get $bytes   memory.fill   local.get $start
/// ```
fn clear(r: &mut Routine<'_>, bytes: Local) {
    let choices = r.context().choices;
    if choices.zero != Zero::Allocate {
        return;
    }
    let start = r.pointer();
    r.tee(start);
    if choices.gives_null() {
        r.ptr_nez().if_();
        r.get(start);
    }
    r.i32_const(0).get(bytes).memory_fill();
    if choices.gives_null() {
        r.end();
    }
    r.get(start);
}
