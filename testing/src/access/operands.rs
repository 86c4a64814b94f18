//! Evaluates the operands of a statement. Undecided numbers are decided so that they fit.

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
            Segment::OfAddress(address, bytes) => {
                let address = self.number(address, u32::MAX)?;
                Value::Span(self.of_address(address, Int { value: *bytes, fixed: true })?)
            }
            Segment::Null => self.semantics.null(),
            Segment::Foreign => self.semantics.foreign(),
        })
    }

    /// Decides an address near the end of the allocated memory.
    pub(crate) fn decide_address(&mut self, hole: Hole) {
        if let (Some(source), None) = (&mut self.source, self.holes[hole].value) {
            self.holes[hole].value = Some(self.heap.top().saturating_sub(source.below(60)));
        }
    }

    /// Decides a number of at most `max`.
    pub(crate) fn decide(&mut self, hole: Hole, max: u32) {
        let Some(source) = &mut self.source else { return };
        let value = match source.below(8) {
            0 | 1 => max,
            2 => 0,
            3 => max - source.below(max.min(20)),
            4 => source.below(max.min(40)),
            _ => source.between(0, max),
        };
        self.holes[hole].value = Some(value);
    }

    pub(crate) fn hole(&mut self, hole: Hole, max: u32) -> Int {
        if self.holes[hole].value.is_none() {
            self.decide(hole, max);
        }
        let decided = self.holes[hole];
        Int { value: decided.value.unwrap_or(0), fixed: decided.form == Form::Constant }
    }

    /// Evaluates a number. Undecided parts are decided so that it is at most `max`.
    pub(crate) fn number(&mut self, number: &Number, max: u32) -> Flow<Int> {
        Ok(match number {
            Number::Hole(hole) => self.hole(*hole, max),
            Number::Address(hole) => {
                self.decide_address(*hole);
                self.hole(*hole, max)
            }
            Number::Local(local) => self.frame().integers[*local],
            Number::Add(a, b) => {
                let a = self.number(a, max)?;
                let left = max.saturating_sub(a.value).saturating_sub(self.ahead);
                let b = self.number(b, left)?;
                Int { value: a.value.wrapping_add(b.value), fixed: a.fixed && b.fixed }
            }
            Number::Scaled(inner, factor) => {
                let inner = self.number(inner, max / factor)?;
                Int { value: inner.value.wrapping_mul(*factor), ..inner }
            }
            Number::Size(segment) => {
                let value = self.segment(segment)?;
                let span = self.genuine(value, "MemorySegment.size")?;
                Int { value: span.size, fixed: span.fixed }
            }
            Number::After(statement, inner) => {
                self.statement(statement)?;
                self.number(inner, max)?
            }
        })
    }
}
