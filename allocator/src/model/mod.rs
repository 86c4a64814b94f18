//! The reference model: regions over a byte vector, as `docs/architecture.md` and the [layout](crate::layout) state
//! them, with no thought for speed.
//!
//! It is the oracle of the differential tests: the same operations run here and, lowered, in an engine; addresses,
//! contents and page counts must be the same. It remembers which regions are open, and which chunk every mark lies in,
//! where the lowered code looks it up, and uses no global limit.

mod memory;
mod regions;
mod source;

use crate::layout::{ALIGNMENT, Address, CEILING, CHUNK_HEADER, HOME, PAGE, REGION_HEADER, align_up, room};
use crate::{Nesting, growth};
use linmem_intrinsics::Violation;
pub use memory::Memory;
use regions::Open;
pub use source::{Blocks, Source, Split};

/// Where the model's first chunk comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// Reserved at link time, from [`HOME`] to the end of the memory as it starts.
    Reserved,
    /// Reserved from this address (rounded up to [`ALIGNMENT`]) to the end of the memory as it starts.
    Base(Address),
    /// Grown when the first region is opened, since the memory is somebody else's.
    Grown,
}

/// How regions behave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// What regions may be open at the same time.
    pub nesting: Nesting,
    /// Whether they are checked, and so have headers.
    pub checked: bool,
}

/// A contiguous run of bytes that linmem owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The address of its header.
    pub start: Address,
    /// The address behind what segments can have of it. Where regions are checked, a region's header has room behind
    /// that.
    pub end: Address,
}

/// A place in a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Where the chunk starts.
    chunk: Address,
    address: Address,
}

/// Regions over a simulated memory.
#[derive(Clone, Debug)]
pub struct Model {
    memory: Memory,
    source: Source,
    rules: Rules,
    chunks: Vec<Chunk>,
    owned: u32,
    top: Place,
    open: Vec<Open>,
    serial: u32,
}

impl Model {
    /// Regions in `memory`.
    pub fn new(memory: Memory, home: Home, rules: Rules) -> Model {
        let end = u32::try_from(memory.bytes()).unwrap_or(u32::MAX).min(CEILING);
        let top = Place { chunk: 0, address: 0 };
        let source = Source::Growth;
        let mut model = Model { memory, source, rules, chunks: Vec::new(), owned: 0, top, open: Vec::new(), serial: 0 };
        let start = match home {
            Home::Reserved => u64::from(HOME),
            Home::Base(base) => align_up(u64::from(base), ALIGNMENT),
            Home::Grown => return model,
        };
        let reserve = model.reserve();
        match u32::try_from(start) {
            Ok(start) if u64::from(start) + u64::from(CHUNK_HEADER + reserve) <= u64::from(end) => {
                model.owned = growth::pages(u64::from(end - start)) as u32;
                model.chunks.push(Chunk { start, end: end - reserve });
                model.top = Place { chunk: start, address: start + CHUNK_HEADER };
            }
            _ => {}
        }
        model
    }

    /// The same, but further memory comes from elsewhere than plain growth.
    pub fn with_source(mut self, source: Source) -> Model {
        self.source = source;
        self
    }

    /// The program's `memory.size`.
    pub fn program_size(&self) -> u32 {
        match &self.source {
            Source::Split(split) => split.program_size(&self.memory),
            Source::Growth | Source::Blocks(_) => self.memory.pages(),
        }
    }

    /// The program's `memory.grow`.
    pub fn program_grow(&mut self, pages: u32) -> u32 {
        match &mut self.source {
            Source::Split(split) => split.program_grow(&mut self.memory, pages),
            Source::Growth | Source::Blocks(_) => self.memory.grow(pages),
        }
    }

    /// Where the part of the program ends, in pages, if the memory is split.
    pub fn split(&self) -> Option<u32> {
        match &self.source {
            Source::Split(split) => split.lower().map(|(end, _)| end),
            Source::Growth | Source::Blocks(_) => None,
        }
    }

    /// The memory.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The memory, for the program's own loads and stores and for growth that is not linmem's.
    pub fn memory_mut(&mut self) -> &mut Memory {
        &mut self.memory
    }

