//! Memory that linmem and the program both grow: a split memory, and the program's allocator.
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
//! The memory is split when linmem needs its first page. Until then, `$linmem.split` is 0, and the program's
//! `memory.size` and `memory.grow` behave as the instructions do. If there is static data above the split, the memory is
//! split from the start: its minimum contains the lower part and the static data, and the split is a constant.

use crate::code::FunctionRef;
use crate::context::{Allocator, Convention, Growth, Split};
use crate::globals::Global;
use crate::helpers::fragments::{Field, PAGE_SHIFT};
use crate::helpers::routine::{Local, Routine};
use linmem_allocator::Width;
use linmem_allocator::growth::REFUSED;
use linmem_allocator::layout::{ALIGNMENT, PAGE};
use wasm_encoder::ValType;

/// linmem's own growth of a split memory. The first growth determines the split: the configured number of pages, halved
/// as long as the host refuses, but never inside the part that the program already has.
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
pub(super) fn grow(r: &mut Routine<'_>) {
    let wanted = match r.context().growth {
        Growth::Split(Split { pages, .. }) => pages,
        Growth::Grow | Growth::Contiguous | Growth::Allocator(_) => 0,
    };
    let [needed] = r.params();
    let [size, least, want] = r.pointers();
    r.read(Global::Split).ptr_nez().if_();
    r.get(needed).memory_grow().return_().end();
    // At least 1, because 0 means that the memory is not split.
    r.memory_size().tee(size).get(size).ptr_eqz().ptr_from_i32().ptr_or().set(least);
    r.ptr_const(u64::from(wanted)).set(want);
    let again = r.repeat();
    r.get(want).get(least).get(want).get(least).ptr_gt_u().select().tee(want);
    r.get(size).ptr_sub().get(needed).ptr_add().memory_grow().ptr_const(REFUSED).ptr_ne().if_();
    r.get(size).write(Global::Pages).get(want).write(Global::Split).get(want).return_().end();
    r.get(want).get(least).ptr_eq().if_();
    r.ptr_const(REFUSED).return_().end();
    r.get(want).ptr_const(1).ptr_shr_u().set(want).br(again);
    r.end().unreachable();
}

/// The program's `memory.size`. If the memory is split from the start, `pages` always counts the program's pages.
///
/// ```wasm
/// ;; () -> pages
/// split != 0:   pages   else:   memory.size
/// ```
pub(super) fn program_size(r: &mut Routine<'_>) {
    if r.context().fixed_pages().is_some() {
        r.read(Global::Pages);
        return;
    }
    r.read(Global::Split).ptr_nez().if_pointer();
    r.read(Global::Pages).else_().memory_size().end();
}

/// The program's `memory.grow`. Sums are computed in 64 bits, so that they do not wrap around.
///
/// ```wasm
/// ;; (more) -> the old size, or -1
/// size = program_size()
/// size + more > MAXIMUM:   return -1                  ;; if the program declared one
/// split == 0:   return memory.grow(more)
/// size + more > split:   return -1
/// pages = size + more   size
/// ```
///
/// If the memory is split from the start:
///
/// ```wasm
/// size + more > min(SPLIT, MAXIMUM):   return -1
/// pages = size + more   size
/// ```
pub(super) fn program_grow(r: &mut Routine<'_>) {
    let [more] = r.params();
    let size = r.pointer();
    let sum = r.local(ValType::I64);
    program_size(r);
    r.tee(size).ptr_extend();
    r.wide(|r| {
        r.get(more);
    });
    r.i64_add().set(sum);
    if let Growth::Split(Split { pages, maximum, fixed: Some(_) }) = r.context().growth {
        let most = maximum.map_or(pages, |maximum| maximum.min(pages));
        r.get(sum).i64_const(i64::from(most)).i64_gt_u().if_();
        r.ptr_const(REFUSED).return_().end();
        r.get(sum).ptr_wrap().write(Global::Pages).get(size);
        return;
    }
    if let Growth::Split(Split { maximum: Some(maximum), .. }) = r.context().growth {
        r.get(sum).i64_const(i64::from(maximum)).i64_gt_u().if_();
        r.ptr_const(REFUSED).return_().end();
    }
    r.read(Global::Split).ptr_eqz().if_();
    r.get(more).memory_grow().return_().end();
    r.get(sum).read(Global::Split).ptr_extend().i64_gt_u().if_();
    r.ptr_const(REFUSED).return_().end();
    r.get(sum).ptr_wrap().write(Global::Pages).get(size);
}

