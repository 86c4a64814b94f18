//! The options of a configuration that lowering depends on.

use crate::config::{Config, OnViolation, Optimize};
use linmem_allocator::layout::Layout;
use linmem_allocator::{Nesting, OutOfMemory, Width, Zero};
use linmem_intrinsics::{Representation, Safety};

/// The options of a [`Config`] that lowering depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choices {
    /// The safety level.
    pub(crate) safety: Safety,
    /// The regions that may be open at the same time.
    pub(crate) nesting: Nesting,
    /// When memory is zeroed.
    pub(crate) zero: Zero,
    /// The result of an allocation if memory is not available.
    pub(crate) out_of_memory: OutOfMemory,
    /// The reaction to a violation.
    pub(crate) on_violation: OnViolation,
    /// Whether to inline fast paths or call helpers.
    pub(crate) optimize: Optimize,
    /// Whether a loop may be written twice, for speed.
    pub(crate) repeats_loops: bool,
    /// Whether segments cannot be made from addresses.
    pub(crate) sealed: bool,
    /// Whether helpers may use vectors.
    pub(crate) simd: bool,
    /// Whether the module exports an allocator, and is not traced.
    pub(crate) lends: bool,
}

impl Choices {
    /// The options of a configuration, for segments of this representation.
    pub(crate) fn of(config: &Config, representation: Representation) -> Choices {
        Choices {
            safety: config.safety_of(representation),
            nesting: config.nesting,
            zero: config.zero,
            out_of_memory: config.out_of_memory,
            on_violation: config.on_violation,
            optimize: config.optimize,
            repeats_loops: true,
            sealed: config.sealed,
            simd: config.simd,
            lends: config.export_allocator && !config.trace,
        }
    }

    /// How open regions are tracked.
    pub(crate) fn tracking(self) -> Tracking {
        match (self.safety >= Safety::Temporal, self.nesting == Nesting::Outermost) {
            (false, false) => Tracking::Marks,
            (false, true) => Tracking::Count,
            (true, false) => Tracking::Headers,
            (true, true) => Tracking::List,
        }
    }

    /// Whether the allocations of the host are in a list, so that closing a region of the program can mark those that it
    /// frees.
    pub(crate) fn lists_loans(self) -> bool {
        self.lends && self.tracking() == Tracking::Marks
    }

    /// Whether regions have headers.
    pub(crate) fn checks_regions(self) -> bool {
        matches!(self.tracking(), Tracking::Headers | Tracking::List)
    }

    /// Whether an alignment that is not constant is checked.
    pub(crate) fn checks_alignment(self) -> bool {
        self.safety >= Safety::Spatial
    }

    /// Whether violations are reported to the host.
    pub(crate) fn reports(self) -> bool {
        self.on_violation == OnViolation::Report
    }

    /// Whether an allocation may return the null segment.
    pub(crate) fn gives_null(self) -> bool {
        self.out_of_memory == OutOfMemory::Null
    }

    /// Whether a region may be opened without memory for home, which is then searched for again. A region with a header
    /// cannot.
    pub(crate) fn opens_without_home(self) -> bool {
        self.gives_null() && !self.checks_regions()
    }

    /// The number of bytes at the end of each chunk that are reserved for a region's header, in a memory of this width.
    pub(crate) fn reserve(self, width: Width) -> u32 {
        if self.checks_regions() { Layout::of(width).region_header() } else { 0 }
    }
}

/// How open regions are tracked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tracking {
    /// Not at all: a handle is a mark, and closing restores top to it.
    Marks,
    /// Open regions are counted. Closing the last one restores top to the mark of the first one.
    Count,
    /// Each region has a header, and only the innermost one allocates and can be closed.
    Headers,
    /// Each region has a header. Any region in the list of open ones can allocate and be closed.
    List,
}
