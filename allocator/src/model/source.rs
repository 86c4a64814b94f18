//! Where the model gets pages and chunks from.

use crate::growth::{LAST_PAGE, REFUSED};
use crate::layout::{ALIGNMENT, Address, CEILING, PAGE, align_up};
use crate::model::Memory;

/// Where further memory comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// From the memory, which grows.
    #[default]
    Growth,
    /// From the memory, which grows above the part of the program.
    Split(Split),
    /// From an allocator of the program.
    Blocks(Blocks),
}

/// A memory whose lower part is the program's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// How many pages the lower part is to have.
    pub wanted: u32,
    /// How many pages the program declared at most.
    pub maximum: Option<u32>,
    /// Once the memory is split: how many pages the lower part has, and how many of them the program owns.
    lower: Option<(u32, u32)>,
}

impl Split {
    /// A memory that is not split yet.
    pub fn new(wanted: u32, maximum: Option<u32>) -> Split {
        Split { wanted, maximum, lower: None }
    }

    /// The part of the program, if the memory is split: its end, and how much of it the program owns, in pages.
    pub fn lower(&self) -> Option<(u32, u32)> {
        self.lower
    }

    /// linmem's growth.
    pub(super) fn grow(&mut self, memory: &mut Memory, pages: u32) -> u32 {
        if self.lower.is_some() {
            return memory.grow(pages);
        }
        let size = memory.pages();
        let mut parts: Vec<u32> =
            std::iter::successors(Some(self.wanted), |part| Some(part / 2).filter(|half| *half > 0))
                .take_while(|part| *part > size.max(1))
                .collect();
        parts.push(size.max(1));
        for part in parts {
            if memory.grow(part - size + pages) != REFUSED {
                self.lower = Some((part, size));
                return part;
            }
        }
        REFUSED
    }

    /// The program's `memory.size`.
    pub fn program_size(&self, memory: &Memory) -> u32 {
        self.lower.map_or_else(|| memory.pages(), |(_, owned)| owned)
    }

    /// The program's `memory.grow`.
    pub fn program_grow(&mut self, memory: &mut Memory, pages: u32) -> u32 {
        let size = self.program_size(memory);
        let sum = u64::from(size) + u64::from(pages);
        match &mut self.lower {
            _ if self.maximum.is_some_and(|maximum| sum > u64::from(maximum)) => REFUSED,
            None => memory.grow(pages),
            Some((end, owned)) if sum <= u64::from(*end) => {
                *owned = sum as u32;
                size
            }
            Some(_) => REFUSED,
        }
    }
}

/// An allocator that has blocks of its own, each of which it gives once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    /// Start and size of each block, in the order in which they are looked at.
    free: Vec<(Address, u32)>,
}

impl Blocks {
    /// An allocator with these blocks.
    pub fn new(free: Vec<(Address, u32)>) -> Blocks {
        Blocks { free }
    }

    /// The first block that has so many bytes.
    fn allocate(&mut self, bytes: u32) -> Option<Address> {
        let position = self.free.iter().position(|(_, size)| *size >= bytes)?;
        Some(self.free.remove(position).0)
    }

    /// A block of so many bytes, as pages: as many as are owned, or else as many as are needed. Gives the first address and
    /// the end, which are multiples of [`ALIGNMENT`], and the number of pages.
    pub(super) fn claim(&mut self, bytes: u32, owned: u32) -> Option<(Address, Address, u32)> {
        let needed = bytes.div_ceil(PAGE);
        let more = Some(owned).filter(|owned| *owned > needed && *owned <= LAST_PAGE);
        for pages in more.into_iter().chain([needed]) {
            if let Some(at) = self.allocate(pages * PAGE) {
                let end = (u64::from(at) + u64::from(pages * PAGE)).min(u64::from(CEILING));
                let start = align_up(u64::from(at), ALIGNMENT);
                return Some((start as u32, end as u32 / ALIGNMENT * ALIGNMENT, pages));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_halved_down_to_the_part_of_the_program() {
        let mut memory = Memory::new(3, 12);
        let mut split = Split::new(16, None);
        assert_eq!(split.grow(&mut memory, 1), 8);
        assert_eq!((split.lower(), memory.pages()), (Some((8, 3)), 9));
        assert_eq!((split.program_grow(&mut memory, 5), split.program_size(&memory)), (3, 8));
        assert_eq!(split.program_grow(&mut memory, 1), REFUSED);
        let mut small = Memory::new(3, 4);
        assert_eq!(Split::new(16, None).grow(&mut small, 1), 3);
        assert_eq!(Split::new(16, None).grow(&mut small, 1), REFUSED);
    }

    #[test]
    fn an_allocator_gives_each_block_once() {
        let mut blocks = Blocks::new(vec![(PAGE + 4, PAGE), (8, 2 * PAGE)]);
        assert_eq!(blocks.claim(100, 0), Some((PAGE + 8, 2 * PAGE, 1)));
        assert_eq!(blocks.claim(100, 1), Some((8, PAGE + 8, 1)));
        assert_eq!(blocks.claim(100, 2), None);
    }
}