    /// The chunks that are owned, in ascending order.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// The chunk that top is in; 0 is home.
    pub fn chunk_of_top(&self) -> usize {
        self.position(self.top)
    }

    /// Which of the chunks a place is in.
    fn position(&self, place: Place) -> usize {
        self.chunks.partition_point(|chunk| chunk.start < place.chunk)
    }

    /// The next free address.
    pub fn top(&self) -> Address {
        self.top.address
    }

    /// How many bytes at the end of each chunk are kept for a region's header.
    fn reserve(&self) -> u32 {
        if self.rules.checked { REGION_HEADER } else { 0 }
    }

    /// The ranges of addresses between a mark and top.
    fn ranges(&self, mark: Place) -> Vec<(Address, Address)> {
        self.chunks
            .iter()
            .filter(|chunk| (mark.chunk..=self.top.chunk).contains(&chunk.start))
            .map(|Chunk { start, end }| {
                let from = if *start == mark.chunk { mark.address } else { start + CHUNK_HEADER };
                let to = if *start == self.top.chunk { self.top.address } else { end + self.reserve() };
                (from, to)
            })
            .collect()
    }

    /// Moves top behind `bytes` at a multiple of `alignment`, from `place` on, and gives where they are.
    fn bump(&mut self, from: Place, bytes: u32, alignment: u32) -> Result<Place, Violation> {
        let mut place = from;
        loop {
            let position = self.position(place);
            let address = align_up(u64::from(place.address), alignment);
            let end = address + room(bytes);
            if end <= u64::from(self.chunks[position].end) {
                self.top = Place { address: end as u32, ..place };
                return Ok(Place { address: address as u32, ..place });
            }
            if position + 1 == self.chunks.len() {
                if let Source::Blocks(_) = self.source {
                    self.claim(bytes, alignment)?;
                    place = from;
                    continue;
                }
                self.grow(end - u64::from(self.chunks[position].end))?;
            }
            if let Some(next) = self.chunks.get(position + 1) {
                place = Place { chunk: next.start, address: next.start + CHUNK_HEADER };
            }
        }
    }

    /// Sees to it that there is a home.
    fn find_home(&mut self) -> Result<(), Violation> {
        if self.chunks.is_empty() {
            if let Source::Blocks(blocks) = &mut self.source {
                let (start, end, pages) = blocks.claim(PAGE, self.owned).ok_or(Violation::OutOfMemory)?;
                self.owned += pages;
                self.chunks.push(Chunk { start, end: end - self.reserve() });
                self.top = Place { chunk: start, address: start + CHUNK_HEADER };
                return Ok(());
            }
            let page = self.grow_pages(1);
            if page >= growth::LAST_PAGE {
                return Err(Violation::OutOfMemory);
            }
            self.adopt(page, 1);
            let start = self.chunks[0].start;
            self.top = Place { chunk: start, address: start + CHUNK_HEADER };
        }
        Ok(())
    }

    /// Owns more: `missing` bytes behind the last chunk would be enough, if they turn out to be behind it.
    fn grow(&mut self, missing: u64) -> Result<(), Violation> {
        for pages in growth::attempts(missing, self.owned) {
            let Ok(pages) = u32::try_from(pages) else { continue };
            let page = self.grow_pages(pages);
            if page != growth::REFUSED {
                self.adopt(page, pages);
                return Ok(());
            }
        }
        Err(Violation::OutOfMemory)
    }

    fn grow_pages(&mut self, pages: u32) -> u32 {
        match &mut self.source {
            Source::Split(split) => split.grow(&mut self.memory, pages),
            Source::Growth | Source::Blocks(_) => self.memory.grow(pages),
        }
    }

