//! The model's memory: its chunks, and the place of top in them.

use crate::layout::{ALIGNMENT, Address, HOME, Layout, PAGE, align_up, room};
use crate::model::memory::Memory;
use crate::model::source::Source;
use crate::{Nesting, growth};
use linmem_intrinsics::Violation;

/// The source of the model's first chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// Reserved at link time, from [`HOME`] to the end of the initial memory.
    Reserved,
    /// Reserved from this address (rounded up to [`ALIGNMENT`]) to the end of the initial memory.
    Base(Address),
    /// Grown when the first region is opened, since the memory belongs to the program.
    Grown,
}

/// The rules for regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Which regions may be open at the same time.
    pub nesting: Nesting,
    /// Whether regions are checked, and therefore have headers.
    pub checked: bool,
}

/// A contiguous run of bytes that linmem owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The address of its header.
    pub start: Address,
    /// The end of the part that segments can use. If regions are checked, the bytes reserved for a region header
    /// follow.
    pub end: Address,
}

/// A place in a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Where the chunk starts.
    pub(super) chunk: Address,
    pub(super) address: Address,
}

/// An open region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) handle: u64,
    /// The place that top returns to.
    pub(super) mark: Place,
    /// The address of its header, if it has one.
    pub(super) header: Address,
}

/// Regions over a simulated memory.
#[derive(Clone, Debug)]
pub struct Model {
    pub(super) memory: Memory,
    pub(super) source: Source,
    pub(super) rules: Rules,
    pub(super) chunks: Vec<Chunk>,
    pub(super) owned: u64,
    pub(super) top: Place,
    pub(super) open: Vec<Open>,
    pub(super) serial: u64,
}

impl Model {
    /// Regions in `memory`.
    pub fn new(memory: Memory, home: Home, rules: Rules) -> Model {
        let layout = Layout::of(memory.width());
        let end = memory.bytes().min(layout.ceiling());
        let top = Place { chunk: 0, address: 0 };
        let source = Source::Growth;
        let mut model = Model { memory, source, rules, chunks: Vec::new(), owned: 0, top, open: Vec::new(), serial: 0 };
        let start = match home {
            Home::Reserved => HOME,
            Home::Base(base) => align_up(base.min(layout.ceiling()), u64::from(ALIGNMENT)),
            Home::Grown => return model,
        };
        let (header, reserve) = (model.chunk_header(), model.reserve());
        if start + header + reserve <= end {
            model.owned = growth::pages(end - start);
            model.chunks.push(Chunk { start, end: end - reserve });
            model.top = Place { chunk: start, address: start + header };
        }
        model
    }

    /// Sets the source of further memory, which by default is plain growth.
    pub fn with_source(mut self, source: Source) -> Model {
        self.source = source;
        self
    }

    /// The program's `memory.size`.
    pub fn program_size(&self) -> u64 {
        match &self.source {
            Source::Split(split) => split.program_size(&self.memory),
            Source::Shared(shared) => shared.grow(0).unwrap_or_default(),
            Source::Growth | Source::Blocks(_) => self.memory.pages(),
        }
    }

    /// The program's `memory.grow`: returns the program's old size, or `None` if it fails.
    pub fn program_grow(&mut self, pages: u64) -> Option<u64> {
        match &mut self.source {
            Source::Split(split) => split.program_grow(&mut self.memory, pages),
            Source::Shared(shared) => shared.grow(pages),
            Source::Growth | Source::Blocks(_) => self.memory.grow(pages),
        }
    }

    /// The end of the program's part in pages, if the memory is split.
    pub fn split(&self) -> Option<u64> {
        match &self.source {
            Source::Split(split) => split.lower().map(|(end, _)| end),
            Source::Growth | Source::Blocks(_) | Source::Shared(_) => None,
        }
    }

    /// The memory.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The memory, for the program's own loads and stores, and for growth by other code.
    pub fn memory_mut(&mut self) -> &mut Memory {
        &mut self.memory
    }

    /// The chunks that linmem owns, in ascending order.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// The index of the chunk that top is in; 0 is home.
    pub fn chunk_of_top(&self) -> usize {
        self.position(self.top)
    }

    /// The index of the chunk that a place is in.
    pub(super) fn position(&self, place: Place) -> usize {
        self.chunks.partition_point(|chunk| chunk.start < place.chunk)
    }

    /// The next free address.
    pub fn top(&self) -> Address {
        self.top.address
    }

    /// The number of bytes at the end of each chunk that are reserved for a region header.
    pub(super) fn reserve(&self) -> u64 {
        if self.rules.checked { self.region_header() } else { 0 }
    }

    pub(super) fn layout(&self) -> Layout {
        Layout::of(self.memory.width())
    }

