//! The addresses of blocks in gaps.
//!
//! Each gap is filled from its start. The next block is the first one in the order of alignments (the largest first)
//! and then of items, so that constants that are declared together lie together. If it does not fit, the largest block
//! that does is next. The padding before an aligned block is a gap of its own.

use crate::layout::Address;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The number of blocks, by descending size, that are tried in a gap that the first block does not fit in. Padding can
/// be the reason that a block does not fit.
const TRIES: usize = 8;

/// Bytes that need an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The number of bytes.
    pub(super) size: u64,
    /// The address modulo this power of two is `residue`.
    pub(super) modulus: u64,
    pub(super) residue: u64,
    /// The position of its item.
    pub(super) item: usize,
}

impl Block {
    /// The block, with the condition that its byte at an offset has an alignment. `None` if that contradicts the
    /// conditions that it has.
    pub(super) fn aligned_at(self, offset: u64, alignment: u64) -> Option<Block> {
        let residue = offset.wrapping_neg() & (alignment - 1);
        // Both conditions determine the address modulo the smaller of the two powers.
        let common = self.modulus.min(alignment) - 1;
        if residue & common != self.residue & common {
            return None;
        }
        Some(if alignment > self.modulus { Block { modulus: alignment, residue, ..self } } else { self })
    }

    /// The least address from `start` on that the block can have.
    pub(super) fn first_from(&self, start: Address) -> Option<Address> {
        start.checked_add(self.residue.wrapping_sub(start) & (self.modulus - 1))
    }

    /// The address of the block at the start of a gap, if it fits.
    fn fits(&self, gap: Gap) -> Option<Address> {
        let address = self.first_from(gap.start)?;
        (address.checked_add(self.size)? <= gap.end).then_some(address)
    }
}

/// Unused addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) start: Address,
    pub(super) end: Address,
}

/// The gaps between `used` ranges, which ascend and do not overlap, in an area.
pub(super) fn gaps_between(used: impl IntoIterator<Item = Gap>, area: Gap) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut start = area.start;
    for used in used {
        if start < used.start {
            gaps.push(Gap { start, end: used.start.min(area.end) });
        }
        start = start.max(used.end);
    }
    if start < area.end {
        gaps.push(Gap { start, end: area.end });
    }
    gaps
}

/// Places blocks in gaps of an area, and returns the address of each. Blocks of no bytes can be anywhere in the area.
///
/// # Errors
///
/// The position of a block that does not fit.
pub(super) fn place(blocks: &[Block], gaps: &[Gap], area: Gap) -> Result<Vec<Address>, usize> {
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    order.sort_by_key(|&block| (Reverse(blocks[block].modulus), blocks[block].item));
    let mut placing =
        Placing { blocks, by_rank: BTreeSet::new(), by_size: BTreeSet::new(), addresses: vec![None; blocks.len()] };
    for (rank, &position) in order.iter().enumerate() {
        let block = &blocks[position];
        if block.size == 0 {
            placing.addresses[position] = block.fits(area);
            continue;
        }
        placing.by_rank.insert((rank, position));
        placing.by_size.insert((block.size, Reverse((rank, position))));
    }
    for gap in gaps {
        placing.fill(*gap);
    }
    placing.addresses.into_iter().enumerate().map(|(block, address)| address.ok_or(block)).collect()
}

struct Placing<'a> {
    blocks: &'a [Block],
    /// The blocks without an address, in the order in which they are placed: their ranks and positions.
    by_rank: BTreeSet<(usize, usize)>,
    /// The same blocks, by size; of one size, the one that is placed first is the last.
    by_size: BTreeSet<(u64, Reverse<(usize, usize)>)>,
    addresses: Vec<Option<Address>>,
}

impl Placing<'_> {
    fn fill(&mut self, gap: Gap) {
        let mut gaps = vec![gap];
        while let Some(gap) = gaps.pop() {
            let Some(((rank, position), address)) = self.next(gap) else { continue };
            let size = self.blocks[position].size;
            self.by_rank.remove(&(rank, position));
            self.by_size.remove(&(size, Reverse((rank, position))));
            self.addresses[position] = Some(address);
            // The padding is filled first.
            gaps.push(Gap { start: address + size, end: gap.end });
            gaps.push(Gap { start: gap.start, end: address });
        }
    }

    /// The next block for a gap, and its address there.
    fn next(&self, gap: Gap) -> Option<((usize, usize), Address)> {
        if gap.start >= gap.end {
            return None;
        }
        let fits = |block: &(usize, usize)| Some((*block, self.blocks[block.1].fits(gap)?));
        let first = self.by_rank.first()?;
        fits(first).or_else(|| {
            let small_enough = self.by_size.range(..=(gap.end - gap.start, Reverse((0, 0))));
            small_enough.rev().take(TRIES).find_map(|(_, Reverse(block))| fits(block))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(size: u64, modulus: u64, item: usize) -> Block {
        Block { size, modulus, residue: 0, item }
    }

    #[test]
    fn conditions_are_joined_or_contradict() {
        let plain = block(10, 1, 0);
        // The byte at offset 3 is a multiple of 8.
        let shifted = plain.aligned_at(3, 8);
        assert_eq!(shifted, Some(Block { modulus: 8, residue: 5, ..plain }));
        let shifted = shifted.unwrap_or(plain);
        assert_eq!(shifted.first_from(8), Some(13));
        assert_eq!(shifted.first_from(u64::MAX), None);
        assert_eq!(shifted.aligned_at(7, 4), Some(shifted));
        assert_eq!(shifted.aligned_at(5, 4), None);
        assert_eq!(shifted.aligned_at(3, 16), Some(Block { modulus: 16, residue: 13, ..plain }));
        assert_eq!(shifted.aligned_at(4, 16), None);
    }

    #[test]
    fn padding_is_filled_by_smaller_blocks() {
        let blocks = [block(1, 1, 0), block(5, 4, 1), block(4, 4, 2), block(2, 1, 3)];
        // The padding from 13 to 16 holds the blocks of one and two bytes.
        let area = Gap { start: 8, end: 20 };
        assert_eq!(place(&blocks, &[area], area), Ok(vec![13, 8, 16, 14]));
        let area = Gap { start: 8, end: 19 };
        assert_eq!(place(&blocks, &[area], area), Err(2));
    }

    #[test]
    fn a_block_that_does_not_fit_leaves_the_gap_to_smaller_ones() {
        let area = Gap { start: 2, end: 100 };
        let gaps = gaps_between([Gap { start: 0, end: 4 }, Gap { start: 12, end: 20 }], area);
        assert_eq!(gaps, [Gap { start: 4, end: 12 }, Gap { start: 20, end: 100 }]);
        assert_eq!(place(&[block(0, 64, 0)], &gaps, area), Ok(vec![64]));
        assert_eq!(place(&[block(0, 128, 0)], &gaps, area), Err(0));
        assert_eq!(place(&[block(9, 1, 0), block(3, 1, 1), block(6, 1, 2)], &gaps, area), Ok(vec![20, 29, 4]));
    }
}
