//! The allocations, live and freed, by their addresses.

use std::collections::BTreeMap;
use std::ops::Range;

/// An allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) address: u64,
    pub(super) bytes: u64,
    /// The site of the allocation.
    pub(super) allocated: u32,
    /// The site of the close that freed it.
    pub(super) freed: Option<u32>,
}

impl Block {
    fn end(&self) -> u64 {
        self.address + self.bytes
    }

    /// The addresses of its bytes.
    pub(super) fn range(&self) -> Range<u64> {
        self.address..self.end()
    }

    /// The number of bytes between it and an address; 0 if the address is in it.
    fn distance(&self, address: u64) -> u64 {
        if address < self.address { self.address - address } else { (address + 1).saturating_sub(self.end()) }
    }
}

/// The farthest byte from an allocation that is taken for a part of an access of it: the rounding and the gap after it.
const NEAR: u64 = 15;

/// Allocations that do not overlap. A new one replaces the freed ones whose bytes it uses again.
#[derive(Debug, Default)]
pub(super) struct Blocks(BTreeMap<u64, Block>);

impl Blocks {
    /// Adds an allocation.
    pub(super) fn add(&mut self, block: Block) {
        let end = block.address + block.bytes.max(1);
        while let Some((&address, last)) = self.0.range(..end).next_back() {
            if last.address + last.bytes.max(1) <= block.address {
                break;
            }
            self.0.remove(&address);
        }
        self.0.insert(block.address, block);
    }

    /// Records that the allocation at an address was freed, and returns it.
    pub(super) fn free(&mut self, address: u64, site: u32) -> Option<Block> {
        let block = self.0.get_mut(&address).filter(|block| block.freed.is_none())?;
        block.freed = Some(site);
        Some(*block)
    }

    /// The allocation that contains an address or is nearest to it, if it is near. Of two at the same distance, the one before
    /// the address is chosen, since accesses more often run past the end of an allocation.
    pub(super) fn near(&self, address: u64) -> Option<Block> {
        let before = self.0.range(..=address).next_back().map(|(_, block)| *block);
        let after = self.0.range(address..).next().map(|(_, block)| *block);
        let near = before.into_iter().chain(after).filter(|block| block.distance(address) <= NEAR);
        near.min_by_key(|block| block.distance(address))
    }

    /// The allocation that contains an address, or that is of no bytes and at the address.
    pub(super) fn containing(&self, address: u64) -> Option<Block> {
        let (_, block) = self.0.range(..=address).next_back()?;
        (block.address == address || block.end() > address).then_some(*block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(address: u64, bytes: u64) -> Block {
        Block { address, bytes, allocated: address as u32, freed: None }
    }

    #[test]
    fn allocation_replaces_those_that_it_overlaps() {
        let mut blocks = Blocks::default();
        for address in [16, 32, 48, 64] {
            blocks.add(block(address, 8));
        }
        blocks.add(block(36, 16));
        assert_eq!(blocks.containing(16), Some(block(16, 8)));
        assert_eq!(blocks.containing(35), None);
        assert_eq!(blocks.containing(36), Some(block(36, 16)));
        assert_eq!(blocks.containing(64), Some(block(64, 8)));
    }

    #[test]
    fn nearest_allocation_is_found() {
        let mut blocks = Blocks::default();
        blocks.add(block(16, 8));
        blocks.add(block(100, 8));
        assert_eq!(blocks.near(24), Some(block(16, 8)));
        assert_eq!(blocks.near(38), Some(block(16, 8)));
        assert_eq!(blocks.near(39), None);
        assert_eq!(blocks.near(99), Some(block(100, 8)));
        assert_eq!(blocks.near(12), Some(block(16, 8)));
    }

    #[test]
    fn allocation_is_freed_once() {
        let mut blocks = Blocks::default();
        blocks.add(block(16, 8));
        assert_eq!(blocks.free(16, 7), Some(Block { freed: Some(7), ..block(16, 8) }));
        assert_eq!(blocks.free(16, 8), None);
    }
}
