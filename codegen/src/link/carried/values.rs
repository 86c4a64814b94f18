//! Reads and assignments of locals, and calls.

use super::follow::{Follow, Value};
use crate::link::wrappers::{Step, Wrapper};
use crate::planted::{self, Bug};
use linmem_intrinsics::{Operation, Signature};
use wasmparser::Operator;

impl Follow<'_> {
    /// Pops the operands of an instruction, which may use them in any way.
    pub(super) fn consume(&mut self, operator: &Operator<'_>, height: usize) -> Option<()> {
        let (pops, _) = operator.operator_arity(&self.validator)?;
        let at = height.saturating_sub(pops as usize);
        self.give_up(at);
        self.cut(at);
        Some(())
    }

    pub(super) fn get(&mut self, local: u32) {
        let Some((bit, node)) = self.local(local) else { return self.push(Value::Other) };
        if self.assigned & bit == 0 && !planted::has(Bug::NumbersUnassigned) {
            self.exclude(node);
        }
        self.push(Value::Of(node));
    }

    pub(super) fn set(&mut self, local: u32) {
        let value = self.operands.last().copied().unwrap_or(Value::Other);
        let top = self.operands.len().saturating_sub(1);
        let Some((bit, node)) = self.local(local) else {
            self.give_up(top);
            return self.cut(top);
        };
        self.cut(top);
        if self.pending[node] > 0 {
            self.exclude(node);
        }
        self.flow(value, node);
        self.assigned |= bit;
    }

    /// `select` of two segments is a segment of the class of both.
    pub(super) fn select(&mut self, height: usize) {
        let at = height.saturating_sub(3);
        let value = match self.operands.get(at..) {
            Some(&[first, second, _]) => match (first, second) {
                (Value::Other, _) | (_, Value::Other) => {
                    self.give_up(at);
                    Value::Other
                }
                (Value::Of(node), other) | (other, Value::Of(node)) => {
                    self.flow(other, node);
                    // The result is not read from the local.
                    let result = self.node();
                    self.flow(Value::Of(node), result);
                    Value::Of(result)
                }
                (Value::Made, Value::Made) => Value::Made,
            },
            _ => Value::Other,
        };
        self.cut(at);
        self.push(value);
    }

    pub(super) fn call(&mut self, operator: &Operator<'_>, function: u32, height: usize) -> Option<()> {
        let input = self.input;
        if let Some(signature) = input.intrinsic(function) {
            let at = height.saturating_sub(signature.operand_count());
            for (position, meaning) in (at..).zip(signature.operands()) {
                if !meaning.is_segment() && matches!(self.operands.get(position), Some(Value::Of(_))) {
                    self.give_up(position);
                }
            }
            self.cut(at);
            if makes(signature) {
                self.push(Value::Made);
            }
            return Some(());
        }
        match input.wrappers.get(function).and_then(|wrapper| self.passes_on(wrapper)) {
            Some(made) => {
                self.cut(height.saturating_sub(input.function_type(function).params().len()));
                if made {
                    self.push(Value::Made);
                }
            }
            None => self.consume(operator, height)?,
        }
        Some(())
    }

    /// Whether a wrapper makes a segment; `None` if it may use its parameters other than as operands of intrinsics.
    pub(super) fn passes_on(&self, wrapper: &Wrapper) -> Option<bool> {
        let mut made = false;
        for step in &wrapper.steps {
            made = match step {
                Step::Intrinsic(import) => makes(self.input.intrinsic(*import)?),
                Step::Wrapper(callee) => match (self.input.intrinsic(*callee), self.input.wrappers.get(*callee)) {
                    (Some(signature), _) => makes(signature),
                    (None, wrapper) => self.passes_on(wrapper?)?,
                },
                Step::Get(_) | Step::I32(_) | Step::I64(_) | Step::Static(_) | Step::Push(_) => false,
                Step::Convert(_) | Step::Drop => return None,
            };
        }
        Some(made)
    }
}

/// Whether an intrinsic makes a segment whose numbers the engine has, and nothing else.
fn makes(signature: &Signature) -> bool {
    matches!(
        signature.intrinsic.operation(),
        Operation::Allocate
            | Operation::AllocateAligned
            | Operation::Slice
            | Operation::OfAddress
            | Operation::AllocateArray
            | Operation::AllocateText(_)
    ) && signature.results().len() == 1
}
