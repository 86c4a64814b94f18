//! Segments that are numbers at the ends of blocks and in `select`.

use crate::engine::number_id::NumbersId;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use crate::index::LocalIndex;
use crate::planted::{self, Bug, Optimization};
use wasm_encoder::ValType;

impl Engine {
    /// Lowers `select` of two segments, if the numbers of both are known. Returns whether it did.
    ///
    /// ```wasm
    /// ;; the first start   ;; the second start   ;; the condition   select   local.set $linmem.start
    /// ;; the same for the size, and for the region where liveness is checked
    /// ```
    pub(super) fn select_numbers(&mut self) -> bool {
        let floor = self.control.last().map_or(0, |control| control.floor);
        let above = self.operands.above(floor);
        let [.., first, second, _] = above else { return false };
        let is_known = self.has_numbers(first) && self.has_numbers(second);
        if self.context.segments.types().is_none()
            || !is_known
            || self.traces()
            || planted::is_off(Optimization::Numbers)
        {
            return false;
        }
        let (Some(first), Some(second), Some(to)) = (self.new_numbers(), self.new_numbers(), self.new_numbers()) else {
            return false;
        };
        let condition = self.pop();
        let condition = self.take_condition(&condition);
        let (after, before) = (self.pop(), self.pop());
        let same_size = before.bytes.filter(|bytes| after.bytes == Some(*bytes));
        let second = self.numbers_of(&after, second);
        let first = self.numbers_of(&before, first);
        self.choose_numbers(first, second, condition, to);
        self.push_deferred(Value::Numbers(to));
        if let Some(top) = self.operands.top_mut() {
            top.bytes = same_size;
        }
        true
    }

    /// Takes a condition off the stack, into a local.
    fn take_condition(&mut self, condition: &Operand) -> LocalIndex {
        if let (Some(local), true) = (self.local_of(condition), condition.start.is_some()) {
            self.discard(condition);
            return local;
        }
        self.materialize(condition);
        let position = self.tape.here();
        let held = self.locals.take_held(ValType::I32, position);
        self.tape.emit(|sink| {
            sink.local_set(held.0);
        });
        held
    }

    /// The numbers of a segment on top of the stack, which is taken off.
    fn numbers_of(&mut self, operand: &Operand, unused: NumbersId) -> NumbersId {
        match operand.value {
            Value::Numbers(id) if operand.deferred => id,
            _ => {
                self.store_numbers(operand, unused);
                unused
            }
        }
    }

    /// The numbers for the only result of a block or an `if` that is about to be opened without results; `None` if it has to be
    /// opened as it is.
    pub(crate) fn numbers_of_block(&mut self) -> Option<NumbersId> {
        if self.is_dead() { None } else { self.new_numbers() }
    }

    /// Pops the segment that is the result of a block, at the end of an arm or before a branch.
    pub(crate) fn carry(&mut self, numbers: NumbersId, is_second_arm: bool) {
        if self.is_dead() {
            return;
        }
        let operand = self.pop();
        if is_second_arm && planted::has(Bug::NumbersSkipArm) {
            let Some(unused) = self.new_numbers() else { return };
            return self.store_numbers(&operand, unused);
        }
        self.store_numbers(&operand, numbers);
    }

    /// The segment below a condition becomes the result of a block if the condition holds, and stays where it is if not.
    pub(crate) fn carry_if(&mut self, numbers: NumbersId) {
        if self.is_dead() {
            return;
        }
        let condition = self.pop();
        let segment = self.pop();
        let condition = self.take_condition(&condition);
        let kept = match (segment.value, segment.deferred) {
            (Value::Numbers(_) | Value::Slot(_) | Value::Static(_), true) => {
                self.store_numbers(&segment, numbers);
                segment
            }
            _ => {
                let mut kept = segment;
                self.store_numbers(&segment, numbers);
                if let Some(copy) = self.new_numbers() {
                    self.copy_numbers(numbers, copy, None);
                    kept = Operand { value: Value::Numbers(copy), deferred: true, ..Operand::UNKNOWN };
                }
                kept.bytes = segment.bytes;
                kept
            }
        };
        let position = Some(self.tape.here());
        self.operands.push(Operand { position, ..kept });
        self.simple(Value::Unknown, |sink| {
            sink.local_get(condition.0);
        });
    }

    /// Pushes the result of a block that ended.
    pub(crate) fn push_carried(&mut self, numbers: NumbersId) {
        if !self.is_dead() {
            self.push_deferred(Value::Numbers(numbers));
        }
    }
}