    pub(super) fn chunk_header(&self) -> u64 {
        u64::from(self.layout().chunk_header())
    }

    pub(super) fn region_header(&self) -> u64 {
        u64::from(self.layout().region_header())
    }

    /// The ranges of addresses between a mark and top.
    pub(super) fn ranges(&self, mark: Place) -> Vec<(Address, Address)> {
        self.chunks
            .iter()
            .filter(|chunk| (mark.chunk..=self.top.chunk).contains(&chunk.start))
            .map(|Chunk { start, end }| {
                let from = if *start == mark.chunk { mark.address } else { start + self.chunk_header() };
                let to = if *start == self.top.chunk { self.top.address } else { end + self.reserve() };
                (from, to)
            })
            .collect()
    }

    /// Allocates `bytes` at a multiple of `alignment`, at or after `from`, and moves top to their end. Returns their
    /// place.
    pub(super) fn bump(&mut self, from: Place, bytes: u64, alignment: u64) -> Result<Place, Violation> {
        let mut place = from;
        loop {
            let position = self.position(place);
            let address = align_up(place.address, alignment);
            let end = address + room(bytes);
            if end <= self.chunks[position].end {
                self.top = Place { address: end, ..place };
                return Ok(Place { address, ..place });
            }
            if position + 1 == self.chunks.len() {
                if let Source::Blocks(_) = self.source {
                    self.claim(bytes, alignment)?;
                    place = from;
                    continue;
                }
                self.grow(end - self.chunks[position].end)?;
            }
            if let Some(next) = self.chunks.get(position + 1) {
                place = Place { chunk: next.start, address: next.start + self.chunk_header() };
            }
        }
    }

    /// Obtains home, if it does not exist yet.
    pub(super) fn find_home(&mut self) -> Result<(), Violation> {
        if self.chunks.is_empty() {
            let layout = self.layout();
            if let Source::Blocks(blocks) = &mut self.source {
                let (start, end, pages) =
                    blocks.claim(layout, u64::from(PAGE), self.owned).ok_or(Violation::OutOfMemory)?;
                self.owned += pages;
                self.chunks.push(Chunk { start, end: end - self.reserve() });
                self.top = Place { chunk: start, address: start + self.chunk_header() };
                return Ok(());
            }
            let page = self.grow_pages(1).filter(|page| *page < layout.last_page()).ok_or(Violation::OutOfMemory)?;
            self.adopt(page, 1);
            let start = self.chunks[0].start;
            self.top = Place { chunk: start, address: start + self.chunk_header() };
        }
        Ok(())
    }

    /// Obtains more memory. `missing` bytes suffice if they directly follow the last chunk.
    pub(super) fn grow(&mut self, missing: u64) -> Result<(), Violation> {
        for pages in growth::attempts(missing, self.owned) {
            if let Some(page) = self.grow_pages(pages) {
                self.adopt(page, pages);
                return Ok(());
            }
        }
        Err(Violation::OutOfMemory)
    }

    pub(super) fn grow_pages(&mut self, pages: u64) -> Option<u64> {
        match &mut self.source {
            Source::Split(split) => split.grow(&mut self.memory, pages),
            Source::Shared(shared) => shared.grow(pages),
            Source::Growth | Source::Blocks(_) => self.memory.grow(pages),
        }
    }

    /// Obtains a block from the allocator, and inserts it into the sorted list of chunks. A block below home cannot be
    /// used.
    pub(super) fn claim(&mut self, bytes: u64, alignment: u64) -> Result<(), Violation> {
        let (layout, reserve, align) = (self.layout(), self.reserve(), u64::from(ALIGNMENT));
        let around = self.chunk_header() + 2 * (align - 1) + (alignment - align) + reserve;
        let needed = Some(room(bytes) + around).filter(|needed| *needed < layout.ceiling());
        let Source::Blocks(blocks) = &mut self.source else { return Err(Violation::OutOfMemory) };
        let block = needed.and_then(|needed| blocks.claim(layout, needed, self.owned));
        let (start, end, pages) = block.ok_or(Violation::OutOfMemory)?;
        self.owned += pages;
        let position = self.chunks.partition_point(|chunk| chunk.start < start);
        if position > 0 {
            self.chunks.insert(position, Chunk { start, end: end - reserve });
        }
        Ok(())
    }

