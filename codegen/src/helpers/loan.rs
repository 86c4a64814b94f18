//! Loans: the allocations of the host, in a list, so that the host notices which of them the program freed.
//!
//! Without checks, a region is only a mark, and closing it frees everything above. If the host allocates while a region of
//! the program is open, closing that region also frees what the host allocated. Therefore, each allocation of the host is
//! followed by a loan, which contains a token that the host chose:
//!
//! ```text
//!   allocation       loan                 top
//!     │                │                   │
//!     ▼                ▼                   ▼
//!     ┌────────────────┬───────┬──────────┬─ ─ ─
//!     │ …              │ token │ previous │
//!     └────────────────┴───────┴──────────┴─ ─ ─
//!                      0       8          16
//! ```
//!
//! `previous` is the address of the next outer loan, or 0. Closing a region of the program removes the loans at and above its
//! mark from the list, and overwrites their tokens. The host compares the token before it uses the allocation. Tokens are
//! random, so that other data is not mistaken for them.
//!
//! The list is in memory that the program can overwrite. Whatever is there, the helpers terminate, because addresses descend
//! in the list; and the host relies on tokens only to detect errors of the program.

use crate::choices::Tracking;
use crate::globals::Global;
use crate::helpers::fragments::Field;
use crate::helpers::id::{Alignment, Helper, Refused};
use crate::helpers::routine::{Local, Routine};
use linmem_allocator::layout::{ALIGNMENT, MAX_ALIGNMENT};
use linmem_allocator::{Width, Zero};
use wasm_encoder::{MemArg, ValType};

/// The offset of `previous`.
const PREVIOUS: u32 = 8;

/// The size of a loan.
const LOAN: u32 = 16;

/// Opens a region, and allocates in it for the host. If there is no memory, or if the alignment is not a power of two up to
/// 65536, the address is 0, and no region is open.
///
/// ```wasm
/// ;; (bytes, alignment, token) -> (address, size, mark)
/// mark = top
/// popcnt(alignment) != 1 or alignment > 65536:   return (0, 0, mark)
/// total = round_up(bytes) + 16                        ;; in 64 bits
/// total >> 32 != 0:   return (0, 0, mark)
/// start = (mark + alignment - 1) & -alignment
/// start + total > limit:
///   address = try_refill_aligned(mark, total, max(alignment, 8))
///   address == 0:   return (0, 0, mark)
/// else:
///   top = start + total   address = start
/// at = address + round_up(bytes)
/// at.token = token   at.previous = loan   loan = at
/// (address, bytes, mark)
/// ```
///
/// # Traps
///
/// In `$linmem.OutOfMemory`, if there is no memory for home.
pub(super) fn lend(r: &mut Routine<'_>) {
    let [bytes, alignment, token] = r.params();
    let [mark, address, at] = r.pointers();
    let [start, total] = r.locals(ValType::I64);
    let nothing = |r: &mut Routine<'_>| {
        r.ptr_const(0).ptr_const(0).get(mark).return_();
    };
    let wide = |r: &mut Routine<'_>, local: Local| {
        r.wide(|r| {
            r.get(local);
        });
    };
    r.find_home();
    r.read(Global::Top).set(mark);
    r.get(alignment).ptr_popcnt().ptr_const(1).ptr_ne();
    r.get(alignment).ptr_const(u64::from(MAX_ALIGNMENT)).ptr_gt_u().i32_or().if_();
    nothing(r);
    r.end();
    wide(r, bytes);
    r.round_up_wide().i64_const(i64::from(LOAN)).i64_add().set(total);
    if r.width() == Width::Bits32 {
        r.get(total).i64_const(i64::from(u32::MAX)).i64_gt_u().if_();
        nothing(r);
        r.end();
    }
    r.get(mark).ptr_extend();
    wide(r, alignment);
    r.i64_add().i64_const(1).i64_sub().i64_const(0);
    wide(r, alignment);
    r.i64_sub().i64_and().tee(start);
    r.get(total).i64_add().read(Global::Limit).ptr_extend().i64_gt_u().if_();
    let least = u64::from(ALIGNMENT);
    r.get(mark).get(total).ptr_wrap();
    r.get(alignment).ptr_const(least).get(alignment).ptr_const(least).ptr_gt_u().select();
    r.helper(Helper::Refill(Refused::Null, Alignment::Parameter)).tee(address).ptr_eqz().if_();
    nothing(r);
    r.end().else_();
    r.get(start).get(total).i64_add().ptr_wrap().write(Global::Top).get(start).ptr_wrap().set(address).end();
    if r.context().choices.zero == Zero::Allocate {
        r.get(address).i32_const(0).get(bytes).memory_fill();
    }
    let [first, previous] = fields(r);
    r.get(address).get(total).ptr_wrap().ptr_add().ptr_const(u64::from(LOAN)).ptr_sub().set(at);
    r.get(at).get(token).i64_store(first);
    r.get(at).read(Global::Loan).ptr_store(previous);
    r.get(at).write(Global::Loan);
    r.get(address).get(bytes).get(mark);
}

