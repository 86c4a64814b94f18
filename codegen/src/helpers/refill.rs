//! The slow path of allocations, as specified by `linmem_allocator::layout` and `linmem_allocator::growth`.

use crate::code::FunctionRef;
use crate::context::{Growth, Home};
use crate::globals::Global;
use crate::helpers::fragments::{Field, PAGE_SHIFT};
use crate::helpers::id::{Alignment, Helper, Refused};
use crate::helpers::routine::{Local, Routine};
use linmem_allocator::Width;
use linmem_allocator::growth::REFUSED;
use linmem_allocator::layout::{ALIGNMENT, PAGE};
use wasm_encoder::ValType;

/// The maximum number of blocks for one allocation that the program's allocator may return at addresses too low to be
/// used. Such blocks are holes in its heap, each of which is taken once.
const MAX_CLAIMS: u64 = 1000;

/// The operands: the value of top before the fast path bumped it, the size and, if it is a parameter, the alignment.
#[derive(Clone, Copy)]
struct Operands {
    from: Local,
    bytes: Local,
    align: Option<Local>,
}

impl Operands {
    fn of(r: &Routine<'_>, alignment: Alignment) -> Operands {
        let [from, bytes] = r.params();
        Operands { from, bytes, align: (alignment == Alignment::Parameter).then(|| r.param(2)) }
    }

    /// Pushes the size as an `i64`.
    fn push_bytes(self, r: &mut Routine<'_>) {
        r.wide(|r| {
            r.get(self.bytes);
        });
    }
}

/// Allocates if the fast path failed. Of the refills that a module needs, according to `is_needed`, one does the work
/// and the others call it.
pub(super) fn body(r: &mut Routine<'_>, refused: Refused, alignment: Alignment, is_needed: &dyn Fn(Helper) -> bool) {
    let giving_null = Helper::Refill(Refused::Null, alignment);
    let by_aligned = Helper::Refill(refused, Alignment::Parameter);
    // Where regions are checked, opening one requires a refill that returns null.
    let has_null = r.context().choices.checks_regions() || is_needed(giving_null);
    if refused == Refused::Violation && has_null {
        or_violation(r, alignment);
    } else if alignment == Alignment::Fixed && is_needed(by_aligned) {
        fixed(r, by_aligned);
    } else if r.context().growth == Growth::Contiguous {
        contiguous(r, refused, alignment);
    } else {
        refill(r, refused, alignment);
    }
}

/// Grows the only chunk. `from` is the value of top before the fast path bumped it.
///
/// ```wasm
/// top = from                                          ;; in case there is no memory
/// start = from                                        ;; aligned, if requested; in 64 bits
/// end = start + round_up(bytes)
/// page = memory.size
/// page == limit >> 16 and end > limit:                ;; nobody else has grown the memory
///   pages = (end - limit + 65535) >> 16   tried = max(pages, owned)
///   memory.grow(tried) == -1:   tried = pages * (memory.grow(pages) != -1)
///   owned += tried
///   limit = min(page + tried, 65535) << 16
/// end > limit:   call $linmem.OutOfMemory             ;; or return 0
/// top = end   return start
/// ```
///
/// If regions have headers, `limit` is lower by the reserve for one. An allocation that the fast path refused does not fit, so
/// that `end > limit` is tested before the growth only where regions are opened, too: for a header, any number of bytes is tried.
fn contiguous(r: &mut Routine<'_>, refused: Refused, alignment: Alignment) {
    let operands = Operands::of(r, alignment);
    let Operands { from, .. } = operands;
    let [pages, tried, page] = r.pointers();
    let end = r.local(ValType::I64);
    let start = operands.align.map(|_| r.local(ValType::I64));

    r.get(from).write(Global::Top);
    r.get(from).ptr_extend();
    if let Some(start) = start {
        align(r, operands);
        r.tee(start);
    }
    operands.push_bytes(r);
    r.round_up_wide().i64_add().set(end);
    r.memory_size().tee(page);
    r.read(Global::Limit).add_reserve().ptr_const(u64::from(PAGE_SHIFT)).ptr_shr_u().ptr_eq();
    if refused == Refused::Null {
        r.get(end).read(Global::Limit).ptr_extend().i64_gt_u().i32_and();
    }
    r.if_();
    r.get(end).read(Global::Limit).ptr_extend().i64_sub().whole_pages().tee(pages);
    r.read(Global::Owned).get(pages).read(Global::Owned).ptr_gt_u().select().tee(tried);
    r.memory_grow().ptr_const(REFUSED).ptr_eq().if_();
    r.get(pages).get(pages).memory_grow().ptr_const(REFUSED).ptr_ne().ptr_from_i32().ptr_mul().set(tried).end();
    r.own(tried);
    r.get(page).get(tried).ptr_add().tee(page);
    r.limit_pages(page).pages_to_bytes().subtract_reserve().write(Global::Limit).end();
    r.get(end).read(Global::Limit).ptr_extend().i64_gt_u().if_();
    gives_up(r, refused, operands);
    r.end();
    r.get(end).ptr_wrap().write(Global::Top);
    match start {
        Some(start) => r.get(start).ptr_wrap(),
        None => r.get(from),
    };
}

