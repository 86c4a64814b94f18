//! Copies between GC arrays and segments.
//!
//! ```wasm
//! ;; the address   the array   the index   the count
//! call $linmem.copy_from_array.i32.TYPE
//! ```
//!
//! A constant count up to [`INLINE_ELEMENTS`] is lowered to accesses: see [`inline`]. A whole array that was just made of a data
//! segment, and a part of one of constants, are never made: see [`data`] and [`constants`]. An array is not in memory, so that
//! the ranges of a copy never overlap.
//!
//! # Traps
//!
//! In this order, all before the first byte or element is written: in a violation of the segment; if the array is null;
//! if the range of the array is outside; if an allocation finds no memory.

mod check;
mod constants;
mod data;
mod inline;

use crate::config::Optimize;
use crate::engine::knowledge::event::Event;
use crate::engine::locals::Scratch;
use crate::engine::lower::array::data::Data;
use crate::engine::lower::bump::Size;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::{Certain, Engine};
use crate::helpers::{ArrayCode, Helper, Transfer};
use crate::index::LocalIndex;
use crate::width::{PointerInstructions, PointerType};
use linmem_allocator::layout::{INLINE_BYTES, room};
use linmem_intrinsics::{ArrayType, Representation};
use wasm_encoder::{HeapType, RefType, ValType};

/// The maximum number of elements that are copied without a loop.
const INLINE_ELEMENTS: u32 = 8;

/// A range of an array, or of a string, in locals that will not change.
#[derive(Clone, Copy)]
pub(super) struct Elements {
    array: LocalIndex,
    index: Number,
    count: Number,
}

/// An `i32` that can be pushed more than once.
#[derive(Clone, Copy)]
enum Number {
    Constant(u32),
    Local(LocalIndex),
}

/// What an allocation copies.
#[derive(Clone)]
enum Source {
    Elements(Elements),
    Data(Data),
    /// Constants in their encoding in memory.
    Constants(Vec<u8>),
}

impl Source {
    /// The number of bytes, if it is constant.
    fn bytes(&self, ty: ArrayType) -> Option<u32> {
        match self {
            Source::Elements(Elements { count: Number::Constant(count), .. }) => count.checked_mul(ty.element.bytes()),
            Source::Elements(_) => None,
            Source::Data(data) => Some(data.bytes),
            Source::Constants(bytes) => Some(bytes.len() as u32),
        }
    }
}

impl Engine {
    pub(in crate::engine) fn lower_copy_from_array(
        &mut self,
        ty: ArrayType,
        (segment, offset): (&mut Operand, &mut Operand),
        (array, index, count): (&mut Operand, &mut Operand, &mut Operand),
    ) -> Result<(), Certain> {
        let data = self.data_of(ty, array, index, count);
        self.check_elements(ty.element, (segment, offset), count)?;
        if let Some(data) = data {
            for operand in [count, index, array] {
                self.discard(operand);
            }
            let place = self.place(segment, offset);
            self.push_whole_place(place, segment, offset);
            self.trace_bytes(data.bytes, Transfer::Write);
            self.write_memory_init(data);
        } else if let Some(constants) = self.constants_of(ty, array, index, count) {
            for operand in [count, index, array] {
                self.discard(operand);
            }
            let place = self.place(segment, offset);
            let to = self.keep_place(place, Scratch::To, constants.len() as u32);
            self.trace_pieces(to, constants.len() as u32, Transfer::Write);
            self.store_constants(to, &constants);
        } else if let Some(constant) = self.inline_count(count) {
            let elements = self.keep_elements(ty, array, index, count);
            let place = self.place(segment, offset);
            let to = self.keep_place(place, Scratch::To, constant * ty.element.bytes());
            self.trace_pieces(to, constant * ty.element.bytes(), Transfer::Write);
            self.copy_from_array_inline(ty, to, elements, constant);
        } else {
            self.copy_by_call(ArrayCode::CopyFrom, ty, (segment, offset), &[array, index, count]);
        }
        Ok(())
    }

    pub(in crate::engine) fn lower_copy_to_array(
        &mut self,
        ty: ArrayType,
        (segment, offset): (&mut Operand, &mut Operand),
        (array, index, count): (&mut Operand, &mut Operand, &mut Operand),
    ) -> Result<(), Certain> {
        self.check_elements(ty.element, (segment, offset), count)?;
        if let Some(constant) = self.inline_count(count) {
            let elements = self.keep_elements(ty, array, index, count);
            let place = self.place(segment, offset);
            let from = self.keep_place(place, Scratch::From, constant * ty.element.bytes());
            self.trace_pieces(from, constant * ty.element.bytes(), Transfer::Read);
            self.copy_to_array_inline(ty, from, elements, constant);
        } else {
            self.copy_by_call(ArrayCode::CopyTo, ty, (segment, offset), &[array, index, count]);
        }
        Ok(())
    }

