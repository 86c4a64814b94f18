//! What each event of a traced module means.

use super::blocks::{Block, Blocks};
use super::finding::{Finding, Findings, Kind, Transfer, site};
use super::page::{self, Control, Record};
use super::regions::{Closed, Policy, Region, Regions};
use super::shadow::{State, first_bad, set};
use std::ops::Range;
use wasmtime::Memory;

/// The alignment of allocations.
const ALIGNMENT: u64 = 8;

/// The size of a header of a chunk or region, and of the gap after an allocation.
const HEADER: u64 = 8;

/// Audits one instance of a traced module.
#[derive(Debug, Default)]
pub struct Auditor {
    findings: Findings,
    policy: Policy,
    regions: Regions,
    blocks: Blocks,
    /// The first chunk, as far as it is known: from the first region to its end.
    home: Option<Range<u64>>,
    /// The number of freed bytes that are kept from being used again.
    kept: u64,
    /// The lowest top at a time when no region was open.
    floor: Option<u64>,
    /// The last access that was reported as outside of its segment.
    outside: Option<Access>,
    /// The limit that the module passed last.
    limit: u64,
    /// The memories of the instance, once they were looked up.
    pub(super) memories: Option<Memories>,
}

/// The memories of an instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memories {
    pub(super) shadow: Memory,
    /// The one that functions of WASI use, if there is one.
    pub(super) wasi: Option<Memory>,
}

/// An access: the address, the number of bytes, the direction and the site.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    pub(super) address: u64,
    pub(super) bytes: u64,
    pub(super) transfer: Transfer,
    pub(super) site: u32,
}

impl Access {
    /// Whether the other access is a part of this one.
    fn contains(&self, other: &Access) -> bool {
        let end = |access: &Access| access.address.saturating_add(access.bytes);
        self.site == other.site && self.address <= other.address && end(other) <= end(self)
    }
}

impl Auditor {
    /// An auditor that adds to a list of findings.
    pub fn new(findings: Findings) -> Auditor {
        Auditor { findings, ..Auditor::default() }
    }

    /// The findings.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Reads what the module has recorded, and lets it record more.
    pub(super) fn read(&mut self, page: &mut [u8]) {
        page::records(page).for_each(|record| self.replay(record));
        self.resume(page);
    }

    /// Lets the module record events.
    pub(super) fn resume(&self, page: &mut [u8]) {
        let handles = self.regions.open.iter().map(|region| region.handle);
        page::write(page, Control { limit: self.limit, budget: self.quarter().saturating_sub(self.kept), handles });
    }

    /// Does what the module has recorded. It has written the shadow.
    fn replay(&mut self, record: Record) {
        match record {
            Record::Open { site, handle, mark } => _ = self.begin(handle, mark, site),
            Record::Allocate { site, address, bytes } => {
                self.add(Block { address, bytes, allocated: site, freed: None });
            }
            Record::Close { site, before, after } => {
                if let Some(region) = self.regions.open.pop() {
                    self.regions.end(&region, site, false);
                    if self.regions.open.is_empty() || !self.policy.is_outermost {
                        self.free(region.first, site, |_| {});
                    }
                    self.kept = self.kept.saturating_add(before.saturating_sub(after));
                }
            }
        }
    }

    fn begin(&mut self, handle: u64, mark: u64, opened: u32) -> Option<u64> {
        if self.regions.open.is_empty() {
            let floor = self.floor.map_or(mark, |floor| floor.min(mark));
            self.floor = Some(floor);
        }
        let header = self.policy.has_headers.then_some(mark);
        let first = self.regions.live.len();
        self.regions.open.push(Region { handle, opened, header, first, is_kept: false });
        header
    }

    fn add(&mut self, block: Block) {
        self.blocks.add(block);
        if !self.regions.open.is_empty() {
            self.regions.live.push(block.address);
        }
    }

    /// Frees the allocations from a position among the live ones.
    fn free(&mut self, first: usize, closed_at: u32, freed: impl FnMut(Block)) {
        let first = first.min(self.regions.live.len());
        self.blocks.free(self.regions.live.drain(first..).rev(), closed_at, freed);
    }

