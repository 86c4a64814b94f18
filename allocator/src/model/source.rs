//! The sources of the model's pages and chunks.

use crate::layout::{ALIGNMENT, Address, Layout, PAGE, align_up};
use crate::model::memory::Memory;
use std::fmt;
use std::sync::Arc;

/// The source of further memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Growth of the memory.
    #[default]
    Growth,
    /// Growth of the memory, above the program's part.
    Split(Split),
    /// An allocator of the program.
    Blocks(Blocks),
    /// Growth of a memory that other instances grow, too.
    Shared(Shared),
}

/// The growth of a memory that is shared between threads. The model's own memory is not used.
#[derive(Clone)]
pub struct Shared(Arc<dyn Fn(u64) -> Option<u64> + Send + Sync>);

impl Shared {
    /// A memory that this function grows, from any thread, as `memory.grow` does: it returns the old size in pages, or
    /// `None` if it fails.
    pub fn new(grow: impl Fn(u64) -> Option<u64> + Send + Sync + 'static) -> Shared {
        Shared(Arc::new(grow))
    }

    /// Grows the memory.
    pub(super) fn grow(&self, pages: u64) -> Option<u64> {
        (self.0)(pages)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

/// Two are equal if they grow the same memory.
impl PartialEq for Shared {
    fn eq(&self, other: &Shared) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Shared {}

/// A memory whose lower part belongs to the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// The requested number of pages of the lower part.
    pub wanted: u64,
    /// The maximum number of pages that the program declared.
    pub maximum: Option<u64>,
    /// After the memory was split: the number of pages of the lower part, and how many of them the program owns.
    lower: Option<(u64, u64)>,
}

impl Split {
    /// A memory that is not split yet.
    pub fn new(wanted: u64, maximum: Option<u64>) -> Split {
        Split { wanted, maximum, lower: None }
    }

    /// The program's part, if the memory is split: its end, and how much of it the program owns, in pages.
    pub fn lower(&self) -> Option<(u64, u64)> {
        self.lower
    }

    /// Grows the memory for linmem.
    pub(super) fn grow(&mut self, memory: &mut Memory, pages: u64) -> Option<u64> {
        if self.lower.is_some() {
            return memory.grow(pages);
        }
        let size = memory.pages();
        let mut parts: Vec<u64> =
            std::iter::successors(Some(self.wanted), |part| Some(part / 2).filter(|half| *half > 0))
                .take_while(|part| *part > size.max(1))
                .collect();
        parts.push(size.max(1));
        for part in parts {
            if memory.grow((part - size).checked_add(pages)?).is_some() {
                self.lower = Some((part, size));
                return Some(part);
            }
        }
        None
    }

    /// The program's `memory.size`.
    pub fn program_size(&self, memory: &Memory) -> u64 {
        self.lower.map_or_else(|| memory.pages(), |(_, owned)| owned)
    }

    /// The program's `memory.grow`: returns the program's old size, or `None` if it fails.
    pub fn program_grow(&mut self, memory: &mut Memory, pages: u64) -> Option<u64> {
        let size = self.program_size(memory);
        let sum = size.checked_add(pages).filter(|sum| self.maximum.is_none_or(|maximum| *sum <= maximum))?;
        match &mut self.lower {
            None => memory.grow(pages),
            Some((end, owned)) if sum <= *end => {
                *owned = sum;
                Some(size)
            }
            Some(_) => None,
        }
    }
}

/// An allocator with fixed blocks, each of which it returns once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    /// The start and the size of each block, in the order in which they are searched.
    free: Vec<(Address, u64)>,
}

impl Blocks {
    /// An allocator with these blocks.
    pub fn new(free: Vec<(Address, u64)>) -> Blocks {
        Blocks { free }
    }

    /// Returns the first block that has at least `bytes` bytes.
    fn allocate(&mut self, bytes: u64) -> Option<Address> {
        let position = self.free.iter().position(|(_, size)| *size >= bytes)?;
        Some(self.free.remove(position).0)
    }

    /// Obtains a block for `bytes`, fewer than lie below the ceiling, in whole pages: as many pages as are owned, or if
    /// that fails, as many as are needed. Returns the first address and the end, which are multiples of [`ALIGNMENT`],
    /// and the number of pages.
    pub(super) fn claim(&mut self, layout: Layout, bytes: u64, owned: u64) -> Option<(Address, Address, u64)> {
        let (page, alignment) = (u64::from(PAGE), u64::from(ALIGNMENT));
        let needed = bytes.div_ceil(page);
        let more = Some(owned).filter(|owned| *owned > needed && *owned <= layout.last_page());
        for pages in more.into_iter().chain([needed]) {
            if let Some(at) = self.allocate(pages * page) {
                let end = (at + pages * page).min(layout.ceiling());
                return Some((align_up(at, alignment), end / alignment * alignment, pages));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::width::Width;

    #[test]
    fn split_is_halved_down_to_program_end() {
        for width in Width::ALL {
            let mut memory = Memory::new(width, 3, 12);
            let mut split = Split::new(16, None);
            assert_eq!(split.grow(&mut memory, 1), Some(8));
            assert_eq!((split.lower(), memory.pages()), (Some((8, 3)), 9));
            assert_eq!((split.program_grow(&mut memory, 5), split.program_size(&memory)), (Some(3), 8));
            assert_eq!(split.program_grow(&mut memory, 1), None);
            assert_eq!(split.program_grow(&mut memory, width.largest()), None);
            let mut small = Memory::new(width, 3, 4);
            assert_eq!(Split::new(16, None).grow(&mut small, 1), Some(3));
            assert_eq!(Split::new(16, None).grow(&mut small, 1), None);
        }
    }

    #[test]
    fn allocator_returns_each_block_once() {
        let page = u64::from(PAGE);
        for layout in Width::ALL.map(Layout::of) {
            let mut blocks = Blocks::new(vec![(page + 4, page), (8, 2 * page), (layout.ceiling() - page, 2 * page)]);
            assert_eq!(blocks.claim(layout, 100, 0), Some((page + 8, 2 * page, 1)));
            assert_eq!(blocks.claim(layout, 100, 1), Some((8, page + 8, 1)));
            assert_eq!(blocks.claim(layout, 100, 2), Some((layout.ceiling() - page, layout.ceiling(), 2)));
            assert_eq!(blocks.claim(layout, 100, 2), None);
        }
    }
}
