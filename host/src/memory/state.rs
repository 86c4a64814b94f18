//! What the host knows about a memory: its live blocks, the chunks that it obtained for itself, the open regions, the blocks that
//! wait to be freed, and the errors of frees. All of it is on the host's side, where the guest cannot write.
//!
//! The state is locked only while nothing of the guest runs: a function of the guest can call the host, which can allocate.
//!
//! Invariants:
//! 1. Live blocks of the guest's allocator, and chunks, do not overlap each other.
//! 2. A live block of the host's own chunks is in exactly one chunk, and overlaps no free range.

use super::error::{Error, Lie};
use super::free_list::FreeList;
use super::linmem::Form;
use super::region::Region;
use std::collections::{BTreeMap, VecDeque};

/// The number of errors that are kept.
const ERRORS: usize = 64;

/// A piece of memory that the host holds.
#[derive(Clone)]
pub(super) struct Block {
    /// The address and the number of bytes that were requested.
    pub(super) address: u64,
    pub(super) len: u64,
    pub(super) origin: Origin,
    /// The segment as the guest has it.
    pub(super) form: Form,
}

/// How a block is freed.
#[derive(Clone)]
pub(super) enum Origin {
    /// By the address, size and alignment of the whole block.
    Raw { start: u64, len: u64, align: u64 },
    /// By closing its region.
    Region(Region),
}

/// A block whose owner is gone, and which is not freed yet.
pub(super) struct Waiting {
    /// The heap that it is from.
    pub(super) heap: u64,
    pub(super) block: Block,
    /// Whether its bytes still have to be set to zero.
    pub(super) zero: bool,
}

/// A region, and whether a block is in it.
#[derive(Clone, Copy)]
pub(super) struct Open {
    pub(super) region: Region,
    /// The start of its block.
    pub(super) start: u64,
    pub(super) is_used: bool,
}

/// What the host knows about a memory.
#[derive(Default)]
pub(super) struct State {
    /// The end of each live block of the guest's allocator, by its start, except for the one in [`Newest`](super::newest::Newest).
    live: BTreeMap<u64, u64>,
    /// The end of each chunk that the host obtained for itself, by its start.
    chunks: BTreeMap<u64, u64>,
    /// The free ranges of chunks.
    pub(super) free: FreeList,
    /// The regions that the host opened, the outermost first, except for that of the newest block.
    regions: Vec<Open>,
    waiting: Vec<Waiting>,
    errors: VecDeque<Error>,
    next: u64,
}

impl State {
    /// A number that was not returned before.
    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// The size of all chunks.
    pub(super) fn owned(&self) -> u64 {
        self.chunks.iter().map(|(start, end)| end - start).sum()
    }

    /// What is wrong with a range that the guest's allocator returned, if it overlaps memory that the host holds.
    pub(super) fn overlap(&self, start: u64, end: u64) -> Option<Lie> {
        // The ranges of a map do not overlap, so that the last one that starts before `end` is the one that ends last.
        [&self.live, &self.chunks].into_iter().find_map(|ranges| {
            let (&address, &other) = ranges.range(..end).next_back()?;
            (other > start).then(|| Lie::Overlaps { address, len: other - address })
        })
    }

    /// Adds a block of the guest's allocator that overlaps no other.
    pub(super) fn add_live(&mut self, start: u64, end: u64) {
        self.live.insert(start, end);
    }

    pub(super) fn remove_live(&mut self, start: u64) {
        self.live.remove(&start);
    }

    /// Adds a chunk, which is free at first. Its range is inside the memory.
    pub(super) fn add_chunk(&mut self, start: u64, len: u64) -> Result<(), Lie> {
        let end = start.saturating_add(len);
        if let Some(lie) = self.overlap(start, end) {
            return Err(lie);
        }
        self.chunks.insert(start, end);
        self.free.give(start, len);
        Ok(())
    }

    /// The number of entries that a new block has to be compared with, or whose order it has to keep.
    pub(super) fn entries(&self) -> usize {
        self.live.len() + self.chunks.len() + self.regions.len()
    }

    /// Adds a region that was opened last.
    pub(super) fn add_region(&mut self, region: Region, start: u64, is_used: bool) {
        self.regions.push(Open { region, start, is_used });
    }

    /// Marks a region as no longer used.
    pub(super) fn leave_region(&mut self, id: u64) {
        if let Some(open) = self.regions.iter_mut().rev().find(|open| open.region.id == id) {
            open.is_used = false;
        }
    }

    /// The next region to close. Regions that nest are closed from the innermost one, so that one that is no longer used waits
    /// until those inside it are closed.
    pub(super) fn next_to_close(&mut self) -> Option<Open> {
        self.regions.pop_if(|open| !open.is_used)
    }

    /// Removes the regions for which `is_lost` holds, and the blocks in them.
    pub(super) fn remove_lost(&mut self, is_lost: impl Fn(&Region) -> bool) {
        let live = &mut self.live;
        self.regions.retain(|open| {
            let is_lost = is_lost(&open.region);
            if is_lost {
                live.remove(&open.start);
            }
            !is_lost
        });
    }

    pub(super) fn wait(&mut self, waiting: Waiting) {
        self.waiting.push(waiting);
    }

    /// The number of blocks that wait to be freed.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The last block that waits to be freed by this heap.
    pub(super) fn next_to_free(&mut self, heap: u64) -> Option<Waiting> {
        let index = self.waiting.iter().rposition(|waiting| waiting.heap == heap)?;
        Some(self.waiting.remove(index))
    }

    /// Keeps an error that could not be returned. Of too many, the oldest one is forgotten.
    pub(super) fn keep(&mut self, error: Error) {
        if self.errors.len() == ERRORS {
            self.errors.pop_front();
        }
        self.errors.push_back(error);
    }

    pub(super) fn last_error(&self) -> Option<&Error> {
        self.errors.back()
    }

    pub(super) fn take_errors(&mut self) -> Vec<Error> {
        self.errors.drain(..).collect()
    }
}