    /// Reports the regions that are open: for the end of a program that was not interrupted.
    pub(super) fn report_leaks(&mut self) {
        self.regions.live.clear();
        for region in std::mem::take(&mut self.regions.open).into_iter().filter(|region| !region.is_kept) {
            let allocation = site(region.opened);
            self.findings.add(Finding { allocation, ..Finding::new(Kind::Leak, u32::MAX) });
        }
    }

    /// The regions that are open now stay open on purpose, and are not reported at the end: the host opened them.
    pub(super) fn keep_open(&mut self) {
        self.regions.open.iter_mut().for_each(|region| region.is_kept = true);
    }

    /// A region was opened. `mark` is the address of its header or its first byte, and `home` that of the first chunk's
    /// header.
    pub(super) fn open(&mut self, shadow: &mut [u8], [handle, mark, home, limit]: [u64; 4], policy: u32, opened: u32) {
        self.policy = Policy::of(policy);
        self.learn(shadow, mark, limit);
        if home != 0 {
            set(shadow, home..home + HEADER, State::Header);
        }
        if let Some(header) = self.begin(handle, mark, opened) {
            set(shadow, header..header + HEADER, State::Header);
        }
    }

    /// Learns the end of the first chunk, which contains `address` if `limit` is not 0.
    fn learn(&mut self, shadow: &mut [u8], address: u64, limit: u64) {
        self.limit = limit;
        if limit == 0 || address == 0 {
            return;
        }
        let new = match &mut self.home {
            None => {
                self.home = Some(address..limit);
                address..limit
            }
            Some(home) if limit > home.end => {
                let new = home.end..limit;
                home.end = limit;
                new
            }
            Some(_) => return,
        };
        set(shadow, new, State::Unallocated);
    }

    /// Bytes were allocated. `gap` is the address of the gap that was reserved after them, or 0.
    pub(super) fn allocate(
        &mut self,
        shadow: &mut [u8],
        [handle, address, bytes, gap, limit]: [u64; 5],
        allocated: u32,
    ) {
        self.check_allocator(handle, allocated);
        if address == 0 {
            return;
        }
        self.learn(shadow, address, limit);
        let block = Block { address, bytes, allocated, freed: None };
        let end = address + bytes;
        set(shadow, end..end.next_multiple_of(ALIGNMENT), State::Unallocated);
        if gap != 0 {
            set(shadow, gap..gap + HEADER, State::Unallocated);
        }
        set(shadow, block.range(), State::Accessible);
        self.add(block);
    }

    /// Reports an allocation from a region that is not open, or not the one that may allocate.
    fn check_allocator(&self, handle: u64, allocated: u32) {
        let finding = match self.regions.position(handle) {
            Some(position) if position + 1 == self.regions.open.len() || self.policy.is_outermost => return,
            Some(position) => {
                let opened = self.regions.open.get(position).and_then(|region| site(region.opened));
                Finding { allocation: opened, ..Finding::new(Kind::NotInnermost, allocated) }
            }
            None => self.closed(handle, Kind::UseAfterFree, allocated),
        };
        self.findings.add(finding);
    }

    /// The finding about a handle of a region that is not open.
    fn closed(&self, handle: u64, kind: Kind, access: u32) -> Finding {
        match self.regions.closed(handle) {
            Some(Closed { opened, closed, .. }) => {
                Finding { allocation: site(opened), free: site(closed), ..Finding::new(kind, access) }
            }
            None => Finding::new(Kind::UnknownRegion, access),
        }
    }

