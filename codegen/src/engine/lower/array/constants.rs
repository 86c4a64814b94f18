//! Copies of arrays that were just made of constants: the constants are stored.
//!
//! ```wasm
//! ;; eight bytes                       ;; six bytes
//! local.get $to                        local.get $to   i32.const BYTES   i32.store16 offset=4
//! i64.const BYTES                      local.get $to   i32.const BYTES   i32.store
//! i64.store
//! ```
//!
//! # Traps
//!
//! Those of the first store, whose end is the highest, if the bytes are outside of the memory.

use crate::engine::lower::bulk::pieces::{pieces, store};
use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use linmem_intrinsics::ArrayType;

impl Engine {
    /// The bytes that a copy reads, if it reads at least one element of an array of constants that no other code uses.
    pub(super) fn constants_of(
        &self,
        ty: ArrayType,
        array: &Operand,
        index: &Operand,
        count: &Operand,
    ) -> Option<Vec<u8>> {
        let Value::Constants(number) = array.value else { return None };
        array.start?;
        let constants = self.arrays.get(number.position())?;
        let (index, count) = (index.i32()? as u32 as usize, count.i32()? as u32 as usize);
        let range = constants.get(index..index.checked_add(count)?).filter(|range| !range.is_empty())?;
        let bytes = ty.element.bytes() as usize;
        Some(range.iter().flat_map(|constant| constant.to_le_bytes().into_iter().take(bytes)).collect())
    }

    /// Stores at the address in a local, plus a constant.
    pub(super) fn store_constants(&mut self, (to, offset): (u32, u32), constants: &[u8]) {
        for piece in pieces(constants.len() as u32).into_iter().rev() {
            let memarg = self.context.memarg(offset + piece.offset, piece.bytes);
            let bytes = constants.iter().skip(piece.offset as usize).take(piece.bytes as usize);
            let number = bytes.rev().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
            self.tape.emit(|sink| {
                sink.local_get(to);
                match piece.bytes {
                    8 => sink.i64_const(number as i64).i64_store(memarg),
                    bytes => store(sink.i32_const(number as u32 as i32), memarg, bytes),
                };
            });
        }
    }
}
