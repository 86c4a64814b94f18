//! The allocations, live and freed, by their addresses.

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

    /// The end of what no other block may use: a block of no bytes has an address too.
    fn place_end(&self) -> u64 {
        self.address + self.bytes.max(1)
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
///
/// They are in two sorted lists, below and above the last one that was added. Addresses of new allocations follow top, so
/// that few move from one list to the other.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// Those up to the last one that was added, in ascending order.
    below: Vec<Block>,
    /// The others, in descending order.
    above: Vec<Block>,
}

impl Blocks {
    /// Adds an allocation.
    pub(super) fn add(&mut self, block: Block) {
        while let Some(last) = self.below.pop_if(|last| last.address >= block.address) {
            self.above.push(last);
        }
        // At most one begins before the new one and ends in it.
        self.below.pop_if(|last| last.place_end() > block.address);
        while let Some(next) = self.above.pop_if(|next| next.address < block.place_end()) {
            if next.place_end() <= block.address {
                self.below.push(next);
            }
        }
        self.below.push(block);
    }

    /// Records that the allocations at some addresses were freed, last first, and passes each to a function. An address without
    /// an allocation that is live is skipped.
    pub(super) fn free(&mut self, addresses: impl Iterator<Item = u64>, site: u32, mut freed: impl FnMut(Block)) {
        // Most addresses descend.
        let mut at = self.below.len();
        for address in addresses {
            while at.checked_sub(1).and_then(|last| self.below.get(last)).is_some_and(|block| block.address > address) {
                at -= 1;
            }
            let expected =
                at.checked_sub(1).filter(|last| self.below.get(*last).is_some_and(|it| it.address == address));
            let block = match expected {
                Some(position) => self.below.get_mut(position),
                None => self.at(address),
            };
            if let Some(block) = block.filter(|block| block.freed.is_none()) {
                block.freed = Some(site);
                freed(*block);
            }
        }
    }

    /// The allocation at an address.
    fn at(&mut self, address: u64) -> Option<&mut Block> {
        match self.below.binary_search_by(|block| block.address.cmp(&address)) {
            Ok(position) => self.below.get_mut(position),
            Err(_) => {
                let position = self.above.binary_search_by(|block| address.cmp(&block.address)).ok()?;
                self.above.get_mut(position)
            }
        }
    }

    /// The last allocation that starts at an address or before it, and the first one that starts after it.
    fn around(&self, address: u64) -> [Option<Block>; 2] {
        let below = self.below.partition_point(|block| block.address <= address);
        let above = self.above.partition_point(|block| block.address > address);
        let before = self.above.get(above).or_else(|| self.below.get(below.checked_sub(1)?));
        let after = self.below.get(below).or_else(|| self.above.get(above.checked_sub(1)?));
        [before.copied(), after.copied()]
    }

    /// The allocation that contains an address or is nearest to it, if it is near. Of two at the same distance, the one before
    /// the address is chosen, since accesses more often run past the end of an allocation.
    pub(super) fn near(&self, address: u64) -> Option<Block> {
        let near = self.around(address).into_iter().flatten().filter(|block| block.distance(address) <= NEAR);
        near.min_by_key(|block| block.distance(address))
    }

    /// The allocation that contains an address, or that is of no bytes and at the address.
    pub(super) fn containing(&self, address: u64) -> Option<Block> {
        let [before, _] = self.around(address);
        before.filter(|block| block.place_end() > address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn block(address: u64, bytes: u64) -> Block {
        Block { address, bytes, allocated: address as u32, freed: None }
    }

    fn blocks(addresses: &[u64], bytes: u64) -> Blocks {
        let mut blocks = Blocks::default();
        addresses.iter().for_each(|address| blocks.add(block(*address, bytes)));
        blocks
    }

    #[test]
    fn allocation_replaces_those_that_it_overlaps() {
        let mut blocks = blocks(&[16, 32, 48, 64], 8);
        blocks.add(block(36, 16));
        assert_eq!(blocks.containing(16), Some(block(16, 8)));
        assert_eq!(blocks.containing(35), None);
        assert_eq!(blocks.containing(36), Some(block(36, 16)));
        assert_eq!(blocks.containing(64), Some(block(64, 8)));
    }

    #[test]
    fn nearest_allocation_is_found() {
        let blocks = blocks(&[16, 100], 8);
        assert_eq!(blocks.near(24), Some(block(16, 8)));
        assert_eq!(blocks.near(38), Some(block(16, 8)));
        assert_eq!(blocks.near(39), None);
        assert_eq!(blocks.near(99), Some(block(100, 8)));
        assert_eq!(blocks.near(12), Some(block(16, 8)));
    }

    #[test]
    fn allocations_are_freed_once() {
        let mut blocks = blocks(&[16, 32, 48, 24], 8);
        let mut freed = Vec::new();
        // In an order that no program has, with an address that is not that of an allocation.
        blocks.free([32, 48, 40, 16].into_iter(), 7, |block| freed.push(block.address));
        assert_eq!(freed, [32, 48, 16]);
        assert_eq!(blocks.containing(50), Some(Block { freed: Some(7), ..block(48, 8) }));
        blocks.free([32, 24].into_iter(), 8, |block| freed.push(block.address));
        assert_eq!(freed, [32, 48, 16, 24]);
    }

    /// Any sequence of additions gives the same as a map from which overlapping allocations are removed.
    #[test]
    fn lists_agree_with_a_map() {
        let (mut blocks, mut map) = (Blocks::default(), BTreeMap::<u64, Block>::new());
        let mut random: u32 = 1;
        let mut next = |bound: u32| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u64::from((random >> 16) % bound)
        };
        for _ in 0..2000 {
            let new = block(next(64) * 8, next(40));
            map.retain(|_, old| old.place_end() <= new.address || old.address >= new.place_end());
            map.insert(new.address, new);
            blocks.add(new);
            for address in 0..600 {
                let before = map.range(..=address).next_back().map(|(_, block)| *block);
                let after = map.range(address + 1..).next().map(|(_, block)| *block);
                assert_eq!(blocks.around(address), [before, after], "at {address}");
            }
        }
    }
}