    /// ```wasm
    /// ;; the address   the count
    /// call $linmem.new_array.i32.TYPE
    /// ```
    pub(in crate::engine) fn lower_to_array(
        &mut self,
        ty: ArrayType,
        (segment, offset): (&mut Operand, &mut Operand),
        count: &mut Operand,
    ) -> Result<(), Certain> {
        self.check_elements(ty.element, (segment, offset), count)?;
        match self.inline_count(count) {
            Some(constant) => {
                self.discard(count);
                let place = self.place(segment, offset);
                let from = self.keep_place(place, Scratch::From, constant * ty.element.bytes());
                self.trace_pieces(from, constant * ty.element.bytes(), Transfer::Read);
                self.new_array_inline(ty, from, constant);
            }
            None => self.copy_by_call(ArrayCode::New, ty, (segment, offset), &[count]),
        }
        self.push(Value::Unknown);
        Ok(())
    }

    /// A constant count becomes an allocation of constant size, which joins or begins a frame. Any other one is as follows:
    ///
    /// ```wasm
    /// ;; the array   the index   the count
    /// call $linmem.array_size.i32.TYPE
    /// local.set $linmem.bytes
    /// ;; allocate the bytes
    /// local.set $linmem.held
    /// local.get $linmem.held   ;; the array   the index   the count
    /// call $linmem.copy_from_array.i32.TYPE
    /// local.get $linmem.held   ;; make a segment of it
    /// ```
    pub(in crate::engine) fn lower_allocate_array(
        &mut self,
        ty: ArrayType,
        handle: &mut Operand,
        (array, index, count): (&mut Operand, &mut Operand, &mut Operand),
    ) {
        self.event(Event::Grow);
        self.trace_handle(handle);
        let data = self.data_of(ty, array, index, count).map(Source::Data);
        let constants = || self.constants_of(ty, array, index, count).map(Source::Constants);
        let source = match data.or_else(constants) {
            Some(source) => {
                for operand in [count, index, array] {
                    self.discard(operand);
                }
                source
            }
            None => Source::Elements(self.keep_elements(ty, array, index, count)),
        };
        let fits = |bytes: &u32| room(u64::from(*bytes)) <= u64::from(INLINE_BYTES);
        let in_frame = !self.context.choices.gives_null() && self.knowledge.frames.has_room() && !self.traces();
        match source.bytes(ty).filter(fits).filter(|_| in_frame) {
            Some(bytes) => self.allocate_array_in_frame(ty, handle, source, bytes),
            None => self.allocate_array_alone(ty, handle, source),
        }
    }

    fn allocate_array_in_frame(&mut self, ty: ArrayType, handle: &mut Operand, source: Source, bytes: u32) {
        self.lower_allocate(handle, &Operand::of_pointer(self.context.width(), bytes));
        let allocated = self.pop();
        let Value::Slot(slot) = allocated.value else {
            debug_assert!(false, "an allocation of {bytes} bytes is in a frame");
            return self.operands.push(allocated);
        };
        let base = self.knowledge.frames.base(slot.frame);
        self.copy_allocated(ty, (base, slot.offset), &source);
        self.push_deferred(Value::Slot(slot));
        if self.context.representation == Representation::Address {
            self.push_constant(bytes);
        }
    }

    fn allocate_array_alone(&mut self, ty: ArrayType, handle: &Operand, source: Source) {
        let maker = self.take_handle(handle);
        let width = self.context.width();
        let size = match &source {
            Source::Data(data) => Size::Constant(data.bytes),
            Source::Constants(bytes) => Size::Constant(bytes.len() as u32),
            Source::Elements(elements) => {
                self.push_elements(*elements);
                self.call_helper(Helper::Array(ArrayCode::Size, ty));
                let bytes = self.locals.scratch(Scratch::Bytes);
                self.tape.emit(|sink| {
                    sink.local_set(bytes.0);
                });
                Size::Local(bytes)
            }
        };
        self.write_bump(size);
        let here = self.tape.here();
        let address = self.locals.take_held(width.val_type(), here);
        self.tape.emit(|sink| {
            sink.local_set(address.0);
        });
        let gives_null = self.context.choices.gives_null();
        if gives_null {
            self.tape.emit(|sink| {
                sink.local_get(address.0).ptr_nez(width);
            });
            self.write_if(|engine| engine.copy_allocated(ty, (address, 0), &source));
        } else {
            self.copy_allocated(ty, (address, 0), &source);
        }
        self.tape.emit(|sink| {
            sink.local_get(address.0);
        });
        self.push_segment(size, maker);
        if self.context.representation == Representation::Address {
            self.push_size(size);
            if gives_null {
                // The null segment has no bytes.
                self.tape.emit(|sink| {
                    sink.ptr_const(width, 0).local_get(address.0).ptr_nez(width).select();
                });
            }
            self.push(Value::Unknown);
        }
    }