/// Aligns the address on the stack, an `i64`, if an alignment is requested.
fn align(r: &mut Routine<'_>, operands: Operands) {
    let Some(align) = operands.align else { return };
    // In 64 bits, because the last chunk may end just below the end of the address space.
    let wide = |r: &mut Routine<'_>| {
        r.wide(|r| {
            r.get(align);
        });
    };
    wide(r);
    r.i64_add().i64_const(1).i64_sub().i64_const(0);
    wide(r);
    r.i64_sub().i64_and();
}

/// Ends an allocation for which there is no memory.
fn gives_up(r: &mut Routine<'_>, refused: Refused, operands: Operands) {
    match refused {
        Refused::Null => {
            r.ptr_const(0).return_();
        }
        Refused::Violation => violate(r, operands),
    }
}

/// Starting at home, tries every chunk that is not below the one that contained top, and grows memory after the last
/// one. `from` is the value of top before the fast path bumped it.
///
/// ```wasm
/// top = from                                          ;; in case there is no memory
/// chunk = HOME
/// chunk.end = max(chunk.end, limit)                   ;; the end of home may have been in `limit` until now
/// loop $try
///   start = max(from, chunk + 8)                      ;; aligned, if requested; in 64 bits
///   end = start + round_up(bytes)
///   missing = end - chunk.end                         ;; also positive if top was in a later chunk
///   missing <= 0:
///     top = end   limit = chunk.end * (chunk == HOME)
///     return start
///   chunk.next != 0:   chunk = chunk.next   br $try
///   pages = (missing + 65535) >> 16   tried = max(pages, owned)   page = memory.grow(tried)
///   page == -1:   tried = pages   page = memory.grow(tried)
///     page == -1:   call $linmem.OutOfMemory          ;; or return 0
///   owned += tried
///   page << 16 != chunk.end:                          ;; not adjacent to the last chunk: a new one, whose next is 0
///     chunk.next = page << 16   chunk = page << 16
///   chunk.end = min(page + tried, 65535) << 16
///   br $try
/// end
/// ```
///
/// If memory comes from the program's allocator, the end of the list is this instead, because the block may be
/// anywhere:
///
/// ```wasm
///   tried == MAX_CLAIMS:   call $linmem.OutOfMemory  ;; or return 0
///   tried += 1
///   claim(8 + 14 + round_up(bytes) + alignment - 8 + RESERVE) == 0:   call $linmem.OutOfMemory  ;; or return 0
///   chunk = HOME   br $try
/// ```
///
/// If regions have headers, every `end` of a chunk is lower by the reserve for one.
///
/// In a 32-bit memory, the last page of a full memory is not used. It may be returned as a chunk that ends where it
/// starts: nothing fits there, and the next growth fails. In a 64-bit memory, a page at or above the ceiling is treated
/// as -1, so that sums with its address do not wrap around.
fn refill(r: &mut Routine<'_>, refused: Refused, alignment: Alignment) {
    let context = r.context();
    let operands = Operands::of(r, alignment);
    let Operands { from, .. } = operands;
    let [chunk, start, pages, tried, page] = r.pointers();
    let [end, missing, first_free] = r.locals(ValType::I64);
    let gives_up = |r: &mut Routine<'_>| gives_up(r, refused, operands);

    // A helper that finds home requires top as it was before the fast path.
    r.get(from).write(Global::Top);
    // If the program allocates before it opens a region, it must not make a chunk at address 0.
    if matches!(context.home, Home::Found { .. }) && !context.choices.checks_regions() {
        r.get(from).ptr_eqz().if_();
        if r.site().is_none() && Helper::FindHome.takes_site(context) {
            // This helper does not know its call site.
            r.i32_const(-1).call(FunctionRef::Helper(Helper::FindHome));
        } else {
            r.helper(Helper::FindHome);
        }
        r.read(Global::Top).set(from);
        if context.choices.gives_null() {
            r.get(from).ptr_eqz().if_();
            r.ptr_const(0).return_().end();
        }
        r.end();
    }
    r.home().tee(chunk);
    r.clear_home(chunk);
    // The larger of two ends. Without a reserve, both are multiples of a page, and one of them is 0 or the last
    // possible end, so that `or` suffices.
    r.get(chunk).load(Field::End).read(Global::Limit);
    if context.reserve() == 0 {
        r.ptr_or();
    } else {
        r.get(chunk).load(Field::End).read(Global::Limit).ptr_gt_u().select();
    }
    r.store(Field::End);

    let again = r.repeat();
    r.get(from).get(chunk).skip_header().tee(start);
    r.get(from).get(start).ptr_gt_u().select().ptr_extend();
    align(r, operands);
    r.tee(first_free);
    operands.push_bytes(r);
    r.round_up_wide().i64_add().tee(end).get(chunk).load_wide(Field::End).i64_sub().tee(missing);
    r.i64_const(0).i64_le_s().if_();
    r.get(end).ptr_wrap().write(Global::Top);
    r.get(chunk).load(Field::End).get(chunk).home().ptr_eq().ptr_from_i32().ptr_mul().write(Global::Limit);
    r.get(first_free).ptr_wrap().return_().end();

    r.get(chunk).load(Field::Next).tee(start).ptr_nez().if_();
    r.get(start).set(chunk).br(again).end();

    if let Growth::Allocator(_) = context.growth {
        // `tried` counts the blocks that were obtained but were not at usable addresses.
        r.get(tried).ptr_const(MAX_CLAIMS).ptr_eq().if_();
        gives_up(r);
        r.end();
        r.get(tried).ptr_const(1).ptr_add().set(tried);
        push_needed(r, operands);
        r.tee(missing).i64_const(context.layout().ceiling() as i64).i64_ge_u().if_();
        gives_up(r);
        r.end();
        r.get(missing).ptr_wrap().helper(Helper::Claim).ptr_eqz().if_();
        gives_up(r);
        r.end();
        r.home().set(chunk).br(again);
        r.end().unreachable();
        return;
    }

    r.get(missing).whole_pages().tee(pages).read(Global::Owned);
    r.get(pages).read(Global::Owned).ptr_gt_u().select().tee(tried);
    r.grow().tee(page).is_refused().if_();
    r.get(pages).tee(tried).grow().tee(page).is_refused().if_();
    gives_up(r);
    r.end().end();

    r.own(tried);
    r.get(page).pages_to_bytes().tee(start);
    r.get(chunk).load(Field::End).add_reserve().ptr_ne().if_();
    r.get(chunk).get(start).store(Field::Next).get(start).set(chunk).end();
    r.get(chunk).get(page).get(tried).ptr_add().tee(page);
    r.limit_pages(page).pages_to_bytes().subtract_reserve().store(Field::End).br(again);
    r.end().unreachable();
}

