//! The slow path of allocations, as `linmem_allocator::layout` and `linmem_allocator::growth` state it.

use crate::context::{Context, Growth, Home};
use crate::globals::Global;
use crate::helpers::fragments::{PAGE_SHIFT, clear_home, push_home, round_up, skip_header};
use crate::helpers::{Alignment, Bodies, Helper, Refused};
use linmem_allocator::growth::REFUSED;
use linmem_allocator::layout::{ALIGNMENT, CEILING, CHUNK_END, CHUNK_HEADER, CHUNK_NEXT, PAGE};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// The operands: what top was before the fast path moved it, the size, and maybe the alignment.
const FROM: u32 = 0;
const BYTES: u32 = 1;
const ALIGN: u32 = 2;

/// How many blocks the allocator of the program may give for one allocation that lie below where they could be used: holes
/// in its heap, of which each is taken once.
const MOST_CLAIMS: i32 = 1000;

/// The number of operands without the site.
fn operands(alignment: Alignment) -> u32 {
    if alignment == Alignment::Parameter { 3 } else { 2 }
}

/// Allocates where the fast path could not.
pub(super) fn body(bodies: &Bodies<'_>, refused: Refused, alignment: Alignment) -> Function {
    let by_aligned = Helper::Refill(refused, Alignment::Parameter);
    // Where one has to give null, it does the work.
    if refused == Refused::Violation && bodies.needs.contains(Helper::Refill(Refused::Null, alignment)) {
        or_violation(bodies, alignment)
    } else if alignment == Alignment::Fixed && bodies.needs.contains(by_aligned) {
        fixed(bodies, by_aligned)
    } else {
        refill(bodies, refused, alignment)
    }
}

