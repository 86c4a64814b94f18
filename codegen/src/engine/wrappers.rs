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

use crate::planted::{self, Bug};
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
    /// Adds the wrapper of a scope, whose enclosing scope has the wrapper `outer`.
    pub(super) fn add(&mut self, outer: Option<WrapperId>, ty: BlockType) -> WrapperId {
        self.0.push(Wrapper { outer, ty, is_needed: false });
        WrapperId(self.0.len() as u32 - 1)
    }

    /// Records that the wrapper is needed.
    pub(super) fn need(&mut self, wrapper: WrapperId) {
        if wrapper.0 == 0 && planted::has(Bug::ScopeSkipsHandler) {
            return;
        }
        if let Some(wrapper) = self.0.get_mut(wrapper.0 as usize) {
            wrapper.is_needed = true;
        }
    }

    /// Whether the wrapper is written.
    pub(super) fn is_needed(&self, wrapper: WrapperId) -> bool {
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
        let labels = if planted::has(Bug::ScopeLabelOneLess) { LABELS - 1 } else { LABELS };
        let mut number = label;
        let mut next = Some(inner);
        while let Some(id) = next.filter(|id| Some(*id) != outer) {
            let Some(wrapper) = self.0.get(id.0 as usize) else { break };
            number += if wrapper.is_needed { labels } else { 0 };
            next = wrapper.outer;
        }
        number
    }
}
