//! Instructions other than control, locals and intrinsics: sums and comparisons that may form a counted loop, and
//! instructions that end straight-line code.

use crate::engine::compare::{Comparison, Relation, Sign, Term};
use crate::engine::knowledge::event::Event;
use crate::engine::operands::{Operand, Value};
use crate::engine::shape::{Arity, Shape};
use crate::engine::state::Engine;
use crate::engine::tape::Tape;

impl Engine {
    /// Writes an instruction that neither opens nor ends a control structure and that may fall through.
    pub(crate) fn other(&mut self, shape: Shape, arity: Arity, write: impl Fn(&mut Tape)) {
        if self.is_dead() {
            return;
        }
        self.recorded(&write);
        let Arity::Known { pops, pushes } = arity else {
            self.forget();
            write(&mut self.tape);
            self.event(Event::Call);
            return self.event(Event::Pinned);
        };
        match shape {
            Shape::Select if self.select_numbers() => {}
            Shape::Pure | Shape::Select => {
                self.consume(pops);
                write(&mut self.tape);
                self.produce(pushes);
            }
            Shape::Add => self.add(write),
            Shape::Subtract => self.subtract(write),
            Shape::Compare(relation, sign) => self.compare(relation, sign, write),
            Shape::Eqz => {
                let implicit = self.is_not_zero();
                let comparison = self.pops(pops);
                write(&mut self.tape);
                match self.comparison(comparison).or(implicit) {
                    Some(comparison) => {
                        let negated = self.comparisons.add(comparison.negated());
                        self.push(Value::Comparison(negated));
                    }
                    None => self.produce(pushes),
                }
            }
            Shape::BranchIf(label) => {
                let implicit = self.is_not_zero();
                let condition = self.pops(pops);
                let start = self.tape.here();
                write(&mut self.tape);
                self.produce(pushes);
                let (condition, at) = (self.comparison(condition).or(implicit), self.tape.here());
                self.event(Event::BranchIf { label, condition, code: (start, at) });
            }
            Shape::Access | Shape::Effect | Shape::Call => {
                self.consume(pops);
                write(&mut self.tape);
                self.produce(pushes);
                self.event(if shape == Shape::Access { Event::Access } else { Event::Effect });
                if shape == Shape::Call {
                    self.event(Event::Call);
                }
            }
        }
    }

    fn comparison(&self, value: Value) -> Option<Comparison> {
        match value {
            Value::Comparison(id) => self.comparisons.get(id),
            _ => None,
        }
    }

    /// `i32.add`. A sum of a local and a constant is tracked.
    fn add(&mut self, write: impl Fn(&mut Tape)) {
        let (right, left) = self.pop_two();
        write(&mut self.tape);
        let value = match (self.term(&left), self.term(&right)) {
            (Some(Term::Local(local)), Some(Term::Constant(constant)))
            | (Some(Term::Constant(constant)), Some(Term::Local(local))) => Value::Sum(local, constant),
            _ => Value::Unknown,
        };
        self.push(value);
    }

    /// `i32.sub`. A local minus a constant is tracked as a sum.
    fn subtract(&mut self, write: impl Fn(&mut Tape)) {
        let (right, left) = self.pop_two();
        write(&mut self.tape);
        let value = match (self.term(&left), self.term(&right)) {
            (Some(Term::Local(local)), Some(Term::Constant(constant))) => Value::Sum(local, constant.wrapping_neg()),
            _ => Value::Unknown,
        };
        self.push(value);
    }

    /// The comparison of the operand on top with 0, if it is a local of the program in a loop.
    fn is_not_zero(&mut self) -> Option<Comparison> {
        if !self.knowledge.is_in_loop() {
            return None;
        }
        let floor = self.control.last().map_or(0, |control| control.floor);
        let operand = self.operands.top(floor)?;
        let left = Term::Local(self.program_local_of(&operand)?);
        let at = self.tape.here();
        let (right, relation, sign) = (Term::Constant(0), Relation::NotEqual, Sign::Unsigned);
        Some(Comparison { left, right, relation, sign, at, implicit: true })
    }

    /// A comparison. It is tracked inside a loop that may be a counted one.
    fn compare(&mut self, relation: Relation, sign: Sign, write: impl Fn(&mut Tape)) {
        let (right, left) = self.pop_two();
        write(&mut self.tape);
        let value = match (self.term(&left), self.term(&right)) {
            (Some(left), Some(right)) if self.knowledge.is_in_loop() => {
                let (at, implicit) = (self.tape.here(), false);
                Value::Comparison(self.comparisons.add(Comparison { left, right, relation, sign, at, implicit }))
            }
            _ => Value::Unknown,
        };
        self.push(value);
    }

    fn pop_two(&mut self) -> (Operand, Operand) {
        let (right, left) = (self.pop(), self.pop());
        self.materialize(&left);
        self.materialize(&right);
        (right, left)
    }

    /// The operand as a term of a comparison that may bound a loop.
    fn term(&self, operand: &Operand) -> Option<Term> {
        match operand.value {
            Value::I32(constant) => Some(Term::Constant(constant as u32)),
            Value::Size(local) => Some(Term::Size(local)),
            _ => self.program_local_of(operand).map(Term::Local),
        }
    }
}
