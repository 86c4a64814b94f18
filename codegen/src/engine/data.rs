//! Arrays that are made of data segments or of constants. A copy of such an array may make it unnecessary.

use crate::engine::operands::{ArrayId, DataRange, Operand, Value};
use crate::engine::shape::{Arity, Shape};
use crate::engine::state::Engine;
use crate::engine::tape::Tape;

/// The maximum number of constants that are remembered.
const MAX_CONSTANTS: u32 = 8;

impl Engine {
    /// `array.new_data`. If its operands are constants, a copy of the whole array can remove all three instructions.
    pub(crate) fn array_new_data(&mut self, data: u32, write: impl Fn(&mut Tape)) {
        let range = self.constants(2).and_then(|(start, constants)| {
            let [offset, count] = constants[..] else { return None };
            Some((start, DataRange { data, offset: offset as u32, count: count as u32 }))
        });
        self.other(Shape::Effect, Arity::Known { pops: 2, pushes: 1 }, write);
        if let Some((start, range)) = range {
            self.made(start, Value::Data(range));
        }
    }

    /// `array.new_fixed` with this number of elements. If they are a few integer constants, a copy of them can remove all
    /// instructions.
    pub(crate) fn array_new_fixed(&mut self, count: u32, write: impl Fn(&mut Tape)) {
        let constants = if (1..=MAX_CONSTANTS).contains(&count) { self.constants(count as usize) } else { None };
        self.other(Shape::Effect, Arity::Known { pops: count, pushes: 1 }, write);
        if let Some((start, constants)) = constants {
            let array = ArrayId(self.arrays.len() as u32);
            self.arrays.push(constants);
            self.made(start, Value::Constants(array));
        }
    }

    /// Records what the array on top of the stack is, and where the instructions that made it start.
    fn made(&mut self, start: u32, value: Value) {
        if let Some(array) = self.operands.top_mut() {
            (array.value, array.start) = (value, Some(start));
        }
    }

    /// The constants on top of the stack, and the start of the instructions that push them, if these are the last
    /// instructions.
    fn constants(&self, count: usize) -> Option<(u32, Vec<i64>)> {
        if self.is_dead() {
            return None;
        }
        let floor = self.control.last().map_or(0, |control| control.floor);
        let operands = self.operands.above(floor);
        let operands = operands.get(operands.len().checked_sub(count)?..)?;
        let value = |operand: &Operand| match operand.value {
            Value::I32(constant) if !operand.deferred => Some(i64::from(constant)),
            Value::I64(constant) if !operand.deferred => Some(constant),
            _ => None,
        };
        let constants = operands.iter().map(value).collect::<Option<Vec<i64>>>()?;
        for pair in operands.windows(2) {
            let [before, after] = pair else { return None };
            if before.position?.byte() != after.start? {
                return None;
            }
        }
        let is_last = self.tape.is_end(operands.last()?.position?);
        is_last.then_some((operands.first()?.start?, constants))
    }
}
