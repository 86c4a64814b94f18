//! Constants, locals and `drop`: the instructions whose operands and results the engine tracks.

use crate::engine::knowledge::contents::Content;
use crate::engine::late::Late;
use crate::engine::operands::{Operand, Value};
use crate::engine::recording::{LOCAL_GET, LOCAL_SET, LOCAL_TEE};
use crate::engine::state::Engine;
use crate::engine::tail::Tail;
use crate::index::LocalIndex;
use linmem_allocator::Width;

impl Engine {
    /// `i32.const`.
    pub(crate) fn i32_const(&mut self, value: i32) {
        self.recorded_i32(value);
        self.simple(Value::I32(value), |sink| {
            sink.i32_const(value);
        });
    }

    /// `i32.const`, which is written only if its consumer needs the value on the stack.
    pub(crate) fn i32_const_deferred(&mut self, value: i32) {
        if !self.is_dead() {
            self.recorded_i32(value);
            self.push_deferred(Value::I32(value));
        }
    }

    /// A constant pointer.
    pub(crate) fn ptr_const(&mut self, value: u32) {
        match self.context.width() {
            Width::Bits32 => self.i32_const(value as i32),
            Width::Bits64 => self.i64_const(i64::from(value)),
        }
    }

    /// A constant pointer, deferred in the same way.
    pub(crate) fn ptr_const_deferred(&mut self, value: u32) {
        if !self.is_dead() {
            match self.context.width() {
                Width::Bits32 => self.recorded_i32(value as i32),
                Width::Bits64 => self.recorded_i64(i64::from(value)),
            }
            self.push_constant(value);
        }
    }

    /// `i64.const`, deferred in the same way.
    pub(crate) fn i64_const_deferred(&mut self, value: i64) {
        if !self.is_dead() {
            self.recorded_i64(value);
            self.push_deferred(Value::I64(value));
        }
    }

    /// Pushes the handle of a region for an allocation. It is deferred if the region is known.
    pub(crate) fn handle(&mut self, local: LocalIndex) {
        match self.locals.contents.content(local) {
            Some(Content::Region(region)) if !self.is_dead() => {
                self.recorded_local(LOCAL_GET, local);
                self.push_read(Value::Region(region), local);
            }
            _ => self.local_get(local),
        }
    }

    /// `i64.const`.
    pub(crate) fn i64_const(&mut self, value: i64) {
        self.recorded_i64(value);
        self.simple(Value::I64(value), |sink| {
            sink.i64_const(value);
        });
    }

    /// `local.get`.
    pub(crate) fn local_get(&mut self, local: LocalIndex) {
        if self.is_dead() {
            return;
        }
        self.recorded_local(LOCAL_GET, local);
        self.read_local(local);
    }

    fn read_local(&mut self, local: LocalIndex) {
        match self.locals.contents.content(local) {
            Some(Content::Slot(definition)) => {
                let slot = self.knowledge.frames.definition(definition).slot;
                match self.numbers.of(local) {
                    Some(_) => self.push_deferred(Value::Slot(slot)),
                    None => self.push_read(Value::Slot(slot), local),
                }
            }
            Some(Content::Static(segment)) => self.push_static_of(segment, Some(local)),
            content => {
                if let Some(numbers) = self.numbers.of(local) {
                    return self.push_read(Value::Numbers(numbers), local);
                }
                // The value has the content of the local, which may change before the value is used.
                if let Some(Content::Region(region)) = content {
                    return self.push_read(Value::Region(region), local);
                }
                self.locals.contents.read(local);
                let local = self.locals.write(local);
                self.simple(Value::Local(local), |sink| {
                    sink.local_get(local.0);
                });
            }
        }
    }

    /// `local.set`.
    pub(crate) fn local_set(&mut self, local: LocalIndex) {
        if self.is_dead() {
            return;
        }
        self.recorded_local(LOCAL_SET, local);
        let operand = self.pop();
        if let Some(numbers) = self.numbers.of(local) {
            return self.assign_numbers(local, numbers, &operand);
        }
        if self.define(local, &operand).is_none() {
            self.assign(local, &operand);
        }
    }

    pub(super) fn assign(&mut self, local: LocalIndex, operand: &Operand) {
        self.materialize(operand);
        if let (Some(position), true) = (operand.position, operand.position == self.allocated)
            && self.tape.is_end(position)
            && self.locals.contents.is_of_program(local)
        {
            if let Some(packing) = operand.packing {
                self.tape.insert_late(packing, Late::Packing);
            }
            self.tape.late(Late::Result(local));
        } else {
            let start = self.tape.len();
            self.tape.emit(|sink| {
                sink.local_set(local.0);
            });
            self.tail = Some(Tail::assigned(local, start, self.tape.here()));
        }
        self.assigned(local, operand);
        self.learn(local, operand);
    }

    /// `local.tee`.
    pub(crate) fn local_tee(&mut self, local: LocalIndex) {
        if self.is_dead() {
            return;
        }
        self.recorded_local(LOCAL_TEE, local);
        let operand = self.pop();
        if let Some(numbers) = self.numbers.of(local) {
            self.assign_numbers(local, numbers, &operand);
            return self.read_local(local);
        }
        match self.define(local, &operand) {
            Some(Value::Static(segment)) => self.push_static_of(segment, Some(local)),
            Some(value) => self.push_read(value, local),
            None => {
                self.materialize(&operand);
                self.tape.emit(|sink| {
                    sink.local_tee(local.0);
                });
                self.assigned(local, &operand);
                self.learn(local, &operand);
                match operand.value {
                    Value::Region(_) => {
                        let position = Some(self.tape.here());
                        let source = Some(local);
                        self.operands.push(Operand { value: operand.value, source, position, ..Operand::UNKNOWN });
                    }
                    _ => self.push(Value::Local(local)),
                }
            }
        }
    }

    /// `drop`.
    pub(crate) fn drop(&mut self) {
        if self.is_dead() {
            return;
        }
        self.recorded(|tape| {
            tape.emit(|sink| {
                sink.drop();
            });
        });
        let operand = self.pop();
        if !operand.deferred {
            self.tape.emit(|sink| {
                sink.drop();
            });
        }
    }

    #[inline(always)]
    fn recorded_i32(&mut self, value: i32) {
        if !self.is_dead() {
            self.recorded(|tape| {
                tape.emit(|sink| {
                    sink.i32_const(value);
                });
            });
        }
    }

    #[inline(always)]
    fn recorded_i64(&mut self, value: i64) {
        if !self.is_dead() {
            self.recorded(|tape| {
                tape.emit(|sink| {
                    sink.i64_const(value);
                });
            });
        }
    }
}
