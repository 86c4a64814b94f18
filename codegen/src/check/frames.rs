//! The control structures around an instruction, and the branches to their labels.

use super::graph::{Branch, Exit, Graph, Leader, LoopId, Step, Way};
use super::handlers::ScopeId;

/// The kind of a control structure, which determines the meaning of its `else`, `catch` and `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The function itself.
    Function,
    /// A block, a `try_table`, the arm after an `else`, or a handler.
    Block,
    /// A loop: its label is its beginning.
    Loop,
    /// The first arm of an `if`, with the leader of the other arm.
    If(Leader),
    /// The body of a legacy `try`.
    Try(ScopeId),
}

/// A control structure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// The target of branches to its label.
    pub(super) label: Leader,
    /// Whether a branch to a label at its end exists; for the function, only handlers are counted.
    pub(super) targeted: bool,
    /// Whether its beginning is reachable.
    pub(super) live: bool,
    /// The height of the stack below its parameters.
    pub(super) height: u32,
    pub(super) params: u32,
    pub(super) results: u32,
    /// The scope that exceptions thrown in it go to.
    pub(super) scope: Option<ScopeId>,
    /// The tag, in a handler of one tag.
    pub(super) caught: Option<u32>,
    /// The innermost loop that its code is in.
    pub(super) inside: Option<LoopId>,
}

impl Frame {
    /// The number of operands that a branch to the label carries.
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

    /// The scope that an exception thrown here goes to.
    pub(super) fn scope(&self) -> Option<ScopeId> {
        self.0.last().and_then(|frame| frame.scope)
    }

    /// The innermost loop that the current instruction is in.
    pub(super) fn innermost_loop(&self) -> Option<LoopId> {
        self.0.last().and_then(|frame| frame.inside)
    }

    /// The control structure that a label of this depth refers to.
    pub(super) fn at(&mut self, depth: u32) -> Option<&mut Frame> {
        let position = self.0.len().checked_sub(depth as usize + 1)?;
        self.0.get_mut(position)
    }

    /// The number of operands that a return carries.
    pub(super) fn function_results(&self) -> u32 {
        self.0.first().map_or(0, |frame| frame.results)
    }

    /// Adds a branch to a label, which carries the operands directly below `top`.
    pub(super) fn branch(&mut self, graph: &mut Graph, depth: u32, top: u32, offset: usize) {
        let Some(frame) = self.at(depth) else { return };
        let count = frame.arity();
        let from = top.saturating_sub(count);
        if frame.kind == Kind::Function {
            graph.push(Step::Leave { at: from, count, way: Way::Certain, exit: Exit::Normal, offset });
        } else {
            frame.targeted = true;
            graph.push(Step::Branch(Branch::carrying(frame.label, frame.height, from, count)));
        }
    }

    /// Adds a branch to a label that carries no tracked operands.
    pub(super) fn handle(&mut self, graph: &mut Graph, depth: u32, offset: usize) {
        let Some(frame) = self.at(depth) else { return };
        if frame.kind == Kind::Function {
            graph.push(Step::Leave { at: u32::MAX, count: 0, way: Way::Certain, exit: Exit::Normal, offset });
        } else {
            frame.targeted = true;
            graph.push(Step::Branch(Branch::plain(frame.label, frame.height)));
        }
    }
}
