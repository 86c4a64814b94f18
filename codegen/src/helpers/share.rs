//! Memory that linmem and the program both get more of: a memory that is split, and the allocator of the program.
//!
//! ```text
//!   0              program's end        split                              memory.size
//!   │                    │                │                                     │
//!   ▼                    ▼                ▼                                     ▼
//!   ┌────────────────────┬────────────────┬────────────────┬──────────┬─────────┐
//!   │ the program's      │ not used yet   │ linmem's chunk │ a host's │ linmem's│
//!   └────────────────────┴────────────────┴────────────────┴──────────┴─────────┘
//!   $linmem.pages ───────▲  $linmem.split ▲
//! ```
//!
//! The memory is split when linmem needs its first page. Before that, `$linmem.split` is 0, and the program's own
//! `memory.size` and `memory.grow` do what the instructions do.

use crate::code::FunctionRef;
use crate::context::{Allocator, Convention, Growth, Split};
use crate::globals::Global;
use crate::helpers::Bodies;
use crate::helpers::fragments::PAGE_SHIFT;
use linmem_allocator::growth::{LAST_PAGE, REFUSED};
use linmem_allocator::layout::{ALIGNMENT, CEILING, CHUNK_END, CHUNK_NEXT, PAGE};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// linmem's own growth of a memory that is split. The first growth makes the split: after the pages that were asked for, or
/// half as many, as often as the host refuses, but never inside the part that the program has by then.
///
/// ```wasm
/// ;; (pages) -> the first new page, or -1
/// split != 0:   return memory.grow(pages)
/// size = memory.size   least = max(size, 1)   want = SPLIT
/// loop $try
///   want = max(want, least)
///   memory.grow(want - size + pages) != -1:   pages = size   split = want   return want
///   want == least:   return -1
///   want = want / 2   br $try
/// end
/// ```
pub(super) fn grow(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let Growth::Split(Split { pages: wanted, .. }) = context.growth else { return unused() };
    let (split, pages) = (context.global(Global::Split), context.global(Global::Pages));
    let memory = context.memory.0;
    let (needed, size, least, want) = (0, 1, 2, 3);
    let mut function = Function::new([(3, ValType::I32)]);
    let sink = &mut function.instructions();
    sink.global_get(split).if_(BlockType::Empty).local_get(needed).memory_grow(memory).return_().end();
    // 1 at least, since a split of 0 is no split.
    sink.memory_size(memory).local_tee(size).local_get(size).i32_eqz().i32_or().local_set(least);
    sink.i32_const(wanted as i32).local_set(want);
    sink.loop_(BlockType::Empty);
    sink.local_get(want).local_get(least).local_get(want).local_get(least).i32_gt_u().select().local_tee(want);
    sink.local_get(size).i32_sub().local_get(needed).i32_add().memory_grow(memory);
    sink.i32_const(REFUSED as i32).i32_ne().if_(BlockType::Empty);
    sink.local_get(size).global_set(pages).local_get(want).global_set(split).local_get(want).return_().end();
    sink.local_get(want).local_get(least).i32_eq().if_(BlockType::Empty);
    sink.i32_const(REFUSED as i32).return_().end();
    sink.local_get(want).i32_const(1).i32_shr_u().local_set(want).br(0);
    sink.end().unreachable().end();
    function
}

/// The program's `memory.size`.
///
/// ```wasm
/// ;; () -> pages
/// split != 0:   pages   else:   memory.size
/// ```
pub(super) fn program_size(bodies: &Bodies<'_>) -> Function {
    let mut function = Function::new([]);
    let sink = &mut function.instructions();
    push_program_size(bodies, sink);
    sink.end();
    function
}

fn push_program_size(bodies: &Bodies<'_>, sink: &mut InstructionSink<'_>) {
    let context = bodies.context;
    sink.global_get(context.global(Global::Split)).if_(BlockType::Result(ValType::I32));
    sink.global_get(context.global(Global::Pages)).else_().memory_size(context.memory.0).end();
}

/// The program's `memory.grow`. Sums are made in 64 bits, so that none wraps around.
///
/// ```wasm
/// ;; (more) -> the old size, or -1
/// size = program_size()
/// size + more > MAXIMUM:   return -1                  ;; if the program declared one
/// split == 0:   return memory.grow(more)
/// size + more > split:   return -1
/// pages = size + more   size
/// ```
pub(super) fn program_grow(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let Growth::Split(Split { maximum, .. }) = context.growth else { return unused() };
    let split = context.global(Global::Split);
    let (more, size, sum) = (0, 1, 2);
    let mut function = Function::new([(1, ValType::I32), (1, ValType::I64)]);
    let sink = &mut function.instructions();
    push_program_size(bodies, sink);
    sink.local_tee(size).i64_extend_i32_u().local_get(more).i64_extend_i32_u().i64_add().local_set(sum);
    if let Some(maximum) = maximum {
        sink.local_get(sum).i64_const(i64::from(maximum)).i64_gt_u().if_(BlockType::Empty);
        sink.i32_const(REFUSED as i32).return_().end();
    }
    sink.global_get(split).i32_eqz().if_(BlockType::Empty);
    sink.local_get(more).memory_grow(context.memory.0).return_().end();
    sink.local_get(sum).global_get(split).i64_extend_i32_u().i64_gt_u().if_(BlockType::Empty);
    sink.i32_const(REFUSED as i32).return_().end();
    sink.local_get(sum).i32_wrap_i64().global_set(context.global(Global::Pages)).local_get(size).end();
    function
}

