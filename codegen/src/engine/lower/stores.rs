//! Stores of constants to static frames. Neighbouring ones are merged into wider ones:
//!
//! ```wasm
//! i32.const ADDRESS   i32.const A   i32.store
//! i32.const ADDRESS   i32.const B   i32.store offset=4          i32.const ADDRESS   i64.const A | B << 32   i64.store
//! ```
//!
//! An iovec, whose fields are an address and a size, is one store, as is any other record of constants and addresses of
//! static data. Nothing reads the memory between the stores of a run, they do not trap, and no other thread has the memory.
//! Stores to the same bytes are not in one run, so that their order does not matter.

use crate::engine::late::Late;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use crate::engine::tape::Position;
use crate::planted::{self, Bug, Optimization};
use crate::statics::StaticSegment;
use linmem_intrinsics::Access;

/// A value that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Stored {
    /// Its bits.
    Constant(u64),
    /// The address of static data.
    Address(StaticSegment),
    /// The address of static data, and these 32 bits above it.
    Pair(StaticSegment, u32),
}

/// A store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Store {
    /// The segment.
    pub(in crate::engine) segment: StaticSegment,
    /// The offset in the segment.
    pub(in crate::engine) offset: u32,
    /// The number of bytes: 1, 2, 4 or 8.
    pub(in crate::engine) bytes: u32,
    pub(in crate::engine) value: Stored,
}

impl Store {
    /// The offset in the static frame, which is aligned to 8 bytes.
    fn start(&self) -> u64 {
        u64::from(self.segment.offset) + u64::from(self.offset)
    }

    fn end(&self) -> u64 {
        self.start() + u64::from(self.bytes)
    }

    fn overlaps(&self, other: &Store) -> bool {
        self.start() < other.end() && other.start() < self.end()
    }

    /// Both stores as one, if they are halves of an aligned one.
    fn merged(&self, upper: &Store) -> Option<Store> {
        let bytes = self.bytes * 2;
        let are_halves = self.bytes == upper.bytes
            && bytes <= 8
            && self.end() == upper.start()
            && self.start().is_multiple_of(u64::from(bytes));
        if !are_halves {
            return None;
        }
        let value = match (self.value, upper.value) {
            (Stored::Constant(low), Stored::Constant(high)) if planted::has(Bug::StoresSwapped) => {
                Stored::Constant(high | low << (self.bytes * 8))
            }
            (Stored::Constant(low), Stored::Constant(high)) => Stored::Constant(low | high << (self.bytes * 8)),
            (Stored::Address(low), Stored::Constant(high)) => Stored::Pair(low, high as u32),
            _ => return None,
        };
        Some(Store { bytes, value, ..*self })
    }
}

/// Stores that follow each other.
#[derive(Debug)]
pub(in crate::engine) struct Run {
    stores: Vec<Store>,
    /// The position after them.
    end: Position,
}

impl Run {
    /// The stores that remain, in the order of their addresses.
    pub(in crate::engine) fn merged(&self) -> Vec<Store> {
        let mut stores = self.stores.clone();
        if stores.len() > 1 {
            stores.sort_by_key(Store::start);
        }
        for bytes in [1, 2, 4] {
            let mut wider: Vec<Store> = Vec::with_capacity(stores.len());
            for store in stores {
                let merged = wider.last().filter(|lower| lower.bytes == bytes).and_then(|lower| lower.merged(&store));
                match (merged, wider.last_mut()) {
                    (Some(merged), Some(last)) => *last = merged,
                    _ => wider.push(store),
                }
            }
            stores = wider;
        }
        stores
    }
}

/// The maximum number of stores in a run, since each is compared with all others.
const MAX_STORES: usize = 64;