/// From home on, tries every chunk that is not below the one that top was in, and grows behind the last. `from` is what
/// top was before the fast path moved it.
///
/// ```wasm
/// top = from                                          ;; in case there is no memory
/// chunk = HOME
/// chunk.end = max(chunk.end, limit)                   ;; where the end of home may have been kept so far
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
///     page == -1:   call $linmem.OutOfMemory          ;; or return 0
///   owned += tried
///   page << 16 != chunk.end:                          ;; not next to the last chunk: a new one, whose next is 0
///     chunk.next = page << 16   chunk = page << 16
///   chunk.end = min(page + tried, 65535) << 16
///   br $try
/// end
/// ```
///
/// Where memory comes from the allocator of the program, the end of the list is instead
///
/// ```wasm
///   tried == MOST_CLAIMS:   call $linmem.OutOfMemory  ;; or return 0
///   tried += 1
///   claim(8 + 14 + round_up(bytes) + alignment - 8 + RESERVE) == 0:   call $linmem.OutOfMemory  ;; or return 0
///   chunk = HOME   br $try
/// ```
///
/// since the block may lie anywhere.
///
/// Where regions have headers, every `end` of a chunk is less by what is kept for one.
///
/// The last page of a full memory is not used, and may come back as a chunk that ends where it starts: nothing fits
/// there, and the next attempt to grow fails.
fn refill(bodies: &Bodies<'_>, refused: Refused, alignment: Alignment) -> Function {
    let context = bodies.context;
    let reserve = context.choices.reserve() as i32;
    let site = operands(alignment);
    let helper = Helper::Refill(refused, alignment);
    let first = site + u32::from(helper.is_told_site(context));
    let (chunk, start, pages, tried, page) = (first, first + 1, first + 2, first + 3, first + 4);
    let (end, missing, first_free) = (first + 5, first + 6, first + 7);
    let gives_up = |sink: &mut InstructionSink<'_>| match refused {
        Refused::Null => {
            sink.i32_const(0).return_();
        }
        Refused::Violation => violate(bodies, sink, alignment, site),
    };
    let (limit, owned, top) = (context.limit(), context.global(Global::Owned), context.top());
    let (end_of, next_of) = (context.memarg(CHUNK_END, 4), context.memarg(CHUNK_NEXT, 4));

    let mut function = Function::new([(5, ValType::I32), (3, ValType::I64)]);
    let sink = &mut function.instructions();

    // Whoever finds home must find top as it was before the fast path.
    sink.local_get(FROM).global_set(top);
    // A program that allocates before it opens a region must not make a chunk of address 0.
    if matches!(context.home, Home::Found { .. }) && !context.choices.checks_regions() {
        sink.local_get(FROM).i32_eqz().if_(BlockType::Empty);
        bodies.call(sink, Helper::FindHome, site);
        sink.global_get(top).local_set(FROM);
        if context.choices.gives_null() {
            sink.local_get(FROM).i32_eqz().if_(BlockType::Empty).i32_const(0).return_().end();
        }
        sink.end();
    }
    push_home(sink, context).local_tee(chunk);
    clear_home(sink, context, chunk);
    // The larger one of two ends; of two that are multiples of a page, of which one is 0 or the very last, all bits.
    sink.local_get(chunk).i32_load(end_of).global_get(limit);
    if reserve == 0 {
        sink.i32_or();
    } else {
        sink.local_get(chunk).i32_load(end_of).global_get(limit).i32_gt_u().select();
    }
    sink.i32_store(end_of);

    sink.loop_(BlockType::Empty);
    sink.local_get(FROM).local_get(chunk);
    skip_header(sink).local_tee(start);
    sink.local_get(FROM).local_get(start).i32_gt_u().select().i64_extend_i32_u();
    if alignment == Alignment::Parameter {
        // In 64 bits, since the last chunk may end right below the end of the address space.
        sink.local_get(ALIGN).i64_extend_i32_u().i64_add().i64_const(1).i64_sub();
        sink.i64_const(0).local_get(ALIGN).i64_extend_i32_u().i64_sub().i64_and();
    }
    sink.local_tee(first_free);
    sink.local_get(BYTES).i64_extend_i32_u();
    round_up(sink).i64_add().local_tee(end);
    sink.local_get(chunk).i64_load32_u(end_of).i64_sub().local_tee(missing);
    sink.i64_const(0).i64_le_s().if_(BlockType::Empty);
    sink.local_get(end).i32_wrap_i64().global_set(top);
    sink.local_get(chunk).i32_load(end_of).local_get(chunk);
    push_home(sink, context).i32_eq().i32_mul().global_set(limit);
    sink.local_get(first_free).i32_wrap_i64().return_().end();

    sink.local_get(chunk).i32_load(next_of).local_tee(start).if_(BlockType::Empty);
    sink.local_get(start).local_set(chunk).br(1).end();

    if let Growth::Allocator(_) = context.growth {
        // `tried` counts the blocks that were taken and did not lie where they could be used.
        sink.local_get(tried).i32_const(MOST_CLAIMS).i32_eq().if_(BlockType::Empty);
        gives_up(sink);
        sink.end();
        sink.local_get(tried).i32_const(1).i32_add().local_set(tried);
        push_needed(sink, context, alignment);
        sink.local_tee(missing).i64_const(i64::from(CEILING)).i64_ge_u().if_(BlockType::Empty);
        gives_up(sink);
        sink.end();
        sink.local_get(missing).i32_wrap_i64();
        bodies.call(sink, Helper::Claim, site);
        sink.i32_eqz().if_(BlockType::Empty);
        gives_up(sink);
        sink.end();
        push_home(sink, context).local_set(chunk).br(0);
        sink.end().unreachable().end();
        return function;
    }

    sink.local_get(missing).i64_const(i64::from(PAGE) - 1).i64_add().i64_const(i64::from(PAGE_SHIFT));
    sink.i64_shr_u().i32_wrap_i64().local_tee(pages).global_get(owned);
    sink.local_get(pages).global_get(owned).i32_gt_u().select().local_tee(tried);
    bodies.grow(sink);
    sink.local_tee(page).i32_const(REFUSED as i32).i32_eq().if_(BlockType::Empty);
    sink.local_get(pages).local_tee(tried);
    bodies.grow(sink);
    sink.local_tee(page).i32_const(REFUSED as i32).i32_eq().if_(BlockType::Empty);
    gives_up(sink);
    sink.end().end();

    sink.global_get(owned).local_get(tried).i32_add().global_set(owned);
    sink.local_get(page).i32_const(PAGE_SHIFT).i32_shl().local_tee(start);
    sink.local_get(chunk).i32_load(end_of);
    if reserve != 0 {
        sink.i32_const(reserve).i32_add();
    }
    sink.i32_ne().if_(BlockType::Empty);
    sink.local_get(chunk).local_get(start).i32_store(next_of).local_get(start).local_set(chunk).end();
    // The number of pages is at most 65536, of which the last is left out: x - (x >> 16).
    sink.local_get(chunk).local_get(page).local_get(tried).i32_add().local_tee(page);
    sink.local_get(page).i32_const(PAGE_SHIFT).i32_shr_u().i32_sub().i32_const(PAGE_SHIFT).i32_shl();
    if reserve != 0 {
        sink.i32_const(reserve).i32_sub();
    }
    sink.i32_store(end_of).br(0);
    sink.end().unreachable().end();
    function
}

