//! The state of the host of programs with exceptions: the reference model, and what it knows about each open region.

use crate::differential::is_all;
use crate::unwind::reach::Reach;
use crate::unwind::source::Source;
use linmem::{Config, Nesting, Safety, Unwind, Zero};
use linmem_allocator::Width;
use linmem_allocator::model::{Home, Memory, Model, Rules};

/// The number of pages that the memory of a program may have.
const MAXIMUM: u32 = 2000;

/// How many exceptions the host may throw in one program.
const THROWS: usize = 8;

/// An allocation, with its contents.
#[derive(Clone, Copy, Debug)]
struct Live {
    address: u64,
    bytes: u64,
    byte: u8,
}

/// An open region.
#[derive(Clone, Debug)]
struct Region {
    handle: u64,
    /// Whether other code knows the handle, so that no exception closes the region.
    escapes: bool,
    live: Vec<Live>,
}

/// The state of the host.
pub(crate) struct State {
    model: Model,
    source: Source,
    zero: Zero,
    /// Where regions nest, a region that an exception left open is freed with the region around it.
    nests: bool,
    /// Whether exceptions close regions.
    releases: bool,
    regions: Vec<Region>,
    /// The regions that stay open, since other code may know their handles.
    stuck: Vec<Region>,
    /// The ranges that were freed since the memory was checked last.
    freed: Vec<(u64, u64)>,
    bytes: u64,
    /// The start of the frame that was reserved last.
    frame: u64,
    /// How many more exceptions the running program may throw.
    throws: usize,
    /// The first difference.
    pub(crate) failure: Option<String>,
    pub(crate) reach: Reach,
}

impl State {
    pub(crate) fn new(config: &Config, source: Source) -> State {
        let rules = Rules { nesting: config.nesting, checked: config.safety == Some(Safety::Temporal) };
        State {
            model: Model::new(Memory::new(Width::Bits32, 1, MAXIMUM), Home::Reserved, rules),
            source,
            zero: config.zero,
            nests: config.nesting != Nesting::Outermost,
            releases: config.unwind == Some(Unwind::Release),
            regions: Vec::new(),
            stuck: Vec::new(),
            freed: Vec::new(),
            bytes: 0,
            frame: 0,
            throws: THROWS,
            failure: None,
            reach: Reach::default(),
        }
    }

    pub(crate) fn fail(&mut self, message: String) {
        self.failure.get_or_insert(message);
    }

    /// A program has ended. Returns what is wrong.
    pub(crate) fn end(&mut self) -> Option<String> {
        self.reach.programs += 1;
        self.throws = THROWS;
        let open = self.regions.len();
        (open > 0).then(|| format!("{open} regions are open at the end"))
    }

    pub(crate) fn decide(&mut self) -> bool {
        self.source.once_in(3)
    }

    /// A number below a limit.
    pub(crate) fn choose(&mut self, limit: usize) -> usize {
        self.source.below(limit)
    }

    /// Whether the host throws an exception now.
    pub(crate) fn throws(&mut self) -> bool {
        if self.throws == 0 || !self.source.once_in(2) {
            return false;
        }
        self.throws -= 1;
        self.reach.thrown_by_host += 1;
        true
    }

    pub(crate) fn choose_bytes(&mut self) -> u32 {
        let limit = if self.source.once_in(400) { 70_000 } else { 100 };
        self.bytes = self.source.below(limit) as u64;
        self.bytes as u32
    }

    /// The number of open regions, besides those that no exception closes.
    pub(crate) fn depth(&self) -> u32 {
        self.regions.len() as u32
    }

    /// The program has opened a region, with a frame of this many bytes. Returns its handle.
    pub(crate) fn opened(&mut self, escapes: bool, frame: u64) -> Option<u64> {
        let opened = match self.model.open_with(frame) {
            Ok((handle, start)) => {
                self.frame = start;
                self.regions.push(Region { handle, escapes, live: Vec::new() });
                Some(handle)
            }
            Err(violation) => {
                self.fail(format!("the model cannot open: {violation}"));
                None
            }
        };
        self.reach.depth = self.reach.depth.max(self.regions.len());
        opened
    }

    /// Closes a region of the model.
    fn close(&mut self, handle: u64) {
        match self.model.close(handle) {
            Ok(ranges) => self.freed.extend(ranges),
            Err(violation) => self.fail(format!("the model cannot close: {violation}")),
        }
    }

    /// The program is about to close the innermost regions until this number is open.
    pub(crate) fn leaving_to(&mut self, depth: usize) {
        while self.regions.len() > depth
            && let Some(region) = self.regions.pop()
        {
            self.reach.ended += 1;
            self.close(region.handle);
        }
    }

    /// The program has closed the innermost regions until this number is open.
    pub(crate) fn left(&mut self, depth: usize, memory: &[u8]) {
        self.leaving_to(depth);
        self.check(memory);
    }

    /// The program has closed the innermost region whose handle it alone knows.
    pub(crate) fn closed(&mut self, memory: &[u8]) {
        match self.regions.len().checked_sub(1) {
            Some(depth) => self.left(depth, memory),
            None => self.fail("the program closes a region, but none is open".to_string()),
        }
    }

    /// A throw is about to close this many regions, the innermost first, besides those that no exception closes.
    pub(crate) fn leaving(&mut self, count: usize) {
        for _ in 0..count {
            match self.regions.iter().rposition(|region| !region.escapes) {
                Some(position) => {
                    let region = self.regions.remove(position);
                    self.reach.closed += 1;
                    self.close(region.handle);
                }
                None => self.fail("the program closes a region, but none is open".to_string()),
            }
        }
    }