impl Engine {
    /// Lowers a store of a constant to a constant address of a static frame. Returns `false` if it is another one.
    pub(super) fn store_constant(
        &mut self,
        access: Access,
        segment: &Operand,
        offset: &Operand,
        value: &Operand,
    ) -> bool {
        let Some(store) = self.constant_store(access, segment, offset, value) else { return false };
        let joined = self.stores.last().is_some_and(|run| {
            run.stores.len() < MAX_STORES
                && run.stores.iter().all(|other| {
                    other.segment.item == store.segment.item
                        && (!other.overlaps(&store) || planted::has(Bug::StoresIgnoreOverlap))
                })
                && self.follows(run.end, [offset, value])
        });
        self.discard(value);
        self.discard(offset);
        if !joined {
            self.tape.late(Late::Stores(self.stores.len()));
            let end = self.tape.here();
            self.stores.push(Run { stores: Vec::new(), end });
        }
        let end = self.tape.here();
        if let Some(run) = self.stores.last_mut() {
            run.stores.push(store);
            run.end = end;
        }
        true
    }

    fn constant_store(&self, access: Access, segment: &Operand, offset: &Operand, value: &Operand) -> Option<Store> {
        let Value::Static(to) = segment.value else { return None };
        let is_deferred = segment.deferred && self.is_in_static_frame(segment);
        if !is_deferred || self.traces() || planted::is_off(Optimization::Stores) {
            return None;
        }
        let can_go = value.deferred || value.start.is_some();
        let value = match (access, value.value) {
            (Access::Byte | Access::UByte, Value::I32(constant)) => Stored::Constant(u64::from(constant as u8)),
            (Access::Short | Access::UShort, Value::I32(constant)) => Stored::Constant(u64::from(constant as u16)),
            (Access::Int, Value::I32(constant)) => Stored::Constant(u64::from(constant as u32)),
            (Access::Long, Value::I64(constant)) => Stored::Constant(constant as u64),
            (Access::Int, Value::StaticAddress(segment)) => Stored::Address(segment),
            _ => return None,
        };
        let offset = self.constant(offset)?;
        can_go.then_some(Store { segment: to, offset, bytes: access.bytes(), value })
    }

    /// Whether nothing but these operands, which are constants, was written after a position.
    fn follows(&self, position: Position, operands: [&Operand; 2]) -> bool {
        let mut end = position.byte();
        for operand in operands {
            match (operand.start, operand.position) {
                (Some(start), Some(position)) if start == end => end = position.byte(),
                _ if operand.deferred => {}
                _ => return false,
            }
        }
        end == self.tape.len() && self.tape.is_unedited_after(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tape::Tape;

    const AT: StaticSegment = StaticSegment { item: 0, offset: 8, bytes: 64 };

    fn constant(offset: u32, bytes: u32, value: u64) -> Store {
        Store { segment: AT, offset, bytes, value: Stored::Constant(value) }
    }

    fn merged(stores: &[Store]) -> Vec<Store> {
        Run { stores: stores.to_vec(), end: Tape::default().here() }.merged()
    }

    #[test]
    fn halves_are_merged_up_to_eight_bytes() {
        let bytes: Vec<Store> = (0..8).rev().map(|at| constant(at, 1, 0x10 + u64::from(at))).collect();
        assert_eq!(merged(&bytes), [constant(0, 8, 0x1716_1514_1312_1110)]);
    }

    #[test]
    fn only_aligned_halves_are_merged() {
        let stores = [constant(4, 4, 1), constant(8, 4, 2), constant(12, 4, 3)];
        assert_eq!(merged(&stores), [constant(4, 4, 1), constant(8, 8, 2 | 3 << 32)]);
        let apart = [constant(0, 2, 1), constant(3, 1, 2), constant(4, 4, 3)];
        assert_eq!(merged(&apart), apart);
    }

    #[test]
    fn address_is_lower_half_only() {
        let address = |offset| Store { segment: AT, offset, bytes: 4, value: Stored::Address(AT) };
        let pair = Store { segment: AT, offset: 0, bytes: 8, value: Stored::Pair(AT, 5) };
        assert_eq!(merged(&[constant(4, 4, 5), address(0)]), [pair]);
        assert_eq!(merged(&[constant(0, 4, 5), address(4)]), [constant(0, 4, 5), address(4)]);
    }
}