    /// Takes a block from the allocator, to its place among the chunks. One below home is of no use.
    fn claim(&mut self, bytes: u32, alignment: u32) -> Result<(), Violation> {
        let reserve = self.reserve();
        let around = CHUNK_HEADER + 2 * (ALIGNMENT - 1) + (alignment - ALIGNMENT) + reserve;
        let needed = u32::try_from(room(bytes) + u64::from(around)).ok().filter(|needed| *needed < CEILING);
        let Source::Blocks(blocks) = &mut self.source else { return Err(Violation::OutOfMemory) };
        let block = needed.and_then(|needed| blocks.claim(needed, self.owned));
        let (start, end, pages) = block.ok_or(Violation::OutOfMemory)?;
        self.owned += pages;
        let position = self.chunks.partition_point(|chunk| chunk.start < start);
        if position > 0 {
            self.chunks.insert(position, Chunk { start, end: end - reserve });
        }
        Ok(())
    }

    /// Takes pages that `memory.grow` returned: they extend the last chunk or begin a new one.
    fn adopt(&mut self, page: u32, pages: u32) {
        self.owned += pages;
        let reserve = self.reserve();
        let start = page * PAGE;
        let end = (u64::from(page) + u64::from(pages)) * u64::from(PAGE);
        let end = end.min(u64::from(CEILING)) as u32 - reserve;
        match self.chunks.last_mut() {
            Some(last) if last.end + reserve == start => last.end = end,
            _ => self.chunks.push(Chunk { start, end }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(pages: u32, maximum: u32) -> Model {
        Model::new(Memory::new(pages, maximum), Home::Reserved, Rules::default())
    }

    #[test]
    fn a_region_frees_what_was_allocated_since_it_was_opened() -> Result<(), Violation> {
        let mut model = model(1, 4);
        let outer = model.open()?;
        assert_eq!(model.allocate(outer, 4, 1)?, 16);
        let inner = model.open()?;
        assert_eq!(model.allocate(inner, 100, 64)?, 64);
        assert_eq!(model.close(inner)?, [(24, 168)]);
        assert_eq!(model.allocate(outer, 1, 1)?, 24);
        model.close(outer)?;
        assert_eq!(model.top(), 16);
        Ok(())
    }

    #[test]
    fn growth_that_is_adjacent_extends_home() -> Result<(), Violation> {
        let mut model = model(1, 4);
        let region = model.open()?;
        assert_eq!(model.allocate(region, 65536, 8)?, 16);
        assert_eq!(model.chunks(), [Chunk { start: HOME, end: 2 * PAGE }]);
        Ok(())
    }

    #[test]
    fn foreign_growth_begins_a_chunk_which_is_kept_and_reused() -> Result<(), Violation> {
        let mut model = model(1, 16);
        let region = model.open()?;
        model.allocate(region, 65000, 8)?;
        model.memory_mut().grow(1);
        let far = model.allocate(region, 1000, 8)?;
        assert_eq!(far, 2 * PAGE + CHUNK_HEADER);
        assert_eq!(model.chunk_of_top(), 1);
        assert_eq!(model.close(region)?, [(16, PAGE), (far, far + 1000)]);
        assert_eq!((model.chunk_of_top(), model.top()), (0, 16));
        let region = model.open()?;
        model.allocate(region, 65000, 8)?;
        assert_eq!(model.allocate(region, 1000, 8)?, far);
        assert_eq!(model.memory().pages(), 3);
        Ok(())
    }

    #[test]
    fn a_refused_doubling_is_followed_by_what_is_missing() -> Result<(), Violation> {
        let mut model = model(4, 5);
        let region = model.open()?;
        assert_eq!(model.allocate(region, 4 * PAGE, 8)?, 16);
        assert_eq!(model.memory().pages(), 5);
        assert_eq!(model.allocate(region, PAGE, 8), Err(Violation::OutOfMemory));
        assert_eq!(model.allocate(region, u32::MAX, 65536), Err(Violation::OutOfMemory));
        Ok(())
    }

    #[test]
    fn a_memory_of_somebody_else_is_not_touched_before_a_region_is_opened() -> Result<(), Violation> {
        let mut model = Model::new(Memory::new(3, 10), Home::Grown, Rules::default());
        assert_eq!(model.memory().pages(), 3);
        let region = model.open()?;
        assert_eq!(region, 3 * PAGE + CHUNK_HEADER);
        assert_eq!(model.memory().pages(), 4);
        Ok(())
    }
}
