//! The bytes that constants share.
//!
//! If the constants are sorted by their reversed bytes, each constant that is a suffix of others comes immediately
//! before one of them, and all of them follow it. The constants are therefore joined from the last one to the first:
//! each one with the block of a constant that follows it, if the alignments allow that.

use crate::statics::items::{Contents, Item, Sharing};
use crate::statics::place::Block;

/// The number of constants with a suffix that are tried if their alignments do not allow sharing.
const TRIES: usize = 16;

/// The blocks of bytes that hold the constants.
#[derive(Debug, Default)]
pub(super) struct Shared<'a> {
    /// The blocks.
    pub(super) blocks: Vec<Block>,
    /// The bytes of each block.
    pub(super) bytes: Vec<&'a [u8]>,
    /// For each constant, its position among the items, its block, and its offset in the block.
    pub(super) constants: Vec<(usize, usize, u64)>,
}

#[derive(Clone, Copy)]
struct Constant<'a> {
    item: usize,
    bytes: &'a [u8],
    alignment: u64,
}

/// The blocks of the constants that have no fixed address.
pub(super) fn share<'a>(items: &[Item<'a>], sharing: Sharing) -> Shared<'a> {
    let constants: Vec<Constant<'a>> = items
        .iter()
        .enumerate()
        .filter_map(|(item, &Item { contents, alignment, address })| match (contents, address) {
            (Contents::Bytes(bytes), None) => Some(Constant { item, bytes, alignment }),
            _ => None,
        })
        .collect();
    let mut shared = Shared::default();
    if sharing == Sharing::Unshared {
        for constant in constants {
            let block = shared.add(&constant);
            shared.constants.push((constant.item, block, 0));
        }
        return shared;
    }
    let constants = sorted(constants);
    // The distinct constants that follow, each with its block and its offset in the block. The next one is the last.
    let mut following: Vec<(&[u8], usize, u64)> = Vec::new();
    for equal in constants.chunk_by(|a, b| a.bytes == b.bytes).rev() {
        let Some(&first) = equal.first() else { continue };
        let alignment = equal.iter().map(|constant| constant.alignment).max().unwrap_or(first.alignment);
        let constant = Constant { alignment, ..first };
        let (block, offset) = shared.join(&constant, &following);
        following.push((constant.bytes, block, offset));
        shared.constants.extend(equal.iter().map(|constant| (constant.item, block, offset)));
    }
    shared
}

/// Sorts constants by their reversed bytes, and equal ones by item.
fn sorted(constants: Vec<Constant<'_>>) -> Vec<Constant<'_>> {
    // The bytes are reversed once: slices compare much faster than reversed iterators.
    let reversed: Vec<u8> = constants.iter().flat_map(|constant| constant.bytes.iter().rev()).copied().collect();
    let mut rest = reversed.as_slice();
    let mut keyed: Vec<(&[u8], Constant<'_>)> = Vec::with_capacity(constants.len());
    for constant in constants {
        let (key, following) = rest.split_at(constant.bytes.len());
        keyed.push((key, constant));
        rest = following;
    }
    keyed.sort_unstable_by_key(|(key, constant)| (*key, constant.item));
    keyed.into_iter().map(|(_, constant)| constant).collect()
}

impl<'a> Shared<'a> {
    /// The block and the offset of a constant: those of a suffix of a constant that follows, or a new block.
    fn join(&mut self, constant: &Constant<'a>, following: &[(&[u8], usize, u64)]) -> (usize, u64) {
        // A block of no bytes takes no space; it must not constrain the address of another one.
        let tries = if constant.bytes.is_empty() { 0 } else { TRIES };
        let with_suffix = following.iter().rev().take(tries).take_while(|(bytes, ..)| bytes.ends_with(constant.bytes));
        for &(bytes, block, offset) in with_suffix {
            let offset = offset + (bytes.len() - constant.bytes.len()) as u64;
            let aligned = self.blocks.get(block).and_then(|block| block.aligned_at(offset, constant.alignment));
            if let (Some(aligned), Some(block_in_place)) = (aligned, self.blocks.get_mut(block)) {
                *block_in_place = aligned;
                return (block, offset);
            }
        }
        (self.add(constant), 0)
    }

    fn add(&mut self, constant: &Constant<'a>) -> usize {
        let size = constant.bytes.len() as u64;
        self.blocks.push(Block { size, modulus: constant.alignment, residue: 0, item: constant.item });
        self.bytes.push(constant.bytes);
        self.blocks.len() - 1
    }
}
