//! Loads and stores of one value.
//!
//! ```wasm
//! ;; the segment
//! i32.wrap_i64                 ;; only if it is packed
//! ;; the offset                ;; a constant one becomes part of the memory argument
//! i32.add                      ;; only if the offset is not constant
//! ;; the value
//! i32.store offset=OFFSET
//! ```
//!
//! In static data, a constant address is pushed in place of the segment, or an offset that is not constant is pushed
//! alone:
//!
//! ```wasm
//! i32.const ADDRESS            ;; the offset
//! ;; the value                 ;; the value
//! i32.store offset=OFFSET      i32.store offset=ADDRESS
//! ```
//!
//! # Traps
//!
//! Those of the load or store, if the bytes are outside of the memory.

use crate::code::Number;
use crate::engine::late::Late;
use crate::engine::lower::bounds::At;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::{Certain, Engine};
use crate::helpers::Transfer;
use crate::index::LocalIndex;
use crate::module::val_type;
use crate::segment::Part;
use crate::segment::{Out, packed};
use crate::statics::{StaticNumber, StaticSegment};
use crate::width::PointerInstructions;
use linmem_intrinsics::Access;
use wasm_encoder::{InstructionSink, MemArg, ValType};

/// The location that a segment and an offset denote.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// The address on the stack plus a constant.
    Pushed(u32),
    /// The address in a local that will not change, plus a constant. Nothing is on the stack.
    Local(LocalIndex, u32),
}

/// What is added to the number on the stack by the memory argument of an access.
#[derive(Clone, Copy, Debug)]
enum Added {
    /// A constant.
    Constant(u32),
    /// The address of static data.
    Static(StaticSegment),
}

impl Engine {
    /// Replaces a segment and an offset by an address on the stack, or by nothing if the segment is in a frame.
    pub(super) fn place(&mut self, segment: &Operand, offset: &Operand) -> Place {
        match (segment.value, self.constant(offset)) {
            (Value::Slot(slot), Some(constant)) if segment.deferred => {
                if let Some(sum) = slot.offset.checked_add(constant) {
                    self.discard(offset);
                    return Place::Local(self.knowledge.frames.base(slot.frame), sum);
                }
            }
            (Value::Slot(slot), None) if segment.deferred => {
                let (position, base) = (self.at(segment), self.knowledge.frames.base(slot.frame));
                self.tape.insert(position, |sink| {
                    sink.local_get(base.0);
                });
                self.add_offset(offset);
                return Place::Pushed(slot.offset);
            }
            _ => {}
        }
        self.unwrap_segment(segment);
        match self.constant(offset) {
            Some(constant) => {
                self.discard(offset);
                Place::Pushed(constant)
            }
            None => {
                self.add_offset(offset);
                Place::Pushed(0)
            }
        }
    }

    /// Replaces a segment by its address.
    pub(super) fn unwrap_segment(&mut self, segment: &Operand) {
        let position = self.at(segment);
        if segment.packing.is_some() {
            return self.leave_address(segment);
        }
        if let Some(made) = segment.made {
            return self.leave_start(segment, made);
        }
        match segment.value {
            Value::Slot(slot) if segment.deferred => {
                let base = self.knowledge.frames.base(slot.frame);
                let width = self.context.width();
                self.tape.insert(position, |sink| {
                    sink.local_get(base.0);
                    if slot.offset != 0 {
                        sink.ptr_const(width, u64::from(slot.offset)).ptr_add(width);
                    }
                });
            }
            Value::I64(constant) if self.context.is_packed() => {
                self.discard(segment);
                let (start, width) = (packed::start_of(constant), self.context.width());
                self.tape.insert(position, |sink| {
                    sink.ptr_const(width, u64::from(start));
                });
            }
            Value::Static(item) if segment.deferred => {
                self.tape.insert_late(position, Late::StaticAddress(item));
            }
            Value::Numbers(id) => {
                let start = self.number_start(id);
                self.tape.insert(position, |sink| {
                    sink.local_get(start.0);
                });
            }
            Value::Structure(types, local) => {
                self.tape.insert(position, |sink| {
                    types.start(sink.local_get(local.0));
                });
            }
            // The part is read where the segment was pushed, because the local may change later.
            Value::Local(local) if self.context.is_packed() && segment.start.is_some() => {
                self.discard(segment);
                At { engine: self, position }.part(local, Part::Start);
            }
            _ => {
                self.materialize(segment);
                let (position, segments) = (self.at(segment), self.context.segments);
                self.tape.insert(position, |sink| {
                    segments.take_start(sink);
                });
            }
        }
    }

    fn add_offset(&mut self, offset: &Operand) {
        self.materialize(offset);
        let (position, width) = (self.at(offset), self.context.width());
        self.tape.insert(position, |sink| {
            sink.ptr_add(width);
        });
    }

    /// Pushes the start of the frame of a segment, if none of the operands has been written yet, so that no edit is
    /// needed. `constants` are the offset and the operands after it. Returns the constant to add to the start.
    pub(super) fn place_at_end(&mut self, segment: &Operand, constants: &[&Operand]) -> Option<u32> {
        let is_constant =
            |operand: &&Operand| operand.deferred && matches!(operand.value, Value::I32(_) | Value::I64(_));
        let (Value::Slot(slot), true) = (segment.value, segment.deferred) else { return None };
        if !constants.iter().all(is_constant) || !self.tape.is_end(segment.position?) {
            return None;
        }
        let offset = slot.offset.checked_add(self.constant(constants.first()?)?)?;
        let base = self.knowledge.frames.base(slot.frame);
        self.tape.emit(|sink| {
            sink.local_get(base.0);
        });
        Some(offset)
    }

