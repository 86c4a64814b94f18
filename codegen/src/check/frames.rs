//! The control structures around an instruction, and the branches to their labels.

use super::graph::{Branch, Graph, Leader, Step, Way};
use super::handlers::ScopeId;

/// What a control structure is, as far as its `else`, `catch` and `end` depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The function itself.
    Function,
    /// A block, a `try_table`, the arm behind an `else`, a handler.
    Block,
    /// A loop: its label is its beginning.
    Loop,
    /// The first arm of an `if`; the leader is that of the other one.
    If(Leader),
    /// The body of a legacy `try`.
    Try(ScopeId),
}

/// A control structure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// Where a branch to its label leads.
    pub(super) label: Leader,
    /// Whether anything leads to a label at its end; for the function, only handlers are counted.
    pub(super) targeted: bool,
    /// Whether its beginning can be reached.
    pub(super) live: bool,
    /// The height of the stack below its parameters.
    pub(super) height: u32,
    pub(super) params: u32,
    pub(super) results: u32,
    /// The scope that exceptions from inside of it come to.
    pub(super) scope: Option<ScopeId>,
    /// In a handler of one tag: the tag.
    pub(super) caught: Option<u32>,
}

impl Frame {
    /// How many operands a branch to the label carries.
    pub(super) fn arity(&self) -> u32 {
        if self.kind == Kind::Loop { self.params } else { self.results }
    }
}

/// The control structures around an instruction, the function first.
#[derive(Debug, Default)]
pub(super) struct Frames(Vec<Frame>);

impl Frames {
    pub(super) fn push(&mut self, frame: Frame) {
        self.0.push(frame);
    }

    pub(super) fn pop(&mut self) -> Option<Frame> {
        self.0.pop()
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut Frame> {
        self.0.last_mut()
    }

    /// The scope that an exception comes to.
    pub(super) fn scope(&self) -> Option<ScopeId> {
        self.0.last().and_then(|frame| frame.scope)
    }

    /// The one that a label of this depth belongs to.
    pub(super) fn at(&mut self, depth: u32) -> Option<&mut Frame> {
        let position = self.0.len().checked_sub(depth as usize + 1)?;
        self.0.get_mut(position)
    }

    /// How many operands a return carries.
    pub(super) fn function_results(&self) -> u32 {
        self.0.first().map_or(0, |frame| frame.results)
    }

    /// A branch to a label, with the operands that lie right below `top`.
    pub(super) fn branch(&mut self, graph: &mut Graph, depth: u32, top: u32, offset: usize) {
        let Some(frame) = self.at(depth) else { return };
        let count = frame.arity();
        let from = top.saturating_sub(count);
        if frame.kind == Kind::Function {
            graph.push(Step::Leave { at: from, count, way: Way::Certain, offset });
        } else {
            frame.targeted = true;
            graph.push(Step::Branch(Branch { to: frame.label, height: frame.height, from, count }));
        }
    }

    /// A branch to a label that carries nothing that is tracked.
    pub(super) fn handle(&mut self, graph: &mut Graph, depth: u32, offset: usize) {
        let Some(frame) = self.at(depth) else { return };
        if frame.kind == Kind::Function {
            graph.push(Step::Leave { at: u32::MAX, count: 0, way: Way::Certain, offset });
        } else {
            frame.targeted = true;
            graph.push(Step::Branch(Branch::plain(frame.label, frame.height)));
        }
    }
}
