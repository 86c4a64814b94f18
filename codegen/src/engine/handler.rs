//! The scopes of regions, and the handlers that [`wrappers`](crate::engine::wrappers) add around them.

use crate::engine::knowledge::event::StructureKind;
use crate::engine::late::Late;
use crate::engine::state::Engine;
use crate::engine::wrappers::WrapperId;
use wasm_encoder::BlockType;

impl Engine {
    /// Begins the scope of a region, which leaves the results of the block type on the stack.
    pub(crate) fn begin_wrapper(&mut self, outer: Option<WrapperId>, ty: BlockType) -> WrapperId {
        let id = self.wrappers.add(outer, ty);
        if !self.is_dead() {
            self.tape.late(Late::Wrapper(id));
            self.recorded(|tape| tape.late(Late::Wrapper(id)));
        }
        id
    }

    /// Records that an exception may leave the scope.
    pub(crate) fn need_wrapper(&mut self, wrapper: WrapperId) {
        if !self.is_dead() {
            self.wrappers.need(wrapper);
        }
    }

    /// Ends the scope, after its region was closed, and begins the handler. Returns `None` if there is none, because
    /// nothing in the scope may throw; else the state for [`end_handler`](Engine::end_handler).
    pub(crate) fn begin_handler(&mut self, wrapper: WrapperId, results: u32) -> Option<AfterScope> {
        if !self.wrappers.is_needed(wrapper) {
            return None;
        }
        // The structures end in code that the engine sees as one block with two arms. The first arm is empty; the
        // handler is the second one, and starts without knowledge.
        let after = if self.is_dead() { AfterScope::Unreachable } else { AfterScope::Reachable };
        match after {
            AfterScope::Reachable => {
                self.begin(StructureKind::Block, 0, (results, results), |tape| {
                    tape.emit(|sink| {
                        sink.end().br(1).end();
                    });
                });
            }
            AfterScope::Unreachable => {
                self.dead = None;
                self.begin(StructureKind::Block, 0, (0, 0), |tape| {
                    tape.emit(|sink| {
                        sink.end().unreachable().end();
                    });
                });
            }
        }
        self.next_arm(Some(1), |_| ());
        Some(after)
    }

    /// Ends a handler: rethrows the exception, which is on the stack.
    pub(crate) fn end_handler(&mut self, after: AfterScope) {
        self.diverge(None, Some(1), |tape| {
            tape.emit(|sink| {
                sink.throw_ref();
            });
        });
        self.end(|tape| {
            tape.emit(|sink| {
                sink.end();
            });
        });
        if after == AfterScope::Unreachable {
            self.diverge(None, Some(0), |tape| {
                tape.emit(|sink| {
                    sink.unreachable();
                });
            });
        }
    }
}

/// Whether the code after a scope is reachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterScope {
    /// The scope falls through.
    Reachable,
    /// It does not.
    Unreachable,
}
