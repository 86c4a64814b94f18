//! What the engine looks at of ordinary instructions: sums, comparisons and branches that make a counted loop, and where
//! straight code ends.

use crate::engine::Engine;
use crate::engine::compare::{Comparison, Term};
use crate::engine::knowledge::event::Event;
use crate::engine::knowledge::scan::is_straight;
use crate::engine::operands::{Operand, Value};
use crate::engine::tape::Tape;

impl Engine<'_> {
    /// An instruction that makes one operand of two.
    pub(super) fn binary(&mut self, write: impl FnOnce(&mut Tape)) {
        const I32_ADD: u8 = 0x6a;
        let (right, left) = (self.pop(), self.pop());
        self.materialize(&left);
        self.materialize(&right);
        let start = self.tape.len();
        write(&mut self.tape);
        let opcode = self.tape.byte_at(start).unwrap_or_default();
        let value = match (self.term(&left), self.term(&right)) {
            (Some(Term::Local(local)), Some(Term::Constant(constant)))
            | (Some(Term::Constant(constant)), Some(Term::Local(local)))
                if opcode == I32_ADD =>
            {
                Value::Sum(local, constant)
            }
            (Some(left), Some(right)) if self.knowledge.scan.is_some() => {
                let at = self.tape.here();
                let comparison = Comparison::of(opcode, left, right, at);
                comparison.map_or(Value::Unknown, |comparison| Value::Comparison(self.comparisons.add(comparison)))
            }
            _ => Value::Unknown,
        };
        self.push(value);
        self.observe(start, Value::Unknown);
    }

    /// What a loop may be bounded by, if that is what an operand is.
    fn term(&self, operand: &Operand) -> Option<Term> {
        match operand.value {
            Value::I32(constant) => Some(Term::Constant(constant as u32)),
            Value::Size(local) => Some(Term::Size(local)),
            _ => self.program_local_of(operand).map(Term::Local),
        }
    }

    /// Looks at an instruction that was just written, for what it is to the loop that it is in. `top` was on top of its
    /// operands.
    pub(super) fn observe(&mut self, start: u32, top: Value) {
        const I32_EQZ: u8 = 0x45;
        const BR_IF: u8 = 0x0d;
        let opcode = self.tape.byte_at(start).unwrap_or_default();
        let comparison = match top {
            Value::Comparison(id) => self.comparisons.get(id),
            _ => None,
        };
        if let (I32_EQZ, Some(comparison)) = (opcode, comparison) {
            let _ = self.pop();
            let negated = self.comparisons.add(comparison.negated());
            self.push(Value::Comparison(negated));
        }
        let at = self.tape.here();
        let label = self.tape.number_at(start);
        match (opcode, label, top) {
            (BR_IF, Some(label), Value::Comparison(_)) => {
                self.event(Event::BranchIf { label, condition: comparison, at });
            }
            (BR_IF, Some(label), Value::Local(_) | Value::Unknown) => {
                self.event(Event::BranchIf { label, condition: None, at });
            }
            _ if is_straight(opcode, label) => {}
            _ => self.event(Event::Effect),
        }
    }
}
