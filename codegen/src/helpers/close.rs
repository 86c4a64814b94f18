//! Closing regions, out of line.

use crate::choices::Tracking;
use crate::context::Growth;
use crate::globals::Global;
use crate::helpers::fragments::Field;
use crate::helpers::id::Helper;
use crate::helpers::routine::Routine;
use linmem_allocator::Zero;
use linmem_intrinsics::Violation;

/// Closes a region by its handle.
pub(super) fn close(r: &mut Routine<'_>) {
    match r.context().choices.tracking() {
        Tracking::List => close_any(r),
        Tracking::Headers | Tracking::Marks | Tracking::Count => close_innermost(r),
    }
}

/// Closes the innermost region, if the handle is that region's.
///
/// ```wasm
/// ;; (handle)
/// call $linmem.check_close (handle)
/// at = region   before = at.previous
/// ;; is the header at `at` intact?   call $linmem.Corrupted
/// region = before   top = at                          ;; zeroed up to the previous top, if requested
/// ```
fn close_innermost(r: &mut Routine<'_>) {
    let [handle] = r.params();
    let [at, before] = r.pointers();
    r.get(handle).helper(Helper::Blame(Violation::AlreadyFreed));
    r.read(Global::Region).tee(at).load(Field::Previous).set(before);
    r.check_header(handle, at, before);
    r.leave_scope(handle);
    r.get(before).write(Global::Region).get(at);
    go_back(r);
}

/// Closes a region anywhere in the list of open ones. Closing the last one frees all memory.
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
/// region == HOME:   top = mark                        ;; zeroed up to the previous top, if requested
/// ```
fn close_any(r: &mut Routine<'_>) {
    let [handle] = r.params();
    let [at, after, before] = r.pointers();
    r.read(Global::Region).set(at);
    let find = r.repeat();
    r.get(at).home().ptr_eq().if_();
    r.violate(Violation::AlreadyFreed, |r| {
        r.get(handle).ptr_const(0).ptr_const(0);
    });
    r.end();
    r.get(at).load(Field::Previous).set(before);
    r.check_header(handle, at, before);
    r.get(at).load(Field::Handle).get(handle).ptr_ne().if_();
    r.get(at).set(after).get(before).set(at).br(find).end();
    r.end();

    r.leave_scope(handle);
    r.get(after).ptr_nez().if_();
    r.get(after).get(before).store(Field::Previous);
    r.else_().get(before).write(Global::Region).end();
    r.read(Global::Region).home().ptr_eq().if_();
    r.read(Global::Mark);
    go_back(r);
    r.end();
}

/// Restores top to the mark on the stack.
fn go_back(r: &mut Routine<'_>) {
    if r.context().choices.zero == Zero::Free {
        r.helper(Helper::Release);
    } else {
        r.write(Global::Top);
    }
}

/// Zeroes all memory from a mark to top, chunk by chunk, and restores top to the mark.
///
/// ```wasm
/// ;; (mark)
/// call $linmem.end_loans (mark)                       ;; if loans are in a list
/// limit:   memory.fill (mark, 0, top - mark)          ;; top is in home, and so is the mark
/// else:
///   mark == top:   return                              ;; maybe there is no home yet
///   chunk = HOME
///   loop $chunks
///     from = max(mark, chunk + 8)
///     from < chunk.end + RESERVE:                     ;; false for chunks below the mark
///       top is in this chunk:   end = top   else   end = chunk.end + RESERVE
///       memory.fill (from, 0, end - from)
///     end == top:   break
///     chunk = chunk.next
/// top = mark
/// ```
pub(super) fn release(r: &mut Routine<'_>) {
    let [mark] = r.params();
    let [chunk, from, end] = r.pointers();
    if r.context().choices.lists_loans() {
        r.get(mark).helper(Helper::EndLoans);
    }
    // The mark of a region that was opened before home existed is 0. If home exists now, the region starts at home's
    // start.
    if r.context().choices.opens_without_home() {
        r.get(mark).ptr_eqz().read(Global::Top).ptr_const(0).ptr_ne().i32_and().if_();
        r.home().skip_header().set(mark).end();
    }
    let has_one_chunk = r.context().growth == Growth::Contiguous;
    if !has_one_chunk {
        r.read(Global::Limit).ptr_nez().if_();
    }
    r.get(mark).i32_const(0).read(Global::Top).get(mark).ptr_sub().memory_fill();
    if has_one_chunk {
        r.get(mark).write(Global::Top);
        return;
    }
    r.else_();
    r.get(mark).read(Global::Top).ptr_eq().if_();
    r.return_().end();
    r.home().set(chunk);
    let done = r.block();
    let chunks = r.repeat();
    r.get(mark).get(chunk).skip_header().tee(from).get(mark).get(from).ptr_gt_u().select().set(from);
    r.get(chunk).load(Field::End).add_reserve().set(end);
    // Chunks are in ascending order: the first one that does not end below top contains top.
    r.read(Global::Top).get(end).read(Global::Top).get(end).ptr_lt_u().select().set(end);
    r.get(from).get(end).ptr_lt_u().if_();
    r.get(from).i32_const(0).get(end).get(from).ptr_sub().memory_fill().end();
    r.get(end).read(Global::Top).ptr_eq().br_if(done);
    r.get(chunk).load(Field::Next).tee(chunk).ptr_nez().br_if(chunks);
    r.end().end().end();
    r.get(mark).write(Global::Top);
}
