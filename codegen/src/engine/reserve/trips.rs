//! The number of iterations of a loop, as code.

use crate::engine::compare::Term;
use crate::engine::knowledge::rounds::Trips;
use wasm_encoder::InstructionSink;

impl Trips {
    /// Pushes the number as an `i64`, at most 2^32.
    ///
    /// ```wasm
    /// ;; the bound   local.get $i   i32.sub        ;; or the other way round, if the index is decremented
    /// i32.const BEFORE   i32.add   i64.extend_i32_u   i64.const AFTER   i64.add
    /// ```
    pub(super) fn push(&self, sink: &mut InstructionSink<'_>) {
        let Trips { index, is_down, bound, mut before, after, .. } = *self;
        match (bound, is_down) {
            // A constant bound takes what is added before.
            (Term::Constant(bound), true) => {
                let subtracted = (bound as i32).wrapping_sub(std::mem::take(&mut before));
                sink.local_get(index.0);
                if subtracted != 0 {
                    sink.i32_const(subtracted).i32_sub();
                }
            }
            (Term::Constant(bound), false) => {
                sink.i32_const((bound as i32).wrapping_add(std::mem::take(&mut before)));
                sink.local_get(index.0).i32_sub();
            }
            (Term::Local(bound) | Term::Size(bound), true) => {
                sink.local_get(index.0).local_get(bound.0).i32_sub();
            }
            (Term::Local(bound) | Term::Size(bound), false) => {
                sink.local_get(bound.0).local_get(index.0).i32_sub();
            }
        }
        if before != 0 {
            sink.i32_const(before).i32_add();
        }
        sink.i64_extend_i32_u();
        if after != 0 {
            sink.i64_const(after).i64_add();
        }
    }

    /// Adds to the condition on the stack that the number holds for the bound.
    pub(super) fn push_exception(&self, sink: &mut InstructionSink<'_>) {
        if let (Some(except), Term::Local(bound)) = (self.except, self.bound) {
            sink.local_get(bound.0).i32_const(except as i32).i32_ne().i32_and();
        }
    }
}
