//! Finds home in a memory that linmem does not define.

use crate::context::{Growth, Home};
use crate::globals::Global;
use crate::helpers::fragments::{Field, PAGE_SHIFT};
use crate::helpers::id::Helper;
use crate::helpers::routine::Routine;
use linmem_allocator::layout::{ALIGNMENT, PAGE};

/// Finds home: the memory above the base, or a new page. If there is no memory for it, and allocations may return null
/// and regions have no headers, home remains to be found.
///
/// ```wasm
/// i32.const 1   memory.grow   local.tee $page
/// i32.const 65535   i32.ge_u   if  call $linmem.OutOfMemory  unreachable  end
/// local.get $page   i32.const 16   i32.shl   global.set $linmem.home
/// global.get $linmem.home   i32.const 65536   i32.add   global.set $linmem.limit
/// i32.const 1   global.set $linmem.owned
/// global.get $linmem.home   i32.const 8   i32.add   global.set $linmem.top
/// global.get $linmem.home   global.set $linmem.region           ;; if regions have headers
/// ```
///
/// If chunks come from the program's allocator, `$linmem.claim` finds home, and `limit` is read from its header.
pub(super) fn find_home(r: &mut Routine<'_>) {
    let (context, page_bytes) = (r.context(), u64::from(PAGE));
    let (layout, reserve) = (context.layout(), context.reserve());
    let start = r.pointer();
    if let Home::Found { base: Some((base, end)) } = context.home {
        // The rounding wraps around only for a base in the last eight bytes of the address space. Home would then start
        // at 0; the comparison below excludes this, because it uses the unrounded base.
        r.global_get(base.0).round_up_pointer().set(start);
        r.wide(|r| {
            r.global_get(base.0);
        });
        let least = u64::from(ALIGNMENT - 1 + layout.chunk_header() + reserve);
        r.i64_const(least as i64).i64_add().i64_const(end as i64).i64_le_u().if_();
        r.get(start).write(Global::Home);
        r.clear_chunk_header(start);
        r.ptr_const(end.wrapping_sub(u64::from(reserve))).write(Global::Limit);
        r.ptr_const(end).get(start).ptr_sub().ptr_const(page_bytes - 1).ptr_add();
        r.ptr_const(u64::from(PAGE_SHIFT)).ptr_shr_u().write(Global::Owned);
        settle(r);
        r.return_().end();
    }
    let page = start;
    if let Growth::Allocator(_) = context.growth {
        r.ptr_const(page_bytes).helper(Helper::Claim).ptr_eqz().if_();
    } else {
        r.ptr_const(1).grow().tee(page).ptr_const(layout.last_page()).ptr_ge_u().if_();
    }
    if context.choices.opens_without_home() {
        r.return_();
    } else {
        let page = |r: &mut Routine<'_>| {
            r.ptr_const(page_bytes);
        };
        r.out_of_memory(page, page);
    }
    r.end();
    if let Growth::Allocator(_) = context.growth {
        r.read(Global::Home).load(Field::End).write(Global::Limit);
    } else {
        r.get(page).pages_to_bytes().write(Global::Home);
        r.read(Global::Home).ptr_const(page_bytes - u64::from(reserve)).ptr_add().write(Global::Limit);
        r.ptr_const(1).write(Global::Owned);
    }
    settle(r);
}

/// Sets top to the end of home's header, which is the innermost header while no region is open.
fn settle(r: &mut Routine<'_>) {
    r.read(Global::Home).skip_header().write(Global::Top);
    if r.context().choices.checks_regions() {
        r.read(Global::Home).write(Global::Region);
    }
}

impl Routine<'_> {
    /// Finds home, if that may not have been done.
    pub(super) fn find_home(&mut self) {
        if matches!(self.context().home, Home::Found { .. }) {
            self.read(Global::Top).ptr_eqz().if_();
            self.helper(Helper::FindHome).end();
        }
    }
}
