//! What lowering knows of the module that it lowers for.

use crate::config::Optimize;
use crate::index::{GlobalIndex, MemoryIndex};
use linmem_allocator::layout;
use linmem_intrinsics::Representation;
use wasm_encoder::MemArg;

/// Where home, the first chunk, comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// It is reserved when the module is made.
    Reserved {
        /// The address of its header.
        start: u32,
        /// The address behind it.
        end: u32,
        /// Whether the header holds zeros when the module starts.
        zeroed: bool,
    },
    /// It is found when the first region is opened, so that opening one must look.
    Found {
        /// A global that holds the address from which on linmem may have all up to `end`; without one home is grown.
        base: Option<(GlobalIndex, u32)>,
    },
}

impl Home {
    /// Home from `base` to `end`, if there is room for anything.
    pub(crate) fn reserved(base: u32, end: u32, zeroed: bool) -> Option<Home> {
        let start = layout::align_up(u64::from(base), layout::ALIGNMENT);
        let fits = start + u64::from(layout::CHUNK_HEADER) <= u64::from(end);
        let start = u32::try_from(start).ok().filter(|_| fits)?;
        Some(Home::Reserved { start, end, zeroed })
    }

    /// Home from `base` on in a memory that linmem defines, and how many pages that memory starts with.
    pub(crate) fn in_new_memory(base: u32) -> Option<(Home, u64)> {
        let needed = u64::from(base) + u64::from(2 * layout::CHUNK_HEADER);
        let pages = needed.div_ceil(u64::from(layout::PAGE)).max(1);
        let end = (pages * u64::from(layout::PAGE)).min(u64::from(layout::CEILING)) as u32;
        Some((Home::reserved(base, end, true)?, pages))
    }

    /// The globals that regions here need, in the order of their indices: names, and what they start as.
    pub(crate) fn globals(self) -> Vec<(&'static str, u32)> {
        let (top, limit) = match self {
            Home::Reserved { start, end, .. } => (start + layout::CHUNK_HEADER, end),
            Home::Found { .. } => (0, 0),
        };
        // Where the header of home has yet to be cleared, nothing is owned until it is.
        let owned = if matches!(self, Home::Reserved { zeroed: true, .. }) { self.pages() } else { 0 };
        let mut globals = vec![("linmem.top", top), ("linmem.limit", limit), ("linmem.owned", owned)];
        if self.start().is_none() {
            globals.push(("linmem.home", 0));
        }
        globals
    }

    /// The address of the header, if it is known when the module is made.
    pub(crate) fn start(self) -> Option<u32> {
        match self {
            Home::Reserved { start, .. } => Some(start),
            Home::Found { .. } => None,
        }
    }

    /// How many pages linmem owns when the module starts.
    pub(crate) fn pages(self) -> u32 {
        match self {
            Home::Reserved { start, end, .. } => (end - start).div_ceil(layout::PAGE),
            Home::Found { .. } => 0,
        }
    }
}

/// The facts about a module that lowering needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// What a segment is.
    pub(crate) representation: Representation,
    /// Inline fast paths or calls.
    pub(crate) optimize: Optimize,
    /// The memory that segments are in.
    pub(crate) memory: MemoryIndex,
    /// The first of linmem's globals.
    pub(crate) first_global: GlobalIndex,
    /// Where the first chunk comes from.
    pub(crate) home: Home,
}

impl Context {
    /// The global that holds the next free address.
    pub(crate) fn top(&self) -> GlobalIndex {
        self.first_global
    }

    /// The global that holds the end of home while top is in home, else 0.
    pub(crate) fn limit(&self) -> GlobalIndex {
        GlobalIndex(self.first_global.0 + 1)
    }

    /// The global that holds how many pages linmem owns.
    pub(crate) fn owned(&self) -> GlobalIndex {
        GlobalIndex(self.first_global.0 + 2)
    }

    /// The global that holds the address of home's header, where that is not known when the module is made.
    pub(crate) fn home_start(&self) -> GlobalIndex {
        GlobalIndex(self.first_global.0 + 3)
    }

    /// Whether segments are pairs of an address and a size in an `i64`.
    pub(crate) fn is_packed(&self) -> bool {
        self.representation == Representation::Packed
    }

    /// A memory argument with the natural alignment of `bytes`, which is what addresses have nearly always.
    pub(crate) fn memarg(&self, offset: u32, bytes: u32) -> MemArg {
        MemArg { offset: u64::from(offset), align: bytes.trailing_zeros(), memory_index: self.memory.0 }
    }
}
