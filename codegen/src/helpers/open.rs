//! Out-of-line opening of a region that has a header.

use crate::choices::Tracking;
use crate::globals::Global;
use crate::helpers::id::{Alignment, Helper, Refused};
use crate::helpers::routine::Routine;
use linmem_allocator::layout::ALIGNMENT;

/// Opens a region and reserves a frame that starts with its header. The header is placed at top unless top is above the
/// end of its chunk, because chunks keep a reserve for it. The rest of the frame may be in another chunk if it does not
/// fit after the header.
///
/// ```wasm
/// ;; (bytes) -> start of the frame
/// from = top
/// header = try_refill(from, 0)                        ;; at top if possible, else in the next chunk
/// header == 0:   call $linmem.OutOfMemory
/// frame = header   top = header + 8
/// bytes > 8:
///   frame = try_refill(top, bytes - 8) - 8
///   frame == -8:   top = from   call $linmem.OutOfMemory
/// region == HOME:   mark = from                       ;; if regions are in a list
/// header.handle = serial += 2   header.previous = region   region = header
/// frame
/// ```
///
/// # Traps
///
/// In `$linmem.OutOfMemory`; top is unchanged.
pub(super) fn open(r: &mut Routine<'_>) {
    let [bytes] = r.params();
    let [from, header, frame] = r.pointers();
    let refill = Helper::Refill(Refused::Null, Alignment::Fixed);
    let size = u64::from(r.context().layout().region_header());
    let refused = |r: &mut Routine<'_>| {
        let bytes = |r: &mut Routine<'_>| {
            r.get(bytes);
        };
        r.out_of_memory(bytes, |r| {
            r.ptr_const(u64::from(ALIGNMENT));
        });
    };
    r.find_home();
    r.read(Global::Top).tee(from).ptr_const(0).helper(refill).tee(header).tee(frame).ptr_eqz().if_();
    refused(r);
    r.end();
    r.get(header).ptr_const(size).ptr_add().write(Global::Top);
    r.get(bytes).ptr_const(size).ptr_gt_u().if_();
    r.read(Global::Top).get(bytes).ptr_const(size).ptr_sub().helper(refill);
    r.ptr_const(size).ptr_sub().tee(frame).ptr_const(size.wrapping_neg()).ptr_eq().if_();
    r.get(from).write(Global::Top);
    refused(r);
    r.end().end();
    if r.context().choices.tracking() == Tracking::List {
        r.read(Global::Region).home().ptr_eq().if_();
        r.get(from).write(Global::Mark).end();
    }
    r.begin_region(header).get(frame);
}
