//! Out-of-line check of whether bytes are free.

use crate::context::{Growth, Home};
use crate::globals::Global;
use crate::helpers::fragments::Field;
use crate::helpers::routine::Routine;
use linmem_intrinsics::Violation;

/// Raises `UseAfterFree` if any of `bytes` bytes from an address is in free memory of linmem: in the chunk that
/// contains top, at or above top, or in a later chunk. Reserves for headers are included.
///
/// ```wasm
/// ;; (address, bytes)
/// chunk = HOME   end = max(chunk.end, limit)            ;; the end of home may have been in `limit` until now
/// loop $chunks
///   from = max(top, chunk)   until = end + RESERVE
///   from < until   address < until   address + bytes > from:   call $linmem.UseAfterFree
///   chunk = chunk.next   chunk == 0:   return
///   end = chunk.end   br $chunks
/// end
/// ```
///
/// If there is one chunk, its end is `limit`, and there is no loop.
pub(super) fn check_segment(r: &mut Routine<'_>) {
    let [address, bytes] = r.params();
    let [chunk, end, from] = r.pointers();
    r.get(bytes).ptr_eqz().if_();
    r.return_().end();
    if matches!(r.context().home, Home::Found { .. }) {
        r.read(Global::Top).ptr_eqz().if_();
        r.return_().end();
    }
    let is_only_chunk = r.context().growth == Growth::Contiguous;
    r.home().set(chunk);
    r.clear_home(chunk);
    let chunks = if is_only_chunk {
        r.read(Global::Limit).set(end);
        None
    } else {
        r.get(chunk).load(Field::End).tee(end).read(Global::Limit);
        r.get(end).read(Global::Limit).ptr_gt_u().select().set(end);
        Some(r.repeat())
    };
    if r.context().reserve() != 0 {
        r.get(end).add_reserve().set(end);
    }
    r.read(Global::Top).get(chunk).read(Global::Top).get(chunk).ptr_gt_u().select().tee(from);
    r.get(end).ptr_lt_u();
    r.get(address).get(end).ptr_lt_u().i32_and();
    // In 64 bits, the sum does not wrap around if the address is below the end of the chunk, which was tested first.
    r.get(address).ptr_extend();
    r.wide(|r| {
        r.get(bytes);
    });
    r.i64_add().get(from).ptr_extend().i64_gt_u().i32_and().if_();
    r.violate(Violation::UseAfterFree, |r| {
        r.get(address).get(bytes).read(Global::Top);
    });
    r.end();
    if let Some(chunks) = chunks {
        r.get(chunk).load(Field::Next).tee(chunk).ptr_nez().if_();
        r.get(chunk).load(Field::End).set(end).br(chunks).end();
        r.end();
    }
}
