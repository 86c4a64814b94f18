//! Copies of a few elements, as accesses.
//!
//! ```wasm
//! ;; to memory                                           ;; to an array
//! local.get $to                                          ;; check the range of the array
//! local.get $array   local.get $index   array.get $type  local.get $array   local.get $index
//! local.get $to                                          local.get $from   i32.load
//! local.get $array   local.get $index   i32.const 1      local.get $array   local.get $index   i32.const 1   i32.add
//! i32.add   array.get $type                              local.get $from   i32.load offset=4
//! i32.store offset=4                                     array.set $type
//! i32.store                                              array.set $type
//! ```
//!
//! All elements are read before the first one is written, so that a trap leaves memory and arrays unchanged:
//!
//! - The store at the highest address is the first one. If it is inside the memory, so are the others.
//! - The indices of `array.get` are consecutive. If their sum with `index` wraps around, one of them is 2^32 - 1, which no
//!   array has, so that one of the accesses before the first store traps.
//! - A range of an array is checked before elements are assigned. The check does not wrap around.

use crate::engine::lower::array::{Elements, Number};
use crate::engine::state::Engine;
use crate::helpers::{emit_array_trap, emit_get_element, emit_load_element, emit_store_element};
use crate::planted::{self, Bug};
use linmem_intrinsics::ArrayType;
use wasm_encoder::{InstructionSink, MemArg};

impl Elements {
    /// Pushes the array and the index of the element with this number.
    fn push(self, sink: &mut InstructionSink<'_>, number: u32) {
        sink.local_get(self.array.0);
        match self.index {
            // An index that wraps around is preceded by one that no array has.
            Number::Constant(constant) => sink.i32_const(constant.wrapping_add(number) as i32),
            Number::Local(local) if number == 0 => sink.local_get(local.0),
            Number::Local(local) => sink.local_get(local.0).i32_const(number as i32).i32_add(),
        };
    }
}

impl Engine {
    /// Copies elements to the address in a local, plus a constant.
    pub(super) fn copy_from_array_inline(
        &mut self,
        ty: ArrayType,
        (to, offset): (u32, u32),
        elements: Elements,
        count: u32,
    ) {
        let places = self.places(ty, offset, count);
        self.tape.emit(|sink| {
            for (number, _) in &places {
                sink.local_get(to);
                elements.push(sink, *number);
                emit_get_element(sink, ty);
            }
            for (_, at) in places.iter().rev() {
                emit_store_element(sink, ty.element, *at);
            }
        });
    }

    /// Copies from the address in a local, plus a constant.
    pub(super) fn copy_to_array_inline(
        &mut self,
        ty: ArrayType,
        (from, offset): (u32, u32),
        elements: Elements,
        count: u32,
    ) {
        if !planted::has(Bug::ArrayInlineUnchecked) {
            self.check_elements_exist(ty, elements, count);
        }
        let places = self.places(ty, offset, count);
        self.tape.emit(|sink| {
            for (number, at) in &places {
                elements.push(sink, *number);
                emit_load_element(sink.local_get(from), ty.element, *at);
            }
            for _ in &places {
                sink.array_set(ty.index);
            }
        });
    }

    /// ```wasm
    /// local.get $from   i32.load
    /// local.get $from   i32.load offset=4
    /// array.new_fixed $type 2
    /// ```
    pub(super) fn new_array_inline(&mut self, ty: ArrayType, (from, offset): (u32, u32), count: u32) {
        let places = self.places(ty, offset, count);
        self.tape.emit(|sink| {
            for (_, at) in &places {
                emit_load_element(sink.local_get(from), ty.element, *at);
            }
            sink.array_new_fixed(ty.index, count);
        });
    }

    /// The numbers of elements, and their places in memory.
    fn places(&self, ty: ArrayType, offset: u32, count: u32) -> Vec<(u32, MemArg)> {
        let bytes = ty.element.bytes();
        (0..count).map(|number| (number, self.context.memarg(offset + number * bytes, bytes))).collect()
    }

    /// Traps unless the array has all elements.
    ///
    /// ```wasm
    /// local.get $index   i64.extend_i32_u   i64.const COUNT   i64.add     ;; at most 2^32 + 7
    /// local.get $array   array.len   i64.extend_i32_u   i64.gt_u
    /// if
    ///   local.get $array   i32.const -1   array.get $type   drop   unreachable
    /// end
    /// ```
    fn check_elements_exist(&mut self, ty: ArrayType, Elements { array, index, .. }: Elements, count: u32) {
        self.tape.emit(|sink| {
            match index {
                Number::Constant(constant) => sink.i64_const(i64::from(constant) + i64::from(count)),
                Number::Local(local) => {
                    sink.local_get(local.0).i64_extend_i32_u().i64_const(i64::from(count)).i64_add()
                }
            };
            sink.local_get(array.0).array_len().i64_extend_i32_u().i64_gt_u();
        });
        self.write_if(|engine| {
            engine.tape.emit(|sink| emit_array_trap(sink.local_get(array.0), ty));
        });
    }
}
