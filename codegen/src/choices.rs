//! The choices of a configuration that lowering depends on.

use crate::config::{Config, OnViolation, Optimize};
use linmem_allocator::layout::Layout;
use linmem_allocator::{Nesting, OutOfMemory, Width, Zero};
use linmem_intrinsics::{Representation, Safety};

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

    /// How many bytes at the end of each chunk are kept for a region's header, in a memory of this width.
    pub(crate) fn reserve(self, width: Width) -> u32 {
        if self.checks_regions() { Layout::of(width).region_header() } else { 0 }
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