    /// A region was closed. Returns the address that top becomes.
    pub(super) fn close(&mut self, shadow: &mut [u8], [handle, before, after, limit]: [u64; 4], closed_at: u32) -> u64 {
        let Some(position) = self.regions.position(handle) else {
            if !self.regions.closed(handle).is_some_and(|closed| closed.with_outer) {
                self.findings.add(self.closed(handle, Kind::DoubleFree, closed_at));
            }
            // What the close would free is not what the program wants to free.
            return if limit != 0 && after < before && before <= limit { before } else { after };
        };
        if self.policy.is_outermost {
            let region = self.regions.open.remove(position);
            self.end(shadow, &region, closed_at, false);
            if let Some(outermost) = self.regions.open.first_mut() {
                // Its memory is freed with that of the last region.
                outermost.first = 0;
                return after;
            }
            self.free(0, closed_at, |block| set(shadow, block.range(), State::Freed));
            return self.keep(before, after, limit);
        }
        let inner = self.regions.open.split_off(position + 1);
        if !inner.is_empty() {
            let opened = self.regions.open.last().and_then(|region| site(region.opened));
            self.findings.add(Finding { allocation: opened, ..Finding::new(Kind::OutOfOrder, closed_at) });
        }
        for region in self.regions.open.pop().iter().chain(&inner) {
            self.free(region.first, closed_at, |block| set(shadow, block.range(), State::Freed));
            self.end(shadow, region, closed_at, region.handle != handle);
        }
        self.keep(before, after, limit)
    }

    fn end(&mut self, shadow: &mut [u8], region: &Region, closed: u32, with_outer: bool) {
        if let Some(header) = region.header {
            set(shadow, header..header + HEADER, State::Unallocated);
        }
        self.regions.end(region, closed, with_outer);
    }

    /// The number of freed bytes that are kept from being used again.
    fn quarter(&self) -> u64 {
        self.home.as_ref().map_or(0, |home| (home.end - home.start) / 4)
    }

    /// The top after a close that moved it from `before` to `after`: `before`, so that the freed bytes are not used again, while
    /// few enough bytes are kept.
    fn keep(&mut self, before: u64, after: u64, limit: u64) -> u64 {
        if !self.home.as_ref().is_some_and(|home| home.contains(&after)) {
            return after;
        }
        if limit == 0 || after > before || before > limit {
            return after;
        }
        self.kept = self.kept.saturating_add(before - after);
        if self.kept <= self.quarter() {
            return before;
        }
        match self.floor {
            Some(floor) if self.regions.open.is_empty() => {
                self.kept = 0;
                floor.min(after)
            }
            _ => after,
        }
    }

    /// Reports an access of bytes of which at least one must not be accessed; does nothing if all may be.
    pub(super) fn access(&mut self, shadow: &[u8], page: &mut [u8], access: Access) {
        let Access { address, bytes, transfer, site: at } = access;
        let Some((bad, state)) = first_bad(shadow, address..address.saturating_add(bytes)) else { return };
        self.read(page);
        // It is checked against its segment before its bytes are.
        if self.outside.is_some_and(|outside| outside.contains(&access)) {
            return;
        }
        let block = match state {
            State::Header => None,
            State::Freed | State::Unallocated | State::Accessible => self.blocks.near(bad),
        };
        let kind = match (state, block) {
            (State::Header, _) => Kind::Header,
            (_, Some(Block { freed: Some(_), .. })) => Kind::UseAfterFree,
            (_, Some(_)) => Kind::Overlap,
            (_, None) => Kind::NeverAllocated,
        };
        let finding = Finding::new(kind, at);
        self.add_access(Finding { transfer: Some(transfer), bytes: Some((address, bytes)), ..finding }, block);
    }

    /// Reports an access that is outside of its segment, which starts at `start`.
    pub(super) fn outside(&mut self, page: &mut [u8], start: u64, access: Access) {
        self.read(page);
        self.outside = Some(access);
        let Access { address, bytes, transfer, site: at } = access;
        let block = self.blocks.containing(start);
        let kind = match block {
            Some(Block { freed: Some(_), .. }) => Kind::UseAfterFree,
            _ => Kind::Overlap,
        };
        let finding = Finding::new(kind, at);
        self.add_access(Finding { transfer: Some(transfer), bytes: Some((address, bytes)), ..finding }, block);
    }

    fn add_access(&self, finding: Finding, block: Option<Block>) {
        let allocation = block.and_then(|block| site(block.allocated));
        let free = block.and_then(|block| block.freed).and_then(site);
        let block = block.map(|block| (block.address, block.bytes));
        self.findings.add(Finding { allocation, free, block, ..finding });
    }
}
