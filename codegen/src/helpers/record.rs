//! The events of regions in a traced module. The module writes them itself as long as the program does nothing wrong, and
//! calls the host for everything else.
//!
//! The last page of the shadow describes no memory that linmem uses: see [`Layout::ceiling`]. It contains, at
//! these offsets:
//!
//! ```text
//!   0      left      the number of bytes that are left for records; 0 until the host writes it
//!   4      limit     the limit that the host knows
//!   8      budget    the number of bytes that may still be freed without being used again
//!   12     stack     the address of the last of the handles; that of `stack` if there are none
//!   16     handles   those of open regions, the innermost one last
//!   4096   records   of 16 bytes each: the event, its site and two numbers; the next one is `left` before the end
//! ```
//!
//! An event is recorded if a record is left, if the handle is that of the innermost region, and if the host has nothing to
//! decide. Else the host is called. It reads the records first, and then writes all of the above. So a host that writes
//! nothing is called for each event.
//!
//! [`Layout::ceiling`]: linmem_allocator::layout::Layout::ceiling

use crate::globals::Global;
use crate::helpers::id::{Helper, HostImport};
use crate::helpers::routine::{Local, Routine};
use crate::helpers::trace::{GAP, TraceEvent, policy};
use wasm_encoder::{MemArg, ValType};

/// The address of the last page of the shadow.
const EVENTS: i32 = -0x1_0000;

const LEFT: u64 = 0;
const LIMIT: u64 = 4;
const BUDGET: u64 = 8;
const STACK: u64 = 12;

/// The address of the last handle if the stack is empty, and if it is full.
const EMPTY: i32 = EVENTS + STACK as i32;
const FULL: i32 = EVENTS + 4092;

/// The size of a record.
const RECORD: i32 = 16;

/// The states of eight bytes, as the host writes them.
const UNALLOCATED: i64 = 0x0101_0101_0101_0101;
const FREED: i64 = 2 * UNALLOCATED;
const HEADER: i64 = 3 * UNALLOCATED;

/// The largest number of bytes whose states are written one word after the other.
const LOOP_BYTES: i32 = 256;

/// The number of an event in records.
fn number(event: TraceEvent) -> i32 {
    match event {
        TraceEvent::Open => 0,
        TraceEvent::Allocate => 1,
        _ => 2,
    }
}

/// What an event needs of the page of events.
struct Page {
    left: Local,
    stack: Local,
}

impl Routine<'_> {
    fn shadow(&self, offset: u64, align: u32) -> MemArg {
        // A routine that records events is needed only in a traced module.
        let memory_index = self.context().trace.map_or(0, |shadow| shadow.0);
        MemArg { offset, align, memory_index }
    }

    fn load_event(&mut self, offset: u64) -> &mut Self {
        let at = self.shadow(offset, 2);
        self.i32_const(EVENTS).i32_load(at)
    }

    fn store_event(&mut self, offset: u64, push: impl FnOnce(&mut Self)) {
        let at = self.shadow(offset, 2);
        self.i32_const(EVENTS);
        push(self);
        self.i32_store(at);
    }

    /// Pushes whether a record is left and the host knows the limit.
    fn is_ready(&mut self) -> Page {
        let [left, stack] = self.locals(ValType::I32);
        self.load_event(STACK).set(stack);
        self.load_event(LEFT).tee(left).i32_const(0).i32_ne();
        self.load_event(LIMIT).read(Global::Limit).i32_eq().i32_and();
        Page { left, stack }
    }

    /// Pushes whether a region is the innermost one, and combines that with the condition on the stack.
    fn is_innermost(&mut self, page: &Page, handle: Local) -> &mut Self {
        let at = self.shadow(0, 2);
        self.get(page.stack).i32_const(EMPTY).i32_ne().i32_and();
        self.get(page.stack).i32_load(at).get(handle).i32_eq().i32_and()
    }

    /// Writes a record.
    fn record(&mut self, page: &Page, event: TraceEvent, numbers: [Local; 2]) {
        let record = self.local(ValType::I32);
        let [kind, site, first, second] = [0, 4, 8, 12].map(|offset| self.shadow(offset, 2));
        self.i32_const(0).get(page.left).i32_sub().tee(record).i32_const(number(event)).i32_store(kind);
        self.get(record).push_site().i32_store(site);
        self.get(record).get(numbers[0]).i32_store(first);
        self.get(record).get(numbers[1]).i32_store(second);
        self.store_event(LEFT, |r| {
            r.get(page.left).i32_const(RECORD).i32_sub();
        });
    }

    fn push_site(&mut self) -> &mut Self {
        match self.site() {
            Some(site) => self.get(site),
            None => self.i32_const(-1),
        }
    }

    /// Writes the state of whole words, from the address in `from` to the one in `to`; `from` becomes `to`.
    fn write_states(&mut self, from: Local, to: Local, state: i64) {
        let at = self.shadow(0, 3);
        self.get(to).get(from).i32_sub().i32_const(LOOP_BYTES).i32_gt_u().if_();
        self.get(from).i32_const(state as i32 & 0xff).get(to).get(from).i32_sub();
        self.emit(|sink, _| {
            sink.memory_fill(at.memory_index);
        });
        self.else_();
        let done = self.block();
        let next = self.repeat();
        self.get(from).get(to).i32_eq().br_if(done);
        self.get(from).i64_const(state).i64_store(at);
        self.get(from).i32_const(8).i32_add().set(from).br(next);
        self.end().end().end();
    }

    /// Reserves a gap, and sets a local to its address.
    fn reserve_gap(&mut self, gap: Local) {
        let bytes = u64::from(GAP);
        self.read(Global::Top).tee(gap).ptr_const(bytes).ptr_add().read(Global::Limit).ptr_gt_u().if_();
        self.ptr_const(bytes).helper(Helper::Bump).set(gap).else_();
        self.get(gap).ptr_const(bytes).ptr_add().write(Global::Top).end();
    }

    fn event(&mut self, event: TraceEvent) -> &mut Self {
        self.push_site().import(HostImport::Trace(event))
    }
}

