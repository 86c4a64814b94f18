//! The slow paths of regions, as `linmem_allocator::layout` and `linmem_allocator::growth` state them.

use crate::context::{Context, Home};
use crate::helpers::{Bodies, Helper};
use linmem_allocator::growth::LAST_PAGE;
use linmem_allocator::layout::{ALIGNMENT, CHUNK_END, CHUNK_HEADER, CHUNK_NEXT, PAGE};
use linmem_intrinsics::Violation;
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// Whether an alignment is an operand or always 8.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alignment {
    Fixed,
    Parameter,
}

const PAGE_SHIFT: i32 = PAGE.trailing_zeros() as i32;

/// What `memory.grow` returns when it refuses.
const REFUSED: i32 = -1;

/// Pushes the address of home's header.
fn push_home<'s, 'b>(sink: &'s mut InstructionSink<'b>, context: &Context) -> &'s mut InstructionSink<'b> {
    match context.home.start() {
        Some(start) => sink.i32_const(start as i32),
        None => sink.global_get(context.home_start().0),
    }
}

/// Rounds the `i64` on the stack up to the alignment of all segments.
fn round_up<'s, 'b>(sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
    let mask = i64::from(ALIGNMENT) - 1;
    sink.i64_const(mask).i64_add().i64_const(!mask).i64_and()
}

/// Finds home: what the base leaves, or a page of its own.
///
/// ```wasm
/// i32.const 1   memory.grow   local.tee $page
/// i32.const 65535   i32.ge_u   if  call $linmem.OutOfMemory  unreachable  end
/// local.get $page   i32.const 16   i32.shl   global.set $linmem.home
/// global.get $linmem.home   i32.const 65536   i32.add   global.set $linmem.limit
/// i32.const 1   global.set $linmem.owned
/// global.get $linmem.home   i32.const 8   i32.add   global.set $linmem.top
/// ```
pub(super) fn find_home(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let (page, start) = (0, 0);
    let mut function = Function::new([(1, ValType::I32)]);
    let sink = &mut function.instructions();
    let (home, limit, owned, top) = (context.home_start().0, context.limit().0, context.owned().0, context.top().0);
    if let Home::Found { base: Some((base, end)) } = context.home {
        let mask = ALIGNMENT as i32 - 1;
        // The rounding wraps only for a base in the last eight bytes, and then home would start at 0 in a memory that
        // ends there: the comparison below uses the unrounded base.
        sink.global_get(base.0).i32_const(mask).i32_add().i32_const(!mask).i32_and().local_set(start);
        sink.global_get(base.0).i64_extend_i32_u();
        sink.i64_const(i64::from(mask as u32 + CHUNK_HEADER)).i64_add().i64_const(i64::from(end)).i64_le_u();
        sink.if_(BlockType::Empty);
        sink.local_get(start).global_set(home);
        sink.local_get(start).i64_const(0).i64_store(context.memarg(CHUNK_END, 4));
        sink.i32_const(end as i32).global_set(limit);
        sink.i32_const(end as i32).local_get(start).i32_sub().i32_const(PAGE as i32 - 1).i32_add();
        sink.i32_const(PAGE_SHIFT).i32_shr_u().global_set(owned);
        sink.local_get(start).i32_const(CHUNK_HEADER as i32).i32_add().global_set(top);
        sink.return_().end();
    }
    sink.i32_const(1).memory_grow(context.memory.0).local_tee(page);
    sink.i32_const(LAST_PAGE as i32).i32_ge_u().if_(BlockType::Empty);
    sink.call(bodies.helper(Helper::Violation(Violation::OutOfMemory))).unreachable().end();
    sink.local_get(page).i32_const(PAGE_SHIFT).i32_shl().global_set(home);
    sink.global_get(home).i32_const(PAGE as i32).i32_add().global_set(limit);
    sink.i32_const(1).global_set(owned);
    sink.global_get(home).i32_const(CHUNK_HEADER as i32).i32_add().global_set(top);
    sink.end();
    function
}