/// Takes a chunk of at least so many bytes, its header included, from the allocator of the program: as much as linmem owns
/// already, or else as much as is needed. Chunks ascend, so it goes to its place in the list; the first one is home. What
/// lies below home has no place, and is not used.
///
/// ```wasm
/// ;; (bytes, below 2^32 - 65536) -> an address that is not 0, or 0 if the allocator has nothing
/// pages = (bytes + 65535) >> 16   tried = owned > pages and owned < 65536 ? owned : pages
/// at = allocator(tried << 16)
/// at == 0:   tried = pages   at = allocator(tried << 16)   at == 0:   return 0
/// pin(at)                                              ;; if there is such a function
/// chunk = (at + 7) & -8   end = min((at + (tried << 16)) & -8, CEILING) - RESERVE
/// HOME == 0:   HOME = chunk   chunk.end = end   chunk.next = 0   owned += tried
/// HOME < chunk:   owned += tried
///   before = HOME
///   loop $find
///     before.next - 1 < chunk - 1:   before = before.next   br $find    ;; unsigned: 0 is behind all
///   end
///   chunk.end = end   chunk.next = before.next   before.next = chunk
/// at
/// ```
pub(super) fn claim(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let Growth::Allocator(allocator) = context.growth else { return unused() };
    let owned = context.global(Global::Owned);
    let (end_of, next_of) = (context.memarg(CHUNK_END, 4), context.memarg(CHUNK_NEXT, 4));
    let (bytes, pages, tried, at, chunk, end, before) = (0, 1, 2, 3, 4, 5, 6);
    let mut function = Function::new([(6, ValType::I32)]);
    let sink = &mut function.instructions();
    sink.local_get(bytes).i32_const(PAGE as i32 - 1).i32_add().i32_const(PAGE_SHIFT).i32_shr_u().local_set(pages);
    sink.global_get(owned).local_get(pages);
    sink.global_get(owned).local_get(pages).i32_gt_u();
    sink.global_get(owned).i32_const(LAST_PAGE as i32).i32_le_u().i32_and().select().local_set(tried);
    allocate(bodies, sink, allocator, tried);
    sink.local_tee(at).i32_eqz().if_(BlockType::Empty);
    sink.local_get(pages).local_set(tried);
    allocate(bodies, sink, allocator, tried);
    sink.local_tee(at).i32_eqz().if_(BlockType::Empty).i32_const(0).return_().end().end();
    if let Some(pin) = allocator.pin {
        sink.local_get(at).call((bodies.index)(FunctionRef::Program(pin))).drop();
    }
    let mask = ALIGNMENT as i32 - 1;
    sink.local_get(at).i32_const(mask).i32_add().i32_const(!mask).i32_and().local_set(chunk);
    // In 64 bits, since a block may end at the end of the address space.
    let ceiling = i64::from(CEILING);
    sink.local_get(at).i64_extend_i32_u();
    sink.local_get(tried).i32_const(PAGE_SHIFT).i32_shl().i64_extend_i32_u().i64_add();
    sink.i64_const(ceiling).i64_lt_u().if_(BlockType::Result(ValType::I32));
    sink.local_get(at).local_get(tried).i32_const(PAGE_SHIFT).i32_shl().i32_add().i32_const(!mask).i32_and();
    sink.else_().i32_const(CEILING as i32).end();
    if context.choices.reserve() != 0 {
        sink.i32_const(context.choices.reserve() as i32).i32_sub();
    }
    sink.local_set(end);

    if context.home.start().is_none() {
        let home = context.global(Global::Home);
        sink.global_get(home).i32_eqz().if_(BlockType::Empty);
        sink.local_get(chunk).local_get(end).i32_store(end_of).local_get(chunk).i32_const(0).i32_store(next_of);
        sink.local_get(chunk).global_set(home);
        sink.global_get(owned).local_get(tried).i32_add().global_set(owned);
        sink.local_get(at).return_().end();
    }
    super::push_home(sink, context).local_tee(before).local_get(chunk).i32_lt_u().if_(BlockType::Empty);
    sink.global_get(owned).local_get(tried).i32_add().global_set(owned);
    sink.loop_(BlockType::Empty);
    sink.local_get(before).i32_load(next_of).i32_const(1).i32_sub();
    sink.local_get(chunk).i32_const(1).i32_sub().i32_lt_u().if_(BlockType::Empty);
    sink.local_get(before).i32_load(next_of).local_set(before).br(1).end().end();
    sink.local_get(chunk).local_get(end).i32_store(end_of);
    sink.local_get(chunk).local_get(before).i32_load(next_of).i32_store(next_of);
    sink.local_get(before).local_get(chunk).i32_store(next_of).end();
    sink.local_get(at).end();
    function
}

/// Calls the allocator for as many pages as a local says.
fn allocate(bodies: &Bodies<'_>, sink: &mut InstructionSink<'_>, allocator: Allocator, pages: u32) {
    if allocator.convention == Convention::Realloc {
        sink.i32_const(0).i32_const(0).i32_const(ALIGNMENT as i32);
    }
    sink.local_get(pages).i32_const(PAGE_SHIFT).i32_shl();
    if allocator.convention == Convention::New {
        sink.i32_const(0);
    }
    sink.call((bodies.index)(FunctionRef::Program(allocator.function)));
}

/// Nothing calls these where the memory is not shared in that way.
fn unused() -> Function {
    let mut function = Function::new([]);
    function.instructions().unreachable().end();
    function
}