    /// Appends a deferred constant.
    pub(super) fn write_constant(&mut self, operand: &Operand) {
        self.tape.emit(|sink| {
            match operand.value {
                Value::I32(constant) => sink.i32_const(constant),
                Value::I64(constant) => sink.i64_const(constant),
                _ => sink,
            };
        });
    }

    /// Pushes the address of an access, except for a part of it that becomes part of the memory argument.
    ///
    /// An offset in static data that is not constant is pushed alone, so that nothing is added to it. The sum does not
    /// wrap around if the access is inside.
    fn push_start(&mut self, segment: &Operand, offset: &Operand) -> Added {
        match segment.value {
            Value::Static(item) if segment.deferred && self.constant(offset).is_none() => {
                self.materialize(offset);
                Added::Static(item)
            }
            _ => {
                let place = self.place(segment, offset);
                Added::Constant(self.push_place(place, segment))
            }
        }
    }

    /// Emits a load or store.
    fn emit_access(
        &mut self,
        added: Added,
        access: Access,
        above: &[ValType],
        write: impl Fn(&mut InstructionSink<'_>, MemArg),
    ) {
        match added {
            Added::Constant(offset) => {
                self.trace_access(u64::from(offset), access.bytes(), Transfer::of_store(!above.is_empty()), above);
                let memarg = self.context.memarg(offset, access.bytes());
                self.tape.emit(|sink| write(sink, memarg));
            }
            Added::Static(item) => {
                // The offset is the last byte of the instruction.
                let memarg = self.context.memarg(0, access.bytes());
                let number = Number::Static(StaticNumber::Offset(item));
                self.tape.emit_with_number(|sink| write(sink, memarg), number);
            }
        }
    }

    /// Pushes the address of a place if it is not on the stack, and returns the constant to add to it.
    pub(super) fn push_place(&mut self, place: Place, segment: &Operand) -> u32 {
        match place {
            Place::Pushed(offset) => offset,
            Place::Local(base, offset) => {
                let position = self.at(segment);
                self.tape.insert(position, |sink| {
                    sink.local_get(base.0);
                });
                offset
            }
        }
    }

    /// Writes the checks of an access of `bytes` bytes that the safety level requires.
    pub(super) fn check_access(
        &mut self,
        segment: &mut Operand,
        offset: &mut Operand,
        bytes: &mut Operand,
    ) -> Result<(), Certain> {
        if self.context.checks_bounds() {
            self.check_bounds(segment, offset, bytes)?;
        }
        if self.context.checks_segments() {
            self.check_live(segment, offset, bytes);
        }
        self.trace_bounds(segment, offset, bytes);
        Ok(())
    }

    pub(in crate::engine) fn lower_get(
        &mut self,
        access: Access,
        segment: &mut Operand,
        offset: &mut Operand,
    ) -> Result<(), Certain> {
        self.check_access(segment, offset, &mut Operand::of_pointer(self.context.width(), access.bytes()))?;
        let added = match self.place_at_end(segment, &[offset]) {
            Some(offset) => Added::Constant(offset),
            None => self.push_start(segment, offset),
        };
        self.emit_access(added, access, &[], |sink, memarg| {
            match access {
                Access::Byte => sink.i32_load8_s(memarg),
                Access::UByte => sink.i32_load8_u(memarg),
                Access::Short => sink.i32_load16_s(memarg),
                Access::UShort => sink.i32_load16_u(memarg),
                Access::Int => sink.i32_load(memarg),
                Access::Long => sink.i64_load(memarg),
                Access::Float => sink.f32_load(memarg),
                Access::Double => sink.f64_load(memarg),
                Access::Vector => sink.v128_load(memarg),
            };
        });
        self.push(Value::Unknown);
        Ok(())
    }

    pub(in crate::engine) fn lower_set(
        &mut self,
        access: Access,
        segment: &mut Operand,
        offset: &mut Operand,
        value: &Operand,
    ) -> Result<(), Certain> {
        self.check_access(segment, offset, &mut Operand::of_pointer(self.context.width(), access.bytes()))?;
        if self.store_constant(access, segment, offset, value) {
            return Ok(());
        }
        let added = match self.place_at_end(segment, &[offset, value]) {
            Some(offset) => {
                self.write_constant(value);
                Added::Constant(offset)
            }
            None => {
                self.materialize(value);
                self.push_start(segment, offset)
            }
        };
        self.emit_access(added, access, &[val_type(access.value_type())], |sink, memarg| {
            match access {
                Access::Byte | Access::UByte => sink.i32_store8(memarg),
                Access::Short | Access::UShort => sink.i32_store16(memarg),
                Access::Int => sink.i32_store(memarg),
                Access::Long => sink.i64_store(memarg),
                Access::Float => sink.f32_store(memarg),
                Access::Double => sink.f64_store(memarg),
                Access::Vector => sink.v128_store(memarg),
            };
        });
        Ok(())
    }
}
