//! What lowering knows of the module that it lowers for.

use crate::config::Optimize;
use crate::index::{GlobalIndex, MemoryIndex};
use linmem_allocator::layout;
use linmem_intrinsics::Representation;
use wasm_encoder::{MemArg, ValType};

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

    /// The type of a segment.
    pub(crate) fn segment(&self) -> ValType {
        match self.representation {
            Representation::Packed => ValType::I64,
            Representation::Address | Representation::Reference { .. } => ValType::I32,
        }
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
