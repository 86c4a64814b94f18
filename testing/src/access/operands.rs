//! What the operands of a statement are when it runs. Numbers that are not decided yet are decided so that they fit.

use crate::access::program::{Form, Hole, Number, Place, Segment};
use crate::access::state::{Flow, Int, Interpreter};
use crate::access::value::Value;

impl Interpreter<'_, '_, '_> {
    pub(crate) fn segment(&mut self, segment: &Segment) -> Flow<Value> {
        Ok(match segment {
            Segment::At(place) => self.place(*place),
            Segment::Tee(local, inner) => {
                let value = self.segment(inner)?;
                self.put(Place::Local(*local), value);
                value
            }
            Segment::Block(inner) | Segment::Returned(inner) | Segment::Unboxed(inner) => self.segment(inner)?,
            Segment::If(condition, then, or_else) => {
                let taken = self.number(condition, 1)?.value != 0;
                self.segment(if taken { then } else { or_else })?
            }
            Segment::Null => self.semantics.null(),
            Segment::Foreign => self.semantics.foreign(),
        })
    }

    /// Decides a number that is not above `most`.
    pub(crate) fn decide(&mut self, hole: Hole, most: u32) {
        let Some(source) = &mut self.source else { return };
        let value = match source.below(8) {
            0 | 1 => most,
            2 => 0,
            3 => most - source.below(most.min(20)),
            4 => source.below(most.min(40)),
            _ => source.between(0, most),
        };
        self.holes[hole].value = Some(value);
    }

    pub(crate) fn hole(&mut self, hole: Hole, most: u32) -> Int {
        if self.holes[hole].value.is_none() {
            self.decide(hole, most);
        }
        let decided = self.holes[hole];
        Int { value: decided.value.unwrap_or(0), fixed: decided.form == Form::Constant }
    }

    /// A number; what is not decided yet makes it at most `most`.
    pub(crate) fn number(&mut self, number: &Number, most: u32) -> Flow<Int> {
        Ok(match number {
            Number::Hole(hole) => self.hole(*hole, most),
            Number::Local(local) => self.frame().integers[*local],
            Number::Add(a, b) => {
                let a = self.number(a, most)?;
                let left = most.saturating_sub(a.value).saturating_sub(self.ahead);
                let b = self.number(b, left)?;
                Int { value: a.value.wrapping_add(b.value), fixed: a.fixed && b.fixed }
            }
            Number::Scaled(inner, factor) => {
                let inner = self.number(inner, most / factor)?;
                Int { value: inner.value.wrapping_mul(*factor), ..inner }
            }
            Number::Size(segment) => {
                let value = self.segment(segment)?;
                let span = self.genuine(value, "MemorySegment.size")?;
                Int { value: span.size, fixed: span.fixed }
            }
            Number::After(statement, inner) => {
                self.statement(statement)?;
                self.number(inner, most)?
            }
        })
    }
}