impl Routine<'_> {
    /// Converts the number of bytes on the stack, an `i64`, to a number of pages, rounded up.
    fn whole_pages(&mut self) -> &mut Self {
        self.i64_const(i64::from(PAGE) - 1).i64_add().i64_const(i64::from(PAGE_SHIFT)).i64_shr_u().ptr_wrap()
    }

    /// Pushes whether the page number on the stack, returned by a growth, is unusable.
    fn is_refused(&mut self) -> &mut Self {
        let last_page = self.context().layout().last_page();
        match self.width() {
            Width::Bits32 => self.ptr_const(REFUSED).ptr_eq(),
            Width::Bits64 => self.ptr_const(last_page).ptr_ge_u(),
        }
    }

    /// Limits the number of pages on the stack, which is also in a local, to those below the ceiling.
    fn limit_pages(&mut self, pages: Local) -> &mut Self {
        let last_page = self.context().layout().last_page();
        match self.width() {
            // The number is at most 65536, and the last page is excluded: x - (x >> 16).
            Width::Bits32 => self.get(pages).ptr_const(u64::from(PAGE_SHIFT)).ptr_shr_u().ptr_sub(),
            Width::Bits64 => self.ptr_const(last_page).get(pages).ptr_const(last_page).ptr_lt_u().select(),
        }
    }
}

