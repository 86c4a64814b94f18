//! What is known while the code of a function is followed.

use super::classes::{Classes, Node};
use crate::engine::numbers::MAX_CARRIED;
use crate::link::input::Input;
use wasmparser::{FuncValidator, ValType, ValidatorResources};

/// What an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Other,
    /// A segment that was made here.
    Made,
    /// A segment of a local or of a block.
    Of(Node),
}

/// An open control structure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) height: usize,
    /// What is assigned at its start.
    pub(super) assigned: u64,
    /// What is assigned on all branches to its end so far.
    pub(super) at_end: u64,
    /// Its result, if it is followed.
    pub(super) result: Option<Node>,
    pub(super) is_loop: bool,
    /// Whether it is an `if` without `else` so far.
    pub(super) is_if: bool,
}

pub(super) struct Follow<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) validator: FuncValidator<ValidatorResources>,
    pub(super) params: u32,
    pub(super) classes: Classes,
    /// The locals that are followed, each with its node. The position is its bit.
    pub(super) locals: Vec<(u32, Node)>,
    /// The blocks that are followed.
    pub(super) blocks: Vec<(usize, Node)>,
    /// By node, the number of operands that were read from the local.
    pub(super) pending: Vec<u32>,
    pub(super) operands: Vec<Value>,
    pub(super) frames: Vec<Frame>,
    /// The followed locals that are certainly assigned, by their bits.
    pub(super) assigned: u64,
    /// In unreachable code: the number of structures opened there.
    pub(super) dead: Option<u32>,
    pub(super) with_blocks: bool,
}

impl Follow<'_> {
    pub(super) fn push(&mut self, value: Value) {
        if let Value::Of(node) = value {
            self.pending[node] += 1;
        }
        self.operands.push(value);
    }

    /// Pops the operands from a position upwards.
    pub(super) fn cut(&mut self, at: usize) {
        while self.operands.len() > at {
            if let Some(Value::Of(node)) = self.operands.pop() {
                self.pending[node] -= 1;
            }
        }
    }

    /// Excludes the segments from a position upwards.
    pub(super) fn give_up(&mut self, at: usize) {
        for position in at..self.operands.len() {
            if let Value::Of(node) = self.operands[position] {
                self.exclude(node);
            }
        }
    }

    pub(super) fn node(&mut self) -> Node {
        self.pending.push(0);
        self.classes.add()
    }

    pub(super) fn exclude(&mut self, node: Node) {
        self.classes.exclude(node);
    }

    /// A value is assigned to what a node stands for.
    pub(super) fn flow(&mut self, value: Value, to: Node) {
        match value {
            Value::Other => self.exclude(to),
            Value::Made => {}
            Value::Of(from) => self.classes.join(from, to),
        }
    }

    /// The bit and the node of a local, if it is followed.
    pub(super) fn local(&mut self, local: u32) -> Option<(u64, Node)> {
        if let Some(position) = self.locals.iter().position(|(known, _)| *known == local) {
            return Some((1 << position, self.locals[position].1));
        }
        let is_reference = matches!(self.validator.get_local_type(local), Some(ValType::Ref(_)));
        if local < self.params || !is_reference || self.locals.len() == MAX_CARRIED {
            return None;
        }
        let node = self.node();
        self.locals.push((local, node));
        Some((1 << (self.locals.len() - 1), node))
    }
}
