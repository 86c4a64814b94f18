//! The open regions, and those that were closed.

use std::collections::VecDeque;

/// Which regions may be open, as the module passes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Policy {
    /// Whether memory is freed when the last open region is closed, and any open region may allocate.
    pub(super) is_outermost: bool,
    /// Whether regions have headers.
    pub(super) has_headers: bool,
}

impl Policy {
    /// The policy with this number.
    pub(super) fn of(number: u32) -> Policy {
        Policy { is_outermost: number & 3 == 1, has_headers: number & 4 != 0 }
    }
}

/// An open region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region {
    pub(super) handle: u64,
    /// The site at which it was opened.
    pub(super) opened: u32,
    /// The address of its header, if it has one.
    pub(super) header: Option<u64>,
    /// The position of its first allocation among the live ones.
    pub(super) first: usize,
    /// Whether it is not reported if it is still open at the end.
    pub(super) is_kept: bool,
}

/// A closed region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    pub(super) handle: u64,
    pub(super) opened: u32,
    pub(super) closed: u32,
    /// Whether it was closed with a region around it, which was reported.
    pub(super) with_outer: bool,
}

/// The number of closed regions that are remembered.
const REMEMBERED: usize = 1 << 16;

/// All regions.
#[derive(Debug, Default)]
pub(super) struct Regions {
    /// The open ones, outermost first.
    pub(super) open: Vec<Region>,
    /// The addresses of the allocations of the open ones, in the order of their regions.
    pub(super) live: Vec<u64>,
    closed: VecDeque<Closed>,
}

impl Regions {
    /// The position of the open region with a handle. Of several, the one that was opened last.
    pub(super) fn position(&self, handle: u64) -> Option<usize> {
        self.open.iter().rposition(|region| region.handle == handle)
    }

    /// The region with a handle that was closed last.
    pub(super) fn closed(&self, handle: u64) -> Option<Closed> {
        self.closed.iter().rev().find(|closed| closed.handle == handle).copied()
    }

    /// Remembers that a region was closed: with a region around it, or by itself.
    pub(super) fn end(&mut self, region: &Region, closed: u32, with_outer: bool) {
        if self.closed.len() == REMEMBERED {
            self.closed.pop_front();
        }
        let Region { handle, opened, .. } = *region;
        self.closed.push_back(Closed { handle, opened, closed, with_outer });
    }
}
