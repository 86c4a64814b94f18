//! Copies of whole arrays that were just made of a data segment: the bytes are copied from the data segment.
//!
//! ```wasm
//! ;; the address   i32.const OFFSET   i32.const BYTES
//! memory.init $data
//! ```
//!
//! # Traps
//!
//! In a violation of the segment, or if an allocation finds no memory; then, before a byte is written, as `array.new_data`
//! would: if the bytes are outside of the data segment, or if it was dropped.

use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use crate::width::PointerInstructions;
use linmem_intrinsics::ArrayType;

/// The bytes of a data segment.
#[derive(Clone, Copy)]
pub(super) struct Data {
    data: u32,
    offset: u32,
    /// The number of bytes, which is not 0: `memory.init` of no bytes may trap where a copy of no bytes does not.
    pub(super) bytes: u32,
}

impl Engine {
    /// The bytes that a copy reads, if it reads all elements of an array that no other code uses. Other code between the
    /// array and the copy may drop the data segment, so that there must be none. Called before the copy writes code.
    pub(super) fn data_of(&self, ty: ArrayType, array: &Operand, index: &Operand, count: &Operand) -> Option<Data> {
        let Value::Data(range) = array.value else { return None };
        let is_whole = index.i32() == Some(0) && count.i32() == Some(range.count as i32);
        let is_last = follows(array, index)? && follows(index, count)? && self.tape.is_end(count.position?);
        let is_last = is_last || planted::has(Bug::ArrayDataAcrossCode);
        let bytes = range.count.checked_mul(ty.element.bytes()).filter(|bytes| *bytes > 0)?;
        (is_whole && is_last && array.start.is_some()).then_some(Data { data: range.data, offset: range.offset, bytes })
    }

    /// Copies to the address on the stack.
    pub(super) fn write_memory_init(&mut self, Data { data, offset, bytes }: Data) {
        let memory = self.context.memory.0;
        self.tape.emit(|sink| {
            sink.i32_const(offset as i32).i32_const(bytes as i32).memory_init(memory, data);
        });
    }

    /// Copies to the address in a local, plus a constant.
    pub(super) fn copy_data(&mut self, (address, offset): (LocalIndex, u32), data: Data) {
        self.push_address(address, offset);
        self.write_memory_init(data);
    }

    /// Pushes the address in a local, plus a constant.
    pub(super) fn push_address(&mut self, address: LocalIndex, offset: u32) {
        let width = self.context.width();
        self.tape.emit(|sink| {
            sink.local_get(address.0);
            if offset != 0 {
                sink.ptr_const(width, u64::from(offset)).ptr_add(width);
            }
        });
    }
}

/// Whether no code is between an operand and the instruction that pushes the next one.
fn follows(operand: &Operand, next: &Operand) -> Option<bool> {
    let end = operand.position?.byte();
    let start = if next.deferred { next.position?.byte() } else { next.start? };
    Some(start == end)
}