/// Allocates where the fast path could not: from home on, tries every chunk that is not below the one that top was in,
/// and grows behind the last. `from` is what top was before the fast path moved it.
///
/// ```wasm
/// top = from                                          ;; in case there is no memory
/// chunk = HOME
/// chunk.end |= limit                                  ;; where the end of home may have been kept so far
/// loop $try
///   start = max(from, chunk + 8)                      ;; aligned, if that is asked for; in 64 bits
///   end = start + round_up(bytes)
///   missing = end - chunk.end                         ;; positive as well if top was in a later chunk
///   missing <= 0:
///     top = end   limit = chunk.end * (chunk == HOME)
///     return start
///   chunk.next != 0:   chunk = chunk.next   br $try
///   pages = (missing + 65535) >> 16   tried = max(pages, owned)   page = memory.grow(tried)
///   page == -1:   tried = pages   page = memory.grow(tried)
///     page == -1:   call $linmem.OutOfMemory
///   owned += tried
///   page << 16 != chunk.end:                          ;; not next to the last chunk: a new one, whose next is 0
///     chunk.next = page << 16   chunk = page << 16
///   chunk.end = min(page + tried, 65535) << 16
///   br $try
/// end
/// ```
///
/// The last page of a full memory is not used, and may come back as a chunk that ends where it starts: nothing fits
/// there, and the next attempt to grow fails.
pub(super) fn refill(bodies: &Bodies<'_>, alignment: Alignment) -> Function {
    let context = bodies.context;
    let (from, bytes, align) = (0, 1, 2);
    let first = if alignment == Alignment::Parameter { 3 } else { 2 };
    let (chunk, start, pages, tried, page) = (first, first + 1, first + 2, first + 3, first + 4);
    let (end, missing, first_free) = (first + 5, first + 6, first + 7);
    let (limit, owned, top) = (context.limit().0, context.owned().0, context.top().0);
    let (end_of, next_of) = (context.memarg(CHUNK_END, 4), context.memarg(CHUNK_NEXT, 4));

    let mut function = Function::new([(5, ValType::I32), (3, ValType::I64)]);
    let sink = &mut function.instructions();

    // A program that allocates before it opens a region must not make a chunk of address 0.
    if matches!(context.home, Home::Found { .. }) {
        sink.local_get(from).i32_eqz().if_(BlockType::Empty);
        sink.call(bodies.helper(Helper::FindHome)).global_get(top).local_set(from).end();
    }
    sink.local_get(from).global_set(top);
    push_home(sink, context).local_tee(chunk);
    // What a base leaves to linmem may hold anything; the first to come here clears it, and only then counts.
    if let Home::Reserved { zeroed: false, .. } = context.home {
        sink.global_get(owned).i32_eqz().if_(BlockType::Empty);
        sink.local_get(chunk).i64_const(0).i64_store(context.memarg(CHUNK_END, 4));
        sink.i32_const(context.home.pages() as i32).global_set(owned).end();
    }
    sink.local_get(chunk).i32_load(end_of).global_get(limit).i32_or().i32_store(end_of);

    sink.loop_(BlockType::Empty);
    sink.local_get(from).local_get(chunk).i32_const(CHUNK_HEADER as i32).i32_add().local_tee(start);
    sink.local_get(from).local_get(start).i32_gt_u().select().i64_extend_i32_u();
    if alignment == Alignment::Parameter {
        // In 64 bits, since the last chunk may end right below the end of the address space.
        sink.local_get(align).i64_extend_i32_u().i64_add().i64_const(1).i64_sub();
        sink.i64_const(0).local_get(align).i64_extend_i32_u().i64_sub().i64_and();
    }
    sink.local_tee(first_free);
    sink.local_get(bytes).i64_extend_i32_u();
    round_up(sink).i64_add().local_tee(end);
    sink.local_get(chunk).i64_load32_u(end_of).i64_sub().local_tee(missing);
    sink.i64_const(0).i64_le_s().if_(BlockType::Empty);
    sink.local_get(end).i32_wrap_i64().global_set(top);
    sink.local_get(chunk).i32_load(end_of).local_get(chunk);
    push_home(sink, context).i32_eq().i32_mul().global_set(limit);
    sink.local_get(first_free).i32_wrap_i64().return_().end();

    sink.local_get(chunk).i32_load(next_of).local_tee(start).if_(BlockType::Empty);
    sink.local_get(start).local_set(chunk).br(1).end();

    sink.local_get(missing).i64_const(i64::from(PAGE) - 1).i64_add().i64_const(i64::from(PAGE_SHIFT));
    sink.i64_shr_u().i32_wrap_i64().local_tee(pages).global_get(owned);
    sink.local_get(pages).global_get(owned).i32_gt_u().select().local_tee(tried);
    sink.memory_grow(context.memory.0).local_tee(page).i32_const(REFUSED).i32_eq().if_(BlockType::Empty);
    sink.local_get(pages).local_tee(tried).memory_grow(context.memory.0).local_tee(page);
    sink.i32_const(REFUSED).i32_eq().if_(BlockType::Empty);
    sink.call(bodies.helper(Helper::Violation(Violation::OutOfMemory))).unreachable().end().end();

    sink.global_get(owned).local_get(tried).i32_add().global_set(owned);
    sink.local_get(page).i32_const(PAGE_SHIFT).i32_shl().local_tee(start);
    sink.local_get(chunk).i32_load(end_of).i32_ne().if_(BlockType::Empty);
    sink.local_get(chunk).local_get(start).i32_store(next_of).local_get(start).local_set(chunk).end();
    // The number of pages is at most 65536, of which the last is left out: x - (x >> 16).
    sink.local_get(chunk).local_get(page).local_get(tried).i32_add().local_tee(page);
    sink.local_get(page).i32_const(PAGE_SHIFT).i32_shr_u().i32_sub().i32_const(PAGE_SHIFT).i32_shl();
    sink.i32_store(end_of).br(0);
    sink.end().unreachable().end();
    function
}