    /// Adds pages that `memory.grow` returned: they extend the last chunk or begin a new one.
    pub(super) fn adopt(&mut self, page: u64, pages: u64) {
        self.owned += pages;
        let reserve = self.reserve();
        let start = page * u64::from(PAGE);
        let end = ((page + pages) * u64::from(PAGE)).min(self.layout().ceiling()) - reserve;
        match self.chunks.last_mut() {
            Some(last) if last.end + reserve == start => last.end = end,
            _ => self.chunks.push(Chunk { start, end }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::{Blocks, Split};
    use crate::width::Width;

    const PAGE: u64 = crate::layout::PAGE as u64;

    fn model(width: Width, pages: u32, maximum: u32) -> Model {
        Model::new(Memory::new(width, pages, maximum), Home::Reserved, Rules::default())
    }

    /// The first address in a chunk that segments can use.
    fn first(width: Width, chunk: Address) -> Address {
        chunk + 2 * u64::from(width.pointer_bytes())
    }

    #[test]
    fn close_frees_allocations_since_open() -> Result<(), Violation> {
        for width in Width::ALL {
            let mut model = model(width, 1, 4);
            let start = first(width, HOME);
            let outer = model.open()?;
            assert_eq!(model.allocate(outer, 4, 1)?, start);
            let inner = model.open()?;
            assert_eq!(model.allocate(inner, 100, 64)?, 64);
            assert_eq!(model.close(inner)?, [(start + 8, 168)]);
            assert_eq!(model.allocate(outer, 1, 1)?, start + 8);
            model.close(outer)?;
            assert_eq!(model.top(), start);
        }
        Ok(())
    }

    #[test]
    fn adjacent_growth_extends_home() -> Result<(), Violation> {
        for width in Width::ALL {
            let mut model = model(width, 1, 4);
            let region = model.open()?;
            assert_eq!(model.allocate(region, 65536, 8)?, first(width, HOME));
            assert_eq!(model.chunks(), [Chunk { start: HOME, end: 2 * PAGE }]);
        }
        Ok(())
    }

    #[test]
    fn growth_after_foreign_growth_starts_reusable_chunk() -> Result<(), Violation> {
        for width in Width::ALL {
            let mut model = model(width, 1, 16);
            let start = first(width, HOME);
            let region = model.open()?;
            model.allocate(region, 65000, 8)?;
            model.memory_mut().grow(1);
            let far = model.allocate(region, 1000, 8)?;
            assert_eq!(far, first(width, 2 * PAGE));
            assert_eq!(model.chunk_of_top(), 1);
            assert_eq!(model.close(region)?, [(start, PAGE), (far, far + 1000)]);
            assert_eq!((model.chunk_of_top(), model.top()), (0, start));
            let region = model.open()?;
            model.allocate(region, 65000, 8)?;
            assert_eq!(model.allocate(region, 1000, 8)?, far);
            assert_eq!(model.memory().pages(), 3);
        }
        Ok(())
    }

    #[test]
    fn refused_doubling_requests_missing_pages() -> Result<(), Violation> {
        for width in Width::ALL {
            let mut model = model(width, 4, 5);
            let region = model.open()?;
            assert_eq!(model.allocate(region, 4 * PAGE, 8)?, first(width, HOME));
            assert_eq!(model.memory().pages(), 5);
            assert_eq!(model.allocate(region, PAGE, 8), Err(Violation::OutOfMemory));
            assert_eq!(model.allocate(region, u64::from(u32::MAX), 65536), Err(Violation::OutOfMemory));
        }
        Ok(())
    }

    #[test]
    fn the_largest_size_is_refused_wherever_memory_comes_from() -> Result<(), Violation> {
        for width in Width::ALL {
            let blocks = Blocks::new(vec![(PAGE, PAGE), (4 * PAGE, 2 * PAGE)]);
            let sources = [Source::Growth, Source::Split(Split::new(8, None)), Source::Blocks(blocks)];
            for source in sources {
                let memory = Memory::new(width, 8, 16);
                let rules = Rules { checked: true, ..Rules::default() };
                let mut model = Model::new(memory, Home::Grown, rules).with_source(source);
                let region = model.open()?;
                let top = model.top();
                for alignment in [8, 65536] {
                    assert_eq!(model.allocate(region, width.largest(), alignment), Err(Violation::OutOfMemory));
                    assert_eq!(model.top(), top);
                }
                assert_eq!(model.open_with(width.largest()), Err(Violation::OutOfMemory));
                assert_eq!((model.top(), model.depth()), (top, 1));
                assert_eq!(model.allocate(region, 8, 8), Ok(top));
            }
        }
        Ok(())
    }

    #[test]
    fn foreign_memory_is_untouched_before_first_region() -> Result<(), Violation> {
        for width in Width::ALL {
            let mut model = Model::new(Memory::new(width, 3, 10), Home::Grown, Rules::default());
            assert_eq!(model.memory().pages(), 3);
            let region = model.open()?;
            assert_eq!(region, first(width, 3 * PAGE));
            assert_eq!(model.memory().pages(), 4);
        }
        Ok(())
    }
}
