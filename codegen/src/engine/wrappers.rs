//! Handlers around the scopes of regions, which close the region if an exception leaves the scope.
//!
//! ```wasm
//! block $done TYPE
//!   block $caught (result exnref)
//!     try_table TYPE (catch_all_ref $caught)
//!       ;; the scope, which closes its region at its end
//!     end
//!     br $done
//!   end
//!   ;; close the region
//!   throw_ref
//! end
//! ```
//!
//! A wrapper is written only if something in the scope may throw. That is known when the scope ends, so its opening and
//! the labels that count it are written when the function ends. The rest of the engine does not see these structures,
//! so that a scope in which nothing throws costs nothing.

use crate::engine::knowledge::event::StructureKind;
use crate::engine::late::Late;
use crate::engine::state::Engine;
use wasm_encoder::{BlockType, Catch, InstructionSink, RefType, ValType};

/// The wrapper of one scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrapperId(u32);

#[derive(Debug)]
struct Wrapper {
    /// The wrapper of the enclosing scope.
    outer: Option<WrapperId>,
    ty: BlockType,
    /// Whether something in the scope may throw.
    is_needed: bool,
}

/// The wrappers of a function.
#[derive(Debug, Default)]
pub(crate) struct Wrappers(Vec<Wrapper>);

/// The number of labels that a wrapper adds around its scope.
const LABELS: u32 = 3;

/// The number of a label, which depends on the wrappers that it crosses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrossingLabel {
    /// The number without any wrappers.
    pub(crate) label: u32,
    /// The innermost wrapper that is crossed.
    pub(crate) inner: WrapperId,
    /// The innermost wrapper outside of the target, if there is one.
    pub(crate) outer: Option<WrapperId>,
}

impl Wrappers {
    /// Whether the wrapper is written.
    fn is_needed(&self, wrapper: WrapperId) -> bool {
        self.0.get(wrapper.0 as usize).is_some_and(|wrapper| wrapper.is_needed)
    }

    /// Writes the opening of a wrapper, if it is needed.
    pub(super) fn open(&self, wrapper: WrapperId, sink: &mut InstructionSink<'_>) {
        if let Some(Wrapper { ty, is_needed: true, .. }) = self.0.get(wrapper.0 as usize) {
            let exception = ValType::Ref(RefType::EXNREF);
            sink.block(*ty).block(BlockType::Result(exception)).try_table(*ty, [Catch::AllRef { label: 0 }]);
        }
    }

    /// The number of a label.
    pub(super) fn number(&self, CrossingLabel { label, inner, outer }: CrossingLabel) -> u32 {
        let mut number = label;
        let mut next = Some(inner);
        while let Some(id) = next.filter(|id| Some(*id) != outer) {
            let Some(wrapper) = self.0.get(id.0 as usize) else { break };
            number += if wrapper.is_needed { LABELS } else { 0 };
            next = wrapper.outer;
        }
        number
    }
}

impl Engine {
    /// Begins the scope of a region, which leaves the results of the block type on the stack.
    pub(crate) fn begin_wrapper(&mut self, outer: Option<WrapperId>, ty: BlockType) -> WrapperId {
        let id = WrapperId(self.wrappers.0.len() as u32);
        self.wrappers.0.push(Wrapper { outer, ty, is_needed: false });
        if !self.is_dead() {
            self.tape.late(Late::Wrapper(id));
        }
        id
    }

    /// Records that an exception may leave the scope.
    pub(crate) fn need_wrapper(&mut self, wrapper: WrapperId) {
        if let (false, Some(wrapper)) = (self.is_dead(), self.wrappers.0.get_mut(wrapper.0 as usize)) {
            wrapper.is_needed = true;
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
