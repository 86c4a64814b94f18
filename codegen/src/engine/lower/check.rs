//! Checking that a handle is the innermost open region's.

use crate::context::{Context, Global};
use crate::engine::Engine;
use crate::engine::locals::Scratch;
use crate::engine::operands::{Operand, Value};
use crate::helpers::{Helper, emit_canary};
use crate::index::LocalIndex;
use linmem_allocator::layout::REGION_CANARY;
use linmem_intrinsics::Violation;
use wasm_encoder::InstructionSink;

/// How many regions of a function have a local for their canary. A function cannot have more than 50,000 locals.
const MOST_CANARIES: usize = 1024;

impl Engine<'_> {
    /// Takes the handle of an allocation off the stack, where it lies on top once `behind` are gone, which are discarded
    /// or were put into locals. It is checked unless it is known to be right.
    pub(super) fn take_handle(&mut self, handle: &Operand, behind: &[&Operand]) {
        if !self.is_to_be_checked(handle) {
            return self.discard(handle);
        }
        self.check_handle(handle, behind, Violation::UseAfterFree);
        let key = self.region_key(handle);
        self.innermost.check(key);
    }

    /// Whether regions are checked, and this handle is not known to be the innermost one's.
    pub(super) fn is_to_be_checked(&self, handle: &Operand) -> bool {
        self.context.choices.checks_regions() && !self.innermost.is(self.region_key(handle))
    }

    /// Checks a handle against the header of the innermost open region, and so that header as well.
    ///
    /// ```wasm
    /// ;; the handle
    /// i64.extend_i32_u   i64.const CANARY << 32   i64.or
    /// global.get $linmem.region
    /// i64.load
    /// i64.ne
    /// if
    ///   ;; the handle again, from its local
    ///   call $linmem.check_allocator
    /// end
    /// ```
    ///
    /// A region that this function opened has its canary in a local, which is the first three lines.
    ///
    /// # Traps
    ///
    /// In `$linmem.NotInnermost`, `$linmem.Corrupted` or what is said of a region that is closed.
    pub(super) fn check_handle(&mut self, handle: &Operand, behind: &[&Operand], closed: Violation) {
        if let Some(canary) = self.canary(handle) {
            self.discard(handle);
            self.tape.emit(|sink| {
                sink.local_get(canary.0);
            });
            return self.write_check(closed, |sink| {
                sink.local_get(canary.0).i32_wrap_i64();
            });
        }
        self.materialize(handle);
        let local = match self.home_of(handle, behind) {
            Some(local) => local,
            None => {
                let scratch = self.locals.scratch(Scratch::Handle);
                self.tape.emit(|sink| {
                    sink.local_tee(scratch.0);
                });
                scratch
            }
        };
        self.tape.emit(|sink| {
            emit_canary(sink);
        });
        self.write_check(closed, |sink| {
            sink.local_get(local.0);
        });
    }

    /// Compares the canary on the stack with the innermost region's; `handle` pushes whose it is.
    fn write_check(&mut self, closed: Violation, handle: impl FnOnce(&mut InstructionSink<'_>)) {
        let context = self.context;
        self.tape.emit(|sink| {
            push_canary(sink, context);
            sink.i64_ne();
        });
        self.write_if(|engine| {
            engine.tape.emit(handle);
            engine.call_helper(Helper::Blame(closed));
        });
    }

    /// The local that holds the canary of a region that this function opened: a handle that is known to be of the region
    /// is of the one that was opened there last, and so is the canary.
    fn canary(&mut self, handle: &Operand) -> Option<LocalIndex> {
        let Value::Region(region, _) = handle.value else { return None };
        if let Some(local) = self.canaries.get(&region) {
            return Some(*local);
        }
        if self.canaries.len() >= MOST_CANARIES {
            return None;
        }
        let local = self.locals.add_canary();
        self.canaries.insert(region, local);
        Some(local)
    }

    /// The local that a handle was read from, if it cannot have changed since: nothing was written behind it but the
    /// constants `behind`.
    fn home_of(&self, handle: &Operand, behind: &[&Operand]) -> Option<LocalIndex> {
        let (Value::Local(local) | Value::Region(_, Some(local))) = handle.value else { return None };
        let mut end = handle.position?.byte();
        for operand in behind {
            operand.constant()?;
            if !operand.deferred {
                if operand.start != Some(end) {
                    return None;
                }
                end = operand.position?.byte();
            }
        }
        (end == self.tape.len()).then_some(local)
    }
}

/// Pushes what the header of the innermost open region begins with.
fn push_canary(sink: &mut InstructionSink<'_>, context: &Context) {
    sink.global_get(context.global(Global::Region)).i64_load(context.memarg(REGION_CANARY, 8));
}