/// Pushes, as an `i64`, the size of a block that can contain the allocation at any address: the header, the padding for
/// alignment, the segment, and the reserve for a region's header.
fn push_needed(r: &mut Routine<'_>, operands: Operands) {
    let fixed = r.context().layout().chunk_header() + 2 * (ALIGNMENT - 1) + r.context().reserve();
    operands.push_bytes(r);
    r.round_up_wide().i64_const(i64::from(fixed)).i64_add();
    if let Some(align) = operands.align {
        r.wide(|r| {
            r.get(align);
        });
        r.i64_add().i64_const(i64::from(ALIGNMENT)).i64_sub();
    }
}

/// Raises `OutOfMemory`, with the operands of the failed allocation.
fn violate(r: &mut Routine<'_>, operands: Operands) {
    let bytes = |r: &mut Routine<'_>| {
        r.get(operands.bytes);
    };
    r.out_of_memory(bytes, |r| {
        match operands.align {
            Some(align) => r.get(align),
            None => r.ptr_const(u64::from(ALIGNMENT)),
        };
    });
}

/// Calls the refill that takes an alignment, with 8.
///
/// ```wasm
/// local.get $from   local.get $bytes   i32.const 8   call $linmem.refill_aligned
/// ```
fn fixed(r: &mut Routine<'_>, aligned: Helper) {
    let [from, bytes] = r.params();
    r.get(from).get(bytes).ptr_const(u64::from(ALIGNMENT)).helper(aligned);
}

/// Calls the refill that returns null, and raises a violation if it does.
///
/// ```wasm
/// local.get $from   local.get $bytes   call $linmem.try_refill   local.tee $from
/// i32.eqz   if  call $linmem.OutOfMemory  unreachable  end
/// local.get $from
/// ```
fn or_violation(r: &mut Routine<'_>, alignment: Alignment) {
    let operands = Operands::of(r, alignment);
    let Operands { from, bytes, align } = operands;
    r.get(from).get(bytes);
    if let Some(align) = align {
        r.get(align);
    }
    r.helper(Helper::Refill(Refused::Null, alignment)).tee(from).ptr_eqz().if_();
    violate(r, operands);
    r.end().get(from);
}
