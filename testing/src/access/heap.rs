//! The memory of a program as the interpreter knows it: regions and addresses from the reference model, and the value of
//! each byte, if it is specified.

use crate::access::program::{MAX_PAGES, OWN_PAGES, Setting};
use linmem::{Nesting, Violation};
use linmem_allocator::Width;
use linmem_allocator::layout::{HOME, Layout, PAGE};
use linmem_allocator::model::{Home, Memory, Model, Rules};
use std::collections::BTreeMap;

const BLOCK: u32 = 1024;

const LAYOUT: Layout = Layout::of(Width::Bits32);

/// The number of a region, in the order of opening.
pub(crate) type Region = usize;

struct Opened {
    handle: u64,
    header: Option<u64>,
}

pub(crate) struct Heap {
    model: Model,
    outermost: bool,
    checked: bool,
    frames: bool,
    /// Bytes below this address are zero until they are written.
    zero_below: u64,
    /// Bytes below this address belong to linmem, but to no chunk.
    reserved: u64,
    bytes: BTreeMap<u32, [Option<u8>; BLOCK as usize]>,
    regions: Vec<Opened>,
    open: Vec<Region>,
}

impl Heap {
    pub(crate) fn new(setting: Setting, checked: bool) -> Heap {
        let (pages, home) = if setting.owned { (OWN_PAGES, Home::Grown) } else { (1, Home::Reserved) };
        let nesting = if setting.outermost { Nesting::Outermost } else { Nesting::Stack };
        Heap {
            model: Model::new(Memory::new(Width::Bits32, pages, MAX_PAGES), home, Rules { nesting, checked }),
            outermost: setting.outermost,
            checked,
            frames: setting.frames,
            zero_below: if setting.owned { u64::from(OWN_PAGES * PAGE) } else { 0 },
            reserved: if setting.owned { 0 } else { HOME },
            bytes: BTreeMap::new(),
            regions: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Opens a region.
    pub(crate) fn open(&mut self) -> Option<Region> {
        let handle = self.model.open().ok()?;
        let header = self.model.innermost_header();
        if let Some(header) = header {
            self.forget(header, u64::from(LAYOUT.region_header()));
        }
        self.regions.push(Opened { handle, header });
        self.open.push(self.regions.len() - 1);
        Some(self.regions.len() - 1)
    }

    pub(crate) fn is_open(&self, region: Region) -> bool {
        self.open.contains(&region)
    }

    /// Whether a region may allocate, and be closed.
    fn is_usable(&self, region: Region) -> bool {
        if self.outermost { self.is_open(region) } else { self.open.last() == Some(&region) }
    }

    /// Closes a region, if that is correct.
    pub(crate) fn close(&mut self, region: Region) -> Option<()> {
        if !self.is_usable(region) {
            return None;
        }
        self.open.retain(|open| *open != region);
        let Opened { handle, header } = self.regions[region];
        if let Some(header) = header {
            self.forget(header, u64::from(LAYOUT.region_header()));
        }
        self.model.close(handle).ok().map(|_| ())
    }

    /// Allocates from a region, if that is correct.
    pub(crate) fn allocate(&mut self, region: Region, bytes: u32, alignment: u32) -> Option<u32> {
        if !self.is_usable(region) {
            return None;
        }
        let bytes = u64::from(bytes);
        let address = self.model.allocate(self.regions[region].handle, bytes, u64::from(alignment)).ok()?;
        self.forget(address, bytes);
        Some(address as u32)
    }

    /// The violation of closing a region, or of allocating from it, with the numbers of the report; `None` if that is correct, or
    /// if regions are not checked.
    pub(crate) fn misuse(&self, region: Region, closed: Violation) -> Option<(Violation, [u32; 3])> {
        if !self.checked || self.is_usable(region) {
            return None;
        }
        let handle = self.regions[region].handle as u32;
        match self.open.iter().rev().position(|open| *open == region) {
            Some(inner) => Some((Violation::NotInnermost, [handle, inner as u32, 0])),
            None => Some((closed, [handle, 0, 0])),
        }
    }

    /// Other code grows the memory.
    pub(crate) fn grow(&mut self, pages: u32) {
        self.model.memory_mut().grow(u64::from(pages));
    }

    pub(crate) fn top(&self) -> u32 {
        self.model.top() as u32
    }

    pub(crate) fn size(&self) -> u64 {
        self.model.memory().bytes()
    }

    pub(crate) fn pages(&self) -> u64 {
        self.model.memory().pages()
    }

    pub(crate) fn chunks(&self) -> usize {
        self.model.chunks().len()
    }

    /// Whether one of some bytes is in memory that belongs to linmem and is free.
    pub(crate) fn is_free(&self, start: u64, bytes: u32) -> bool {
        let reserve = if self.checked { u64::from(LAYOUT.region_header()) } else { 0 };
        let first = self.model.chunk_of_top();
        self.model.chunks().iter().enumerate().skip(first).any(|(number, chunk)| {
            let from = if number == first { self.model.top() } else { chunk.start };
            overlap(start, bytes, from, chunk.end + reserve - from.min(chunk.end + reserve))
        })
    }

    /// Whether it is unspecified which allocation some bytes belong to.
    pub(crate) fn is_vague(&self, start: u64, bytes: u32) -> bool {
        let foreign = self.zero_below.max(self.reserved);
        self.frames && overlap(start, bytes, foreign, Width::Bits32.largest() - foreign)
    }

    /// Whether one of some bytes belongs to data that linmem keeps: headers and reserved memory.
    pub(crate) fn is_kept(&self, start: u64, bytes: u32) -> bool {
        let headers = self.open.iter().filter_map(|region| self.regions[*region].header);
        overlap(start, bytes, 0, self.reserved)
            || self
                .model
                .chunks()
                .iter()
                .any(|chunk| overlap(start, bytes, chunk.start, u64::from(LAYOUT.chunk_header())))
            || headers.into_iter().any(|header| overlap(start, bytes, header, u64::from(LAYOUT.region_header())))
    }

    /// Makes the values of some bytes unknown.
    fn forget(&mut self, start: u64, bytes: u64) {
        let (end, size) = (start + bytes, u64::from(BLOCK));
        let blocks = (start / size) as u32..=(end / size) as u32;
        // Blocks without known bytes need not change.
        let known: Vec<u32> = self.bytes.range(blocks).map(|(block, _)| *block).collect();
        for block in known {
            let from = start.max(u64::from(block) * size);
            let to = end.min(u64::from(block) * size + size);
            self.fill(from, (to - from) as u32, None);
        }
    }

    pub(crate) fn read(&self, address: u64) -> Option<u8> {
        let address = address as u32;
        match self.bytes.get(&(address / BLOCK)) {
            Some(block) => block[(address % BLOCK) as usize],
            None => self.initial(address),
        }
    }

    fn initial(&self, address: u32) -> Option<u8> {
        (u64::from(address) < self.zero_below).then_some(0)
    }

    pub(crate) fn write(&mut self, address: u64, byte: Option<u8>) {
        let address = address as u32;
        let initial = self.initial(address / BLOCK * BLOCK);
        let block = self.bytes.entry(address / BLOCK).or_insert_with(|| [initial; BLOCK as usize]);
        block[(address % BLOCK) as usize] = byte;
    }

    /// Writes the same byte to all bytes of a range.
    pub(crate) fn fill(&mut self, start: u64, bytes: u32, byte: Option<u8>) {
        let (mut at, end) = (start as usize, start as usize + bytes as usize);
        while at < end {
            let (number, from) = (at / BLOCK as usize, at % BLOCK as usize);
            let to = (from + end - at).min(BLOCK as usize);
            let initial = self.initial(number as u32 * BLOCK);
            let block = self.bytes.entry(number as u32).or_insert_with(|| [initial; BLOCK as usize]);
            block[from..to].fill(byte);
            at += to - from;
        }
    }

    /// The first byte that is known and differs in a real memory: its address, and its known value.
    pub(crate) fn difference(&self, real: &[u8]) -> Option<(usize, u8)> {
        self.bytes.iter().find_map(|(block, bytes)| {
            let base = *block as usize * BLOCK as usize;
            let differs = |at: &usize| bytes[*at].is_some_and(|byte| real.get(base + at) != Some(&byte));
            (0..bytes.len()).find(differs).map(|at| (base + at, bytes[at].unwrap_or_default()))
        })
    }
}

fn overlap(start: u64, bytes: u32, from: u64, count: u64) -> bool {
    bytes > 0 && start < from + count && from < start + u64::from(bytes)
}