    /// Copies to an address that is in a local, plus a constant.
    fn copy_allocated(&mut self, ty: ArrayType, (address, offset): (LocalIndex, u32), source: &Source) {
        match *source {
            Source::Constants(ref bytes) => self.store_constants((address.0, offset), bytes),
            Source::Data(data) => self.copy_data((address, offset), data),
            Source::Elements(elements @ Elements { count: Number::Constant(count @ 1..=INLINE_ELEMENTS), .. })
                if self.optimize == Optimize::Speed =>
            {
                self.copy_from_array_inline(ty, (address.0, offset), elements, count);
            }
            Source::Elements(elements) => {
                self.push_address(address, offset);
                self.push_elements(elements);
                self.call_helper(Helper::Array(ArrayCode::CopyFrom, ty));
            }
        }
    }

    /// Calls a helper with the address of a place and the operands above it, which stay on the stack.
    fn copy_by_call(
        &mut self,
        code: ArrayCode,
        ty: ArrayType,
        (segment, offset): (&Operand, &Operand),
        operands: &[&mut Operand],
    ) {
        for operand in operands {
            self.materialize(operand);
        }
        let place = self.place(segment, offset);
        self.push_whole_place(place, segment, offset);
        let types = self.array_operands(ty);
        let above = types.get(types.len().saturating_sub(operands.len())..).unwrap_or_default();
        self.trace_elements(ty.element, above, Transfer::of_store(code == ArrayCode::CopyFrom));
        self.call_helper(Helper::Array(code, ty));
    }

    /// The number of elements, if they are copied without a loop. No element is left to a helper, which checks the range
    /// of the array all the same.
    fn inline_count(&self, count: &Operand) -> Option<u32> {
        let constant = count.i32().map(|constant| constant as u32);
        constant.filter(|constant| (1..=INLINE_ELEMENTS).contains(constant) && self.optimize == Optimize::Speed)
    }

    /// Pops a range of an array.
    pub(super) fn keep_elements(
        &mut self,
        ty: ArrayType,
        array: &Operand,
        index: &Operand,
        count: &Operand,
    ) -> Elements {
        let reference = ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(ty.index) });
        self.keep_range(reference, array, index, count)
    }

    /// Pops a range of an array or a string, whose reference has this type.
    pub(super) fn keep_range(
        &mut self,
        reference: ValType,
        array: &Operand,
        index: &Operand,
        count: &Operand,
    ) -> Elements {
        let count = self.keep_number(count);
        let index = self.keep_number(index);
        Elements { array: self.keep_in(array, reference), index, count }
    }

    fn keep_number(&mut self, operand: &Operand) -> Number {
        match operand.i32() {
            Some(constant) => {
                self.discard(operand);
                Number::Constant(constant as u32)
            }
            None => Number::Local(self.keep_in(operand, ValType::I32)),
        }
    }

    /// Pops an operand into a local, unless it was read from one that still holds it.
    fn keep_in(&mut self, operand: &Operand, ty: ValType) -> LocalIndex {
        if let Some(local) = self.local_of(operand) {
            self.discard(operand);
            return local;
        }
        self.materialize(operand);
        let here = self.tape.here();
        let local = self.locals.take_held(ty, here);
        self.tape.emit(|sink| {
            sink.local_set(local.0);
        });
        local
    }

    pub(super) fn push_elements(&mut self, elements: Elements) {
        self.tape.emit(|sink| {
            sink.local_get(elements.array.0);
            for number in [elements.index, elements.count] {
                match number {
                    Number::Constant(constant) => sink.i32_const(constant as i32),
                    Number::Local(local) => sink.local_get(local.0),
                };
            }
        });
    }
}