/// Obtains a chunk of at least `bytes` bytes, including its header, from the program's allocator: as much as linmem
/// already owns, or else as much as is needed. The list of chunks is ascending, so the chunk is inserted at its place;
/// the first one is home. A block below home is not used.
///
/// ```wasm
/// ;; (bytes, below CEILING) -> an address that is not 0, or 0 if the allocator fails
/// pages = (bytes + 65535) >> 16   tried = owned > pages and owned < 65536 ? owned : pages
/// at = allocator(tried << 16)
/// at == 0:   tried = pages   at = allocator(tried << 16)   at == 0:   return 0
/// pin(at)                                              ;; if there is such a function
/// chunk = (at + 7) & -8   end = min((at + (tried << 16)) & -8, CEILING) - RESERVE
/// HOME == 0:   HOME = chunk   chunk.end = end   chunk.next = 0   owned += tried
/// HOME < chunk:   owned += tried
///   before = HOME
///   loop $find
///     before.next - 1 < chunk - 1:   before = before.next   br $find    ;; unsigned: 0 is after all others
///   end
///   chunk.end = end   chunk.next = before.next   before.next = chunk
/// at
/// ```
///
/// In a 64-bit memory, an address at or above the ceiling is also treated as 0, so that sums with it do not wrap
/// around.
pub(super) fn claim(r: &mut Routine<'_>) {
    let Growth::Allocator(allocator) = r.context().growth else {
        r.unreachable();
        return;
    };
    let layout = r.context().layout();
    let (ceiling, mask) = (layout.ceiling(), u64::from(ALIGNMENT) - 1);
    let [bytes] = r.params();
    let [pages, tried, at, chunk, end, before] = r.pointers();
    r.get(bytes).ptr_const(u64::from(PAGE) - 1).ptr_add().ptr_const(u64::from(PAGE_SHIFT)).ptr_shr_u().set(pages);
    r.read(Global::Owned).get(pages).read(Global::Owned).get(pages).ptr_gt_u();
    r.read(Global::Owned).ptr_const(layout.last_page()).ptr_le_u().i32_and().select().set(tried);
    allocate(r, allocator, tried);
    r.tee(at).nothing().if_();
    r.get(pages).set(tried);
    allocate(r, allocator, tried);
    r.tee(at).nothing().if_();
    r.ptr_const(0).return_().end().end();
    if let Some(pin) = allocator.pin {
        r.get(at).call(FunctionRef::Program(pin)).drop();
    }
    r.get(at).round_up_pointer().set(chunk);
    // In 64 bits, because a block may end at the end of the address space.
    r.get(at).ptr_extend().get(tried).pages_to_bytes().ptr_extend().i64_add();
    r.i64_const(ceiling as i64).i64_lt_u().if_pointer();
    r.get(at).get(tried).pages_to_bytes().ptr_add().ptr_const(!mask).ptr_and();
    r.else_().ptr_const(ceiling).end();
    r.subtract_reserve().set(end);

    if r.context().home.start().is_none() {
        r.read(Global::Home).ptr_eqz().if_();
        r.get(chunk).get(end).store(Field::End).get(chunk).ptr_const(0).store(Field::Next);
        r.get(chunk).write(Global::Home).own(tried).get(at).return_().end();
    }
    r.home().tee(before).get(chunk).ptr_lt_u().if_();
    r.own(tried);
    let find = r.repeat();
    r.get(before).load(Field::Next).ptr_const(1).ptr_sub().get(chunk).ptr_const(1).ptr_sub().ptr_lt_u().if_();
    r.get(before).load(Field::Next).set(before).br(find).end().end();
    r.get(chunk).get(end).store(Field::End);
    r.get(chunk).get(before).load(Field::Next).store(Field::Next);
    r.get(before).get(chunk).store(Field::Next).end();
    r.get(at);
}

/// Calls the allocator for the number of pages in a local.
fn allocate(r: &mut Routine<'_>, allocator: Allocator, pages: Local) {
    if allocator.convention == Convention::Realloc {
        r.ptr_const(0).ptr_const(0).ptr_const(u64::from(ALIGNMENT));
    }
    r.get(pages).pages_to_bytes();
    if allocator.convention == Convention::New {
        // The identifier of a class.
        r.i32_const(0);
    }
    r.call(FunctionRef::Program(allocator.function));
}

impl Routine<'_> {
    /// Pushes whether the address on the stack, returned by the program's allocator, is unusable.
    fn nothing(&mut self) -> &mut Self {
        match self.width() {
            Width::Bits32 => self.ptr_eqz(),
            Width::Bits64 => {
                // 0 becomes the largest number.
                let ceiling = self.context().layout().ceiling();
                self.ptr_const(1).ptr_sub().ptr_const(ceiling - 1).ptr_ge_u()
            }
        }
    }
}
