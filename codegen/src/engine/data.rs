//! Arrays that are made of data segments, and that a copy may replace by `memory.init`.

use crate::engine::operands::{DataRange, Value};
use crate::engine::shape::{Arity, Shape};
use crate::engine::state::Engine;
use crate::engine::tape::Tape;

impl Engine {
    /// `array.new_data`. If its operands are constants, a copy of the whole array can remove all three instructions.
    pub(crate) fn array_new_data(&mut self, data: u32, write: impl Fn(&mut Tape)) {
        let range = self.constant_range();
        self.other(Shape::Effect, Arity::Known { pops: 2, pushes: 1 }, write);
        if let (Some((start, offset, count)), Some(array)) = (range, self.operands.top_mut()) {
            array.value = Value::Data(DataRange { data, offset, count });
            array.start = Some(start);
        }
    }

    /// The two constants on top of the stack, and the start of the instructions that push them, if these are the last
    /// instructions.
    fn constant_range(&self) -> Option<(u32, u32, u32)> {
        let floor = self.control.last().map_or(0, |control| control.floor);
        let [.., offset, count] = self.operands.above(floor) else { return None };
        let (start, between) = (offset.start?, count.start?);
        let is_last = offset.position?.byte() == between && self.tape.is_end(count.position?);
        let written = is_last && !offset.deferred && !count.deferred && !self.is_dead();
        written.then_some((start, offset.i32()? as u32, count.i32()? as u32))
    }
}