    /// A handler begins at which `depth` regions are open, besides those that no exception closes. Its `try` began while
    /// `inside` regions were open; every exception that the handler catches closes those between.
    pub(crate) fn caught(&mut self, depth: usize, inside: usize, memory: &[u8]) {
        self.reach.caught += 1;
        let mut position = self.regions.len();
        while position > depth {
            position -= 1;
            let region = self.regions.remove(position);
            if !region.escapes && (self.releases || position < inside) {
                self.reach.closed += 1;
                self.close(region.handle);
                continue;
            }
            self.reach.left_open += 1;
            match position.checked_sub(1).and_then(|around| self.regions.get_mut(around)) {
                Some(around) if self.nests => around.live.extend(region.live),
                _ => self.stuck.push(region),
            }
        }
        self.reach.kept += self.regions.len();
        self.check(memory);
    }

    /// Removes a region that stays open, and closes it in the model. Returns its handle.
    pub(crate) fn close_stuck(&mut self) -> Option<u64> {
        let region = self.stuck.pop()?;
        self.close(region.handle);
        Some(region.handle)
    }

    /// Freed memory must be zero, if memory is zeroed when it is freed. All live allocations must have their contents.
    pub(crate) fn check(&mut self, memory: &[u8]) {
        for (from, to) in std::mem::take(&mut self.freed) {
            if self.zero == Zero::Free && !is_all(&memory[from as usize..to as usize], 0) {
                self.fail(format!("{from}..{to} is not zero after it was freed"));
            }
        }
        let live = self.regions.iter().chain(&self.stuck).flat_map(|region| &region.live);
        let wrong = live
            .copied()
            .find(|live| !is_all(&memory[live.address as usize..(live.address + live.bytes) as usize], live.byte));
        if let Some(Live { address, bytes, .. }) = wrong {
            self.fail(format!("{bytes} bytes at {address} have changed"));
        }
    }

    /// The program has reserved a frame of this many bytes in a region, by its position.
    pub(crate) fn reserved(&mut self, position: usize, bytes: u64) {
        match self.allocate(position, bytes) {
            Ok(start) => self.frame = start,
            Err(problem) => self.fail(format!("the program reserves a frame, but {problem}")),
        }
    }

    fn allocate(&mut self, position: usize, bytes: u64) -> Result<u64, String> {
        let region = self.regions.get(position).ok_or("no such region is open")?;
        self.model.allocate(region.handle, bytes, 8).map_err(|violation| format!("the model: {violation}"))
    }

    /// The program has allocated the bytes that were chosen, in a region at a position from the innermost one.
    pub(crate) fn allocated(&mut self, back: usize, address: u64, memory: &mut [u8]) {
        match self.regions.len().checked_sub(1 + back) {
            Some(position) => self.allocated_at(position, address, memory),
            None => self.fail("the program allocates, but no region is open".to_string()),
        }
    }

    /// The same, for a region by its position from the outermost one.
    pub(crate) fn allocated_at(&mut self, position: usize, address: u64, memory: &mut [u8]) {
        match self.allocate(position, self.bytes) {
            Ok(expected) if expected == address => self.place(position, (address, self.bytes), memory),
            expected => self.fail(format!("the program allocated at {address}, the model at {expected:?}")),
        }
    }

    /// The program has an allocation at an offset in the frame that was reserved last.
    pub(crate) fn member(&mut self, position: usize, (offset, bytes): (u64, u64), address: u64, memory: &mut [u8]) {
        let expected = self.frame + offset;
        if expected == address {
            self.place(position, (address, bytes), memory);
        } else {
            self.fail(format!("the program has a segment of a frame at {address}, the model at {expected}"));
        }
    }

    /// Fills an allocation.
    fn place(&mut self, position: usize, (address, bytes): (u64, u64), memory: &mut [u8]) {
        self.reach.allocations += 1;
        let byte = self.source.below(255) as u8 + 1;
        let contents = &mut memory[address as usize..(address + bytes) as usize];
        if self.zero == Zero::Allocate && !is_all(contents, 0) {
            self.fail(format!("the segment at {address} does not start zeroed"));
        }
        contents.fill(byte);
        match self.regions.get_mut(position) {
            Some(region) => region.live.push(Live { address, bytes, byte }),
            None => self.fail("the program allocates in a region that is not open".to_string()),
        }
    }

    /// The live allocation that contains an address.
    fn live(&mut self, address: u64) -> Option<&mut Live> {
        let contains = |live: &&mut Live| (live.address..live.address + live.bytes).contains(&address);
        self.regions.iter_mut().flat_map(|region| &mut region.live).find(contains)
    }

    /// The program has read a byte.
    pub(crate) fn read(&mut self, address: u64, value: u32) {
        self.reach.reads += 1;
        match self.live(address).map(|live| live.byte) {
            Some(byte) if u32::from(byte) == value => {}
            expected => self.fail(format!("the program read {value} at {address}; {expected:?} is there")),
        }
    }

    /// The program fills the allocation at an address next. Returns the byte.
    pub(crate) fn fill(&mut self, address: u64) -> u32 {
        let byte = self.source.below(255) as u8 + 1;
        match self.live(address) {
            Some(live) => live.byte = byte,
            None => self.fail(format!("the program fills {address}, which is not allocated")),
        }
        u32::from(byte)
    }

    /// A value was carried out of a structure.
    pub(crate) fn carried(&mut self, found: i32, expected: i32) {
        self.reach.carried += 1;
        if found != expected {
            self.fail(format!("the value {expected} became {found}"));
        }
    }
}