/// A region was opened. If it has no header, it begins with a gap.
///
/// ```wasm
/// ;; (site)
/// left != 0 & limit == LIMIT & stack != FULL:
///   shadow[mark..mark + 8] = HEADER                    ;; if it has a header
///   push the handle on the stack   record (0, site, handle, mark)
/// else:   open (handle, mark, HOME, LIMIT, policy, site)
/// gap ()                                              ;; if it has no header
/// ```
pub(super) fn open(r: &mut Routine<'_>) {
    let context = *r.context();
    let has_header = context.choices.checks_regions();
    let [handle, mark] = r.pointers();
    let slot = r.shadow(4, 2);
    let header = r.shadow(0, 3);
    let (from_handle, from_mark) =
        if has_header { (Global::Serial, Global::Region) } else { (Global::Top, Global::Top) };
    r.read(from_handle).set(handle).read(from_mark).set(mark);
    let page = r.is_ready();
    r.get(page.stack).i32_const(FULL).i32_ne().i32_and().if_();
    if has_header {
        r.get(mark).i64_const(HEADER).i64_store(header);
    }
    r.get(page.stack).get(handle).i32_store(slot);
    r.store_event(STACK, |r| {
        r.get(page.stack).i32_const(4).i32_add();
    });
    r.record(&page, TraceEvent::Open, [handle, mark]);
    r.else_();
    r.get(handle).get(mark).home().read(Global::Limit).i32_const(policy(context.choices)).event(TraceEvent::Open);
    r.end();
    if !has_header {
        let gap = r.pointer();
        r.reserve_gap(gap);
    }
}

/// Bytes were allocated. They are followed by a gap.
///
/// ```wasm
/// ;; (handle, address, bytes, site)
/// gap = gap ()   end = address + bytes   word = end & -8
/// left != 0 & limit == LIMIT & handle is the innermost & address != 0 & gap == (end + 7) & -8:
///   shadow[address..end] = 0   shadow[end..gap + 8] = UNALLOCATED
///   record (1, site, address, bytes)
/// else:   allocate (handle, address, bytes, gap, LIMIT, site)
/// ```
pub(super) fn allocate(r: &mut Routine<'_>) {
    let [handle, address, bytes] = r.params();
    let [gap, end, word, from] = r.pointers();
    let at = r.shadow(0, 3);
    r.reserve_gap(gap);
    r.get(address).get(bytes).i32_add().tee(end).i32_const(-8).i32_and().set(word);
    let page = r.is_ready();
    r.is_innermost(&page, handle);
    r.get(address).i32_const(0).i32_ne().i32_and();
    r.get(end).i32_const(7).i32_add().i32_const(-8).i32_and().get(gap).i32_eq().i32_and().if_();
    r.get(address).set(from);
    r.write_states(from, word, 0);
    // The first bytes of the last word may be allocated. If none is, it is the gap.
    r.get(word).i64_const(UNALLOCATED);
    r.get(end).i32_const(7).i32_and().i32_const(3).i32_shl().i64_extend_i32_u().i64_shl().i64_store(at);
    r.get(gap).i64_const(UNALLOCATED).i64_store(at);
    r.record(&page, TraceEvent::Allocate, [address, bytes]);
    r.else_();
    r.get(handle).get(address).get(bytes).get(gap).read(Global::Limit).event(TraceEvent::Allocate);
    r.end();
}

/// A region was closed, so that top is `after` instead of `before`. Restores top unless the bytes between them may be used
/// again.
///
/// ```wasm
/// ;; (handle, before, site)
/// after = top   freed = before - after
/// left != 0 & limit == LIMIT & handle is the innermost & LIMIT != 0 & after <= before <= LIMIT
///     & (freed <= budget | it is not the last handle):
///   shadow[after..before] = FREED   pop the stack   record (2, site, before, after)
///   freed <= budget:   budget -= freed   top = before
///   else:   budget = 0
/// else:   top = close (handle, before, after, LIMIT, site)
/// ```
pub(super) fn close(r: &mut Routine<'_>) {
    let [handle, before] = r.params();
    let [after, freed, from] = r.pointers();
    let budget = r.local(ValType::I32);
    r.load_event(BUDGET).set(budget);
    r.get(before).read(Global::Top).tee(after).i32_sub().set(freed);
    let page = r.is_ready();
    r.is_innermost(&page, handle);
    r.read(Global::Limit).i32_const(0).i32_ne().i32_and();
    r.get(after).get(before).i32_le_u().i32_and();
    r.get(before).read(Global::Limit).i32_le_u().i32_and();
    r.get(freed).get(budget).i32_le_u().get(page.stack).i32_const(EMPTY + 4).i32_ne().i32_or().i32_and().if_();
    r.get(after).set(from);
    r.write_states(from, before, FREED);
    r.store_event(STACK, |r| {
        r.get(page.stack).i32_const(4).i32_sub();
    });
    r.record(&page, TraceEvent::Close, [before, after]);
    r.get(freed).get(budget).i32_le_u().if_();
    r.store_event(BUDGET, |r| {
        r.get(budget).get(freed).i32_sub();
    });
    r.get(before).write(Global::Top).else_();
    r.store_event(BUDGET, |r| {
        r.i32_const(0);
    });
    r.end().else_();
    r.get(handle).get(before).get(after).read(Global::Limit).event(TraceEvent::Close).write(Global::Top);
    r.end();
}
