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

use crate::engine::tape::Position;
use crate::planted::{self, Bug};
use crate::statics::StaticSegment;

/// A value that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// Its bits.
    Constant(u64),
    /// The address of static data.
    Address(StaticSegment),
    /// The address of static data, and these 32 bits above it.
    Pair(StaticSegment, u32),
}

/// A store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Store {
    /// The segment.
    pub(super) segment: StaticSegment,
    /// The offset in the segment.
    pub(super) offset: u32,
    /// The number of bytes: 1, 2, 4 or 8.
    pub(super) bytes: u32,
    pub(super) value: Stored,
}

impl Store {
    /// The offset in the static frame, which is aligned to 8 bytes.
    fn start(&self) -> u64 {
        u64::from(self.segment.offset) + u64::from(self.offset)
    }

    fn end(&self) -> u64 {
        self.start() + u64::from(self.bytes)
    }

    pub(super) fn overlaps(&self, other: &Store) -> bool {
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
pub(super) struct Run {
    pub(super) stores: Vec<Store>,
    /// The position after them.
    pub(super) end: Position,
}

impl Run {
    /// The stores that remain, in the order of their addresses.
    pub(super) fn merged(&self) -> Vec<Store> {
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
