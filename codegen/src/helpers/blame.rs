//! Finding out what is wrong with a handle, if anything is.

use crate::choices::Tracking;
use crate::globals::Global;
use crate::helpers::fragments::push_home;
use crate::helpers::{Bodies, Helper};
use linmem_allocator::layout::{REGION_HANDLE, REGION_PREVIOUS};
use linmem_intrinsics::Violation;
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// Looks for the region among the open ones. It has to be the innermost one, or, where any of them may allocate, to be
/// there; `closed` is what is said of it if it is not.
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
pub(super) fn body(bodies: &Bodies<'_>, closed: Violation) -> Function {
    let context = bodies.context;
    let (handle, site) = (0, 1);
    let at = site + u32::from(Helper::Blame(closed).is_told_site(context));
    let (before, inner) = (at + 1, at + 2);
    let mut function = Function::new([(3, ValType::I32)]);
    let sink = &mut function.instructions();
    sink.global_get(context.global(Global::Region)).local_set(at);
    sink.loop_(BlockType::Empty);
    sink.local_get(at);
    push_home(sink, context).i32_eq().if_(BlockType::Empty);
    bodies.violate(sink, closed, site, |sink| {
        sink.local_get(handle).i32_const(0).i32_const(0);
    });
    sink.end();
    sink.local_get(at).i32_load(context.memarg(REGION_PREVIOUS, 4)).local_set(before);
    bodies.check_header(sink, handle, at, before, site);
    sink.local_get(at).i32_load(context.memarg(REGION_HANDLE, 4)).local_get(handle).i32_eq().if_(BlockType::Empty);
    if context.choices.tracking() == Tracking::List {
        sink.return_();
    } else {
        sink.local_get(inner).i32_eqz().if_(BlockType::Empty).return_().end();
        bodies.violate(sink, Violation::NotInnermost, site, |sink| {
            sink.local_get(handle).local_get(inner).i32_const(0);
        });
    }
    sink.end();
    // Something is wrong already: a handle that was never given is no region's, either. Where any region may be open, a
    // later one says nothing yet, and numbers may have come round.
    if context.choices.tracking() == Tracking::Headers {
        let serial = context.global(Global::Serial);
        sink.local_get(at).i32_load(context.memarg(REGION_HANDLE, 4)).global_get(serial).i32_gt_u();
        sink.if_(BlockType::Empty);
        bodies.corrupted(sink, handle, at, site);
        sink.end();
    }
    sink.local_get(inner).i32_const(1).i32_add().local_set(inner);
    sink.local_get(before).local_set(at).br(0);
    sink.end().end();
    function
}

impl Bodies<'_> {
    /// Traps unless there is a region's header at the address in the local `at`: its handle is odd, and what it says was
    /// before lies below it and not below home, so that a walk along headers comes to an end.
    ///
    /// ```wasm
    /// at.handle & 1 == 0   before - HOME >= at - HOME   i32.or    ;; unsigned
    /// if  call $linmem.Corrupted  unreachable  end
    /// ```
    pub(super) fn check_header(&self, sink: &mut InstructionSink<'_>, handle: u32, at: u32, before: u32, site: u32) {
        let found = self.context.memarg(REGION_HANDLE, 4);
        sink.local_get(at).i32_load(found).i32_const(1).i32_and().i32_eqz();
        sink.local_get(before);
        push_home(sink, self.context).i32_sub().local_get(at);
        push_home(sink, self.context).i32_sub().i32_ge_u().i32_or();
        sink.if_(BlockType::Empty);
        self.corrupted(sink, handle, at, site);
        sink.end();
    }

    /// Ends in `Corrupted`, of the header at the address in the local `at`.
    fn corrupted(&self, sink: &mut InstructionSink<'_>, handle: u32, at: u32, site: u32) {
        self.violate(sink, Violation::Corrupted, site, |sink| {
            sink.local_get(handle).local_get(at).local_get(at).i32_load(self.context.memarg(REGION_HANDLE, 4));
        });
    }
}
