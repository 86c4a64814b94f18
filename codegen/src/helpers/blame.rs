//! Determines what is wrong with a handle, if anything.

use crate::choices::Tracking;
use crate::globals::Global;
use crate::helpers::fragments::Field;
use crate::helpers::routine::{Local, Routine};
use linmem_intrinsics::Violation;

/// Searches the open regions for the region of a handle. It must be the innermost one or, if any open region may
/// allocate, any of them. `closed` is the violation if it is not found.
///
/// ```wasm
/// ;; (handle)
/// at = region   inner = 0
/// loop $find
///   at == HOME:   call $linmem.AlreadyFreed           ;; or UseAfterFree, for an allocation
///   before = at.previous
///   ;; is the header at `at` intact?   call $linmem.Corrupted
///   at.handle == handle:
///     inner == 0:   return                            ;; or in any case
///     call $linmem.NotInnermost
///   inner += 1   at = before   br $find
/// end
/// ```
pub(super) fn body(r: &mut Routine<'_>, closed: Violation) {
    let tracking = r.context().choices.tracking();
    let [handle] = r.params();
    let [at, before, inner] = r.pointers();
    r.read(Global::Region).set(at);
    let find = r.repeat();
    r.get(at).home().ptr_eq().if_();
    r.violate(closed, |r| {
        r.get(handle).ptr_const(0).ptr_const(0);
    });
    r.end();
    r.get(at).load(Field::Previous).set(before);
    r.check_header(handle, at, before);
    r.get(at).load(Field::Handle).get(handle).ptr_eq().if_();
    if tracking == Tracking::List {
        r.return_();
    } else {
        r.get(inner).ptr_eqz().if_();
        r.return_().end();
        r.violate(Violation::NotInnermost, |r| {
            r.get(handle).get(inner).ptr_const(0);
        });
    }
    r.end();
    // The handle is invalid already, so a header whose handle was never issued is reported as corrupted. In a list, the
    // header of another region is not an error yet, and handles may have wrapped around.
    if tracking == Tracking::Headers {
        r.get(at).load(Field::Handle).read(Global::Serial).ptr_gt_u().if_();
        r.corrupted(handle, at);
        r.end();
    }
    r.get(inner).ptr_const(1).ptr_add().set(inner);
    r.get(before).set(at).br(find);
    r.end();
}

impl Routine<'_> {
    /// Traps unless a region's header is at the address in the local `at`: its handle is odd, and its previous header
    /// is below it and not below home, so that a walk along headers terminates.
    ///
    /// ```wasm
    /// at.handle & 1 == 0   before - HOME >= at - HOME   i32.or    ;; unsigned
    /// if  call $linmem.Corrupted  unreachable  end
    /// ```
    pub(super) fn check_header(&mut self, handle: Local, at: Local, before: Local) {
        self.get(at).load(Field::Handle).ptr_const(1).ptr_and().ptr_eqz();
        self.get(before).home().ptr_sub().get(at).home().ptr_sub().ptr_ge_u().i32_or().if_();
        self.corrupted(handle, at);
        self.end();
    }

    /// Raises `Corrupted` for the header at the address in the local `at`.
    fn corrupted(&mut self, handle: Local, at: Local) {
        self.violate(Violation::Corrupted, |r| {
            r.get(handle).get(at).get(at).load(Field::Handle);
        });
    }
}
