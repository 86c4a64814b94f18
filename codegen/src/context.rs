//! What lowering knows of the module that it lowers for.

use crate::config::{Config, OnViolation, Optimize};
use crate::index::{GlobalIndex, MemoryIndex};
use crate::segment_types::SegmentTypes;
use linmem_allocator::layout;
use linmem_allocator::{Nesting, OutOfMemory, Width, Zero};
use linmem_intrinsics::{Representation, Safety};
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
    pub(crate) fn reserved(base: u32, end: u32, zeroed: bool, choices: Choices) -> Option<Home> {
        let start = layout::align_up(u64::from(base), layout::ALIGNMENT);
        let fits = start + u64::from(layout::CHUNK_HEADER + choices.reserve()) <= u64::from(end);
        let start = u32::try_from(start).ok().filter(|_| fits)?;
        Some(Home::Reserved { start, end, zeroed })
    }

    /// Home from `base` on in a memory that linmem defines, and how many pages that memory starts with.
    pub(crate) fn in_new_memory(base: u32, choices: Choices) -> Option<(Home, u64)> {
        let needed = u64::from(base) + u64::from(2 * layout::CHUNK_HEADER + choices.reserve());
        let pages = needed.div_ceil(u64::from(layout::PAGE)).max(1);
        let end = (pages * u64::from(layout::PAGE)).min(u64::from(layout::CEILING)) as u32;
        Some((Home::reserved(base, end, true, choices)?, pages))
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

/// The choices of a [`Config`] that lowering depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choices {
    /// How much is checked.
    pub(crate) safety: Safety,
    /// What regions may be open at the same time.
    pub(crate) nesting: Nesting,
    /// When memory is set to zero.
    pub(crate) zero: Zero,
    /// What an allocation does when memory cannot be had.
    pub(crate) out_of_memory: OutOfMemory,
    /// What happens at a violation.
    pub(crate) on_violation: OnViolation,
    /// Inline fast paths or calls.
    pub(crate) optimize: Optimize,
    /// Whether no segment may be made of an address.
    pub(crate) sealed: bool,
}

impl Choices {
    /// The choices of a configuration, for segments of this representation.
    pub(crate) fn of(config: &Config, representation: Representation) -> Choices {
        Choices {
            safety: config.safety_of(representation),
            nesting: config.nesting,
            zero: config.zero,
            out_of_memory: config.out_of_memory,
            on_violation: config.on_violation,
            optimize: config.optimize,
            sealed: config.sealed,
        }
    }

    /// How regions are kept track of.
    pub(crate) fn tracking(self) -> Tracking {
        match (self.safety >= Safety::Temporal, self.nesting == Nesting::Outermost) {
            (false, false) => Tracking::Marks,
            (false, true) => Tracking::Count,
            (true, false) => Tracking::Headers,
            (true, true) => Tracking::List,
        }
    }

    /// Whether regions have headers.
    pub(crate) fn checks_regions(self) -> bool {
        matches!(self.tracking(), Tracking::Headers | Tracking::List)
    }

    /// Whether an alignment that is not known is checked.
    pub(crate) fn checks_alignment(self) -> bool {
        self.safety >= Safety::Spatial
    }

    /// Whether violations are told to the host.
    pub(crate) fn reports(self) -> bool {
        self.on_violation == OnViolation::Report
    }

    /// Whether an allocation may give the null segment.
    pub(crate) fn gives_null(self) -> bool {
        self.out_of_memory == OutOfMemory::Null
    }

    /// Whether a region may be opened without memory for home, which is then looked for again. One with a header may not.
    pub(crate) fn opens_without_home(self) -> bool {
        self.gives_null() && !self.checks_regions()
    }

    /// How many bytes at the end of each chunk are kept for a region's header.
    pub(crate) fn reserve(self) -> u32 {
        if self.checks_regions() { layout::REGION_HEADER } else { 0 }
    }
}

/// How regions are kept track of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tracking {
    /// Not at all: a handle is a mark, and closing writes it back to top.
    Marks,
    /// Regions that are open are counted; closing the last one goes back to where the first one began.
    Count,
    /// Each region has a header, and only the innermost one allocates and can be closed.
    Headers,
    /// Each region has a header; any that is in the list of open ones allocates and can be closed.
    List,
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
    /// The types that segments have, if they are references.
    pub(crate) segment_types: Option<SegmentTypes>,
}

impl Context {
    /// The width of addresses, sizes and offsets in the memory.
    pub(crate) fn width(&self) -> Width {
        self.width
    }

    /// Whether the program's `memory.size` and `memory.grow` of a memory are calls of helpers.
    pub(crate) fn counts_pages_of(&self, memory: u32) -> bool {
        matches!(self.growth, Growth::Split(_)) && memory == self.memory.0
    }

    /// Whether segments know their region: where they are references, and their uses are checked.
    pub(crate) fn has_scopes(&self) -> bool {
        self.segment_types.is_some_and(|types| types.has_regions())
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
        self.representation == Representation::Packed
    }

    /// A memory argument with the natural alignment of `bytes`, which is what addresses have nearly always.
    pub(crate) fn memarg(&self, offset: u32, bytes: u32) -> MemArg {
        MemArg { offset: u64::from(offset), align: bytes.trailing_zeros(), memory_index: self.memory.0 }
    }
}
