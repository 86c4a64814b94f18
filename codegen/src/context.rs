//! What lowering knows of the module that it lowers for.

use crate::choices::Choices;
use crate::index::{GlobalIndex, MemoryIndex};
use crate::segment::Segments;
use crate::width::WIDTH;
use linmem_allocator::layout::{self, Address, Layout};
use linmem_allocator::{Width, growth};
use linmem_intrinsics::{Representation, Safety};
use wasm_encoder::MemArg;

/// Where home, the first chunk, comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// It is reserved when the module is made.
    Reserved {
        /// The address of its header.
        start: Address,
        /// The address behind it.
        end: Address,
        /// Whether the header holds zeros when the module starts.
        zeroed: bool,
    },
    /// It is found when the first region is opened, so that opening one must look.
    Found {
        /// A global that holds the address from which on linmem may have all up to `end`; without one home is grown.
        base: Option<(GlobalIndex, Address)>,
    },
}

impl Home {
    /// Home from `base` to `end`, if there is room for anything.
    pub(crate) fn reserved(base: Address, end: Address, zeroed: bool, choices: Choices) -> Option<Home> {
        let start = layout::align_up(base, u64::from(layout::ALIGNMENT));
        let header = Layout::of(WIDTH).chunk_header();
        let fits = start + u64::from(header + choices.reserve(WIDTH)) <= end;
        fits.then_some(Home::Reserved { start, end, zeroed })
    }

    /// Home from `base` on in a memory that linmem defines, and how many pages that memory starts with.
    pub(crate) fn in_new_memory(base: Address, choices: Choices) -> Option<(Home, u64)> {
        let layout = Layout::of(WIDTH);
        let needed = base + u64::from(2 * layout.chunk_header() + choices.reserve(WIDTH));
        let pages = growth::pages(needed).max(1);
        let end = (pages * u64::from(layout::PAGE)).min(layout.ceiling());
        Some((Home::reserved(base, end, true, choices)?, pages))
    }

    /// The address of the header, if it is known when the module is made.
    pub(crate) fn start(self) -> Option<Address> {
        match self {
            Home::Reserved { start, .. } => Some(start),
            Home::Found { .. } => None,
        }
    }

    /// How many pages linmem owns when the module starts.
    pub(crate) fn pages(self) -> u64 {
        match self {
            Home::Reserved { start, end, .. } => growth::pages(end - start),
            Home::Found { .. } => 0,
        }
    }
}

/// Where memory comes from that was not reserved when the module was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Growth {
    /// From `memory.grow`.
    Grow,
    /// From `memory.grow`, above the part of the program.
    Split(Split),
    /// From a function of the program.
    Allocator(Allocator),
}

/// A memory whose lower part is the program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// How many pages the lower part is to have.
    pub(crate) pages: u32,
    /// How many pages the program declared that its memory has at most.
    pub(crate) maximum: Option<u32>,
}

/// A function of the program that allocates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allocator {
    /// Its index in the program.
    pub(crate) function: u32,
    /// How it is called.
    pub(crate) convention: Convention,
    /// The function that each result is passed to.
    pub(crate) pin: Option<u32>,
}

/// How a function that allocates is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Convention {
    /// `malloc (bytes)`.
    Malloc,
    /// `__new (bytes, 0)`, AssemblyScript's.
    New,
    /// `cabi_realloc (0, 0, 8, bytes)`.
    Realloc,
}

/// The facts about a module that lowering needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// What a segment is.
    pub(crate) representation: Representation,
    /// What was chosen.
    pub(crate) choices: Choices,
    /// The memory that segments are in.
    pub(crate) memory: MemoryIndex,
    /// The width of that memory's addresses.
    pub(crate) width: Width,
    /// The first of linmem's globals.
    pub(crate) first_global: GlobalIndex,
    /// Where the first chunk comes from.
    pub(crate) home: Home,
    /// Where further memory comes from.
    pub(crate) growth: Growth,
    /// Whether the errno of the last lifted call is kept.
    pub(crate) keeps_errno: bool,
    /// How segments are encoded.
    pub(crate) segments: Segments,
}

impl Context {
    /// The width of addresses, sizes and offsets in the memory.
    pub(crate) fn width(&self) -> Width {
        self.width
    }

    /// Where headers have their fields, and where chunks end.
    pub(crate) fn layout(&self) -> Layout {
        Layout::of(self.width)
    }

    /// How many bytes at the end of each chunk are kept for a region's header.
    pub(crate) fn reserve(&self) -> u32 {
        self.choices.reserve(self.width)
    }

    /// Whether the program's `memory.size` and `memory.grow` of a memory are calls of helpers.
    pub(crate) fn counts_pages_of(&self, memory: u32) -> bool {
        matches!(self.growth, Growth::Split(_)) && memory == self.memory.0
    }

    /// Whether segments know their region: where they are references, and their uses are checked.
    pub(crate) fn has_scopes(&self) -> bool {
        self.segments.types().is_some_and(|types| types.has_regions())
    }

    /// Whether accesses are checked against the sizes of their segments.
    pub(crate) fn checks_bounds(&self) -> bool {
        self.choices.safety >= Safety::Spatial && self.representation.carries_size()
    }

    /// Whether uses of segments are checked against the regions that were closed.
    pub(crate) fn checks_segments(&self) -> bool {
        self.choices.safety >= Safety::Temporal && self.representation.carries_size()
    }

    /// Whether segments are pairs of an address and a size in an `i64`.
    pub(crate) fn is_packed(&self) -> bool {
        self.segments.is_packed()
    }

    /// A memory argument with the natural alignment of `bytes`, which is what addresses have nearly always.
    pub(crate) fn memarg(&self, offset: u32, bytes: u32) -> MemArg {
        MemArg { offset: u64::from(offset), align: bytes.trailing_zeros(), memory_index: self.memory.0 }
    }
}