/// The fields of a loan.
fn fields(r: &Routine<'_>) -> [MemArg; 2] {
    [r.at(0, 8), r.at(PREVIOUS, r.width().pointer_bytes())]
}

/// Ends the loans that start at or after a mark.
///
/// ```wasm
/// ;; (mark)
/// loop $next
///   loan == 0 or loan < mark:   return
///   before = loan.previous   loan.token = 0
///   loan = before < loan ? before : 0
///   br $next
/// ```
pub(super) fn end_loans(r: &mut Routine<'_>) {
    let [mark] = r.params();
    let before = r.pointer();
    let [first, previous] = fields(r);
    let next = r.repeat();
    r.read(Global::Loan).ptr_const(0).ptr_ne().read(Global::Loan).get(mark).ptr_ge_u().i32_and().if_();
    r.read(Global::Loan).ptr_load(previous).set(before);
    r.read(Global::Loan).i64_const(0).i64_store(first);
    r.get(before).ptr_const(0).get(before).read(Global::Loan).ptr_lt_u().select().write(Global::Loan);
    r.br(next).end().end();
}

/// Whether the host must not close a region now, because another one inside is still open. Otherwise, its loan ends.
///
/// If regions have headers, the innermost one must have this handle:
///
/// ```wasm
/// ;; (handle, loan, top) -> 1 or 0
/// region.handle != handle
/// ```
///
/// If not, nothing may have been allocated since. `top` is what top was when the host allocated last; if it is 0, the host does
/// not know it.
///
/// ```wasm
/// top != 0 and top != $linmem.top:   return 1
/// loan != 0:                                          ;; if loans are in a list
///   loan != $linmem.loan:   return 1
///   $linmem.loan = loan.previous   loan.token = 0
/// 0
/// ```
///
/// If regions do not nest, it is never refused.
pub(super) fn refuses(r: &mut Routine<'_>) {
    let [handle, loan, top] = r.params();
    match r.context().choices.tracking() {
        Tracking::Headers => {
            r.read(Global::Region).load(Field::Handle).get(handle).ptr_ne();
        }
        Tracking::Count | Tracking::List => {
            r.i32_const(0);
        }
        Tracking::Marks => {
            r.get(top).ptr_const(0).ptr_ne().get(top).read(Global::Top).ptr_ne().i32_and().if_();
            r.i32_const(1).return_().end();
            if r.context().choices.lists_loans() {
                let [first, previous] = fields(r);
                r.get(loan).ptr_nez().if_();
                r.get(loan).read(Global::Loan).ptr_ne().if_();
                r.i32_const(1).return_().end();
                r.get(loan).ptr_load(previous).write(Global::Loan);
                r.get(loan).i64_const(0).i64_store(first).end();
            }
            r.i32_const(0);
        }
    }
}
