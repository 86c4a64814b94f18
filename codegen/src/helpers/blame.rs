//! Finding out what is wrong with a handle that is not the innermost open region's.

use crate::context::{Global, Tracking};
use crate::helpers::fragments::{emit_canary, push_home};
use crate::helpers::{Bodies, Helper};
use linmem_allocator::layout::{CANARY, REGION_CANARY, REGION_PREVIOUS};
use linmem_intrinsics::Violation;
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// Looks for the region among the open ones. Where any of them may allocate, one that is there is right.
///
/// ```wasm
/// ;; (handle)
/// at = region   inner = 0
/// loop $find
///   at == HOME:   call $linmem.AlreadyFreed           ;; or UseAfterFree, for an allocation
///   before = at.previous
///   at.canary == canary(handle):   call $linmem.NotInnermost     ;; or return
///   ;; is the header at `at` intact?   call $linmem.Corrupted
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
    sink.local_get(at).i64_load(context.memarg(REGION_CANARY, 8)).local_get(handle);
    emit_canary(sink).i64_eq().if_(BlockType::Empty);
    if context.choices.tracking() == Tracking::List {
        sink.return_();
    } else {
        bodies.violate(sink, Violation::NotInnermost, site, |sink| {
            sink.local_get(handle).local_get(inner).i32_const(0);
        });
    }
    sink.end();
    bodies.check_header(sink, handle, at, before, site);
    sink.local_get(inner).i32_const(1).i32_add().local_set(inner);
    sink.local_get(before).local_set(at).br(0);
    sink.end().end();
    function
}

impl Bodies<'_> {
    /// Traps unless there is a region's header at the address in the local `at`: its canary has the right upper half
    /// and an odd lower one, and what it says was before lies below, so that a walk along headers comes to an end.
    ///
    /// ```wasm
    /// at.canary >> 32 != CANARY   at.canary & 1 == 0   i32.or   before >= at   i32.or
    /// if  call $linmem.Corrupted  unreachable  end
    /// ```
    pub(super) fn check_header(&self, sink: &mut InstructionSink<'_>, handle: u32, at: u32, before: u32, site: u32) {
        let low = self.context.memarg(REGION_CANARY, 4);
        let high = self.context.memarg(REGION_CANARY + 4, 4);
        sink.local_get(at).i32_load(high).i32_const(CANARY as i32).i32_ne();
        sink.local_get(at).i32_load(low).i32_const(1).i32_and().i32_eqz().i32_or();
        sink.local_get(before).local_get(at).i32_ge_u().i32_or();
        // A handle that was never given is no region's, either: only headers know.
        if self.context.choices.tracking() == Tracking::Headers {
            let serial = self.context.global(Global::Serial);
            sink.local_get(at).i32_load(low).global_get(serial).i32_gt_u().i32_or();
        }
        sink.if_(BlockType::Empty);
        self.violate(sink, Violation::Corrupted, site, |sink| {
            sink.local_get(handle).local_get(at).local_get(at).i32_load(low);
        });
        sink.end();
    }
}