/// [`refill`] where [`refill`] with an alignment exists anyway.
///
/// ```wasm
/// local.get $from   local.get $bytes   i32.const 8   call $linmem.refill_aligned
/// ```
pub(super) fn refill_by_aligned(bodies: &Bodies<'_>) -> Function {
    let mut function = Function::new([]);
    function
        .instructions()
        .local_get(0)
        .local_get(1)
        .i32_const(ALIGNMENT as i32)
        .call(bodies.helper(Helper::RefillAligned))
        .end();
    function
}

/// Allocates, fast path included.
///
/// ```wasm
/// end = round_up(bytes) + top                         ;; in 64 bits
/// end > limit:   return refill(top, bytes)
/// top   top = end
/// ```
pub(super) fn bump(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let (limit, top) = (context.limit().0, context.top().0);
    let (bytes, end) = (0, 1);
    let mut function = Function::new([(1, ValType::I64)]);
    let sink = &mut function.instructions();
    sink.local_get(bytes).i64_extend_i32_u();
    round_up(sink).global_get(top).i64_extend_i32_u().i64_add().local_tee(end);
    sink.global_get(limit).i64_extend_i32_u().i64_gt_u().if_(BlockType::Result(ValType::I32));
    sink.global_get(top).local_get(bytes).call(bodies.helper(Helper::Refill));
    sink.else_().global_get(top).local_get(end).i32_wrap_i64().global_set(top).end();
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
pub(super) fn allocate_aligned(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let (limit, top) = (context.limit().0, context.top().0);
    let (bytes, alignment, start, end) = (0, 1, 2, 3);
    let mut function = Function::new([(2, ValType::I64)]);
    let sink = &mut function.instructions();
    sink.global_get(top).i64_extend_i32_u().local_get(alignment).i64_extend_i32_u().i64_add();
    sink.i64_const(1).i64_sub().i64_const(0).local_get(alignment).i64_extend_i32_u().i64_sub().i64_and();
    sink.local_tee(start).local_get(bytes).i64_extend_i32_u();
    round_up(sink).i64_add().local_tee(end);
    sink.global_get(limit).i64_extend_i32_u().i64_gt_u().if_(BlockType::Result(ValType::I32));
    sink.global_get(top).local_get(bytes).local_get(alignment).i32_const(ALIGNMENT as i32);
    sink.local_get(alignment).i32_const(ALIGNMENT as i32).i32_gt_u().select();
    sink.call(bodies.helper(Helper::RefillAligned));
    sink.else_().local_get(end).i32_wrap_i64().global_set(top).local_get(start).i32_wrap_i64().end();
    sink.end();
    function
}