/// Pushes, in 64 bits, how many bytes a block needs that the allocation fits in, whatever its address: the header, what
/// alignment may take, the segment, and what is kept for a region's header.
fn push_needed(sink: &mut InstructionSink<'_>, context: &Context, alignment: Alignment) {
    let fixed = CHUNK_HEADER + 2 * (ALIGNMENT - 1) + context.choices.reserve();
    sink.local_get(BYTES).i64_extend_i32_u();
    round_up(sink).i64_const(i64::from(fixed)).i64_add();
    if alignment == Alignment::Parameter {
        sink.local_get(ALIGN).i64_extend_i32_u().i64_add().i64_const(i64::from(ALIGNMENT)).i64_sub();
    }
}

/// Ends in `OutOfMemory`, with the operands of an allocation that was refused.
fn violate(bodies: &Bodies<'_>, sink: &mut InstructionSink<'_>, alignment: Alignment, site: u32) {
    let bytes = |sink: &mut InstructionSink<'_>| {
        sink.local_get(BYTES);
    };
    bodies.out_of_memory(sink, site, bytes, |sink| {
        match alignment {
            Alignment::Parameter => sink.local_get(ALIGN),
            Alignment::Fixed => sink.i32_const(ALIGNMENT as i32),
        };
    });
}

/// The allocation with an alignment of choice, for 8.
///
/// ```wasm
/// local.get $from   local.get $bytes   i32.const 8   call $linmem.refill_aligned
/// ```
fn fixed(bodies: &Bodies<'_>, aligned: Helper) -> Function {
    let mut function = Function::new([]);
    let sink = &mut function.instructions();
    sink.local_get(FROM).local_get(BYTES).i32_const(ALIGNMENT as i32);
    bodies.call(sink, aligned, operands(Alignment::Fixed));
    sink.end();
    function
}

/// The allocation that gives null, or else a violation.
///
/// ```wasm
/// local.get $from   local.get $bytes   call $linmem.try_refill   local.tee $from
/// i32.eqz   if  call $linmem.OutOfMemory  unreachable  end
/// local.get $from
/// ```
fn or_violation(bodies: &Bodies<'_>, alignment: Alignment) -> Function {
    let site = operands(alignment);
    let mut function = Function::new([]);
    let sink = &mut function.instructions();
    for operand in 0..operands(alignment) {
        sink.local_get(operand);
    }
    bodies.call(sink, Helper::Refill(Refused::Null, alignment), site);
    sink.local_tee(FROM).i32_eqz().if_(BlockType::Empty);
    violate(bodies, sink, alignment, site);
    sink.end().local_get(FROM).end();
    function
}
