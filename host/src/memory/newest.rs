//! The newest live block, outside of the lock.
//!
//! Most blocks are freed before the next one is allocated. Such a block never enters the maps of
//! [`State`](super::state::State), so that nothing is locked for it. Its fields are atomic only because handles of a memory can
//! be sent between threads: whoever changes them borrows the store exclusively, so that each is a plain load or store.

use super::region::Region;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

/// The newest live block.
#[derive(Default)]
pub(super) struct Newest {
    is_live: AtomicBool,
    start: AtomicU64,
    end: AtomicU64,
    /// The number of its region, or 0.
    region: AtomicU64,
    token: AtomicU64,
    handle: AtomicU32,
    top: AtomicU32,
    loan: AtomicU32,
}

/// A block that was in [`Newest`].
pub(super) struct Taken {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) region: Option<Region>,
}

impl Newest {
    #[inline]
    pub(super) fn is_live(&self) -> bool {
        self.is_live.load(Relaxed)
    }

    /// Whether the block starts at an address.
    #[inline]
    pub(super) fn is_at(&self, start: u64) -> bool {
        self.is_live() && self.start.load(Relaxed) == start
    }

    /// Whether the block is in a region.
    #[inline]
    pub(super) fn is_in(&self, region: u64) -> bool {
        self.is_live() && self.region.load(Relaxed) == region
    }

    #[inline]
    pub(super) fn set(&self, start: u64, end: u64, region: Option<&Region>) {
        self.start.store(start, Relaxed);
        self.end.store(end, Relaxed);
        self.region.store(region.map_or(0, |region| region.id), Relaxed);
        if let Some(region) = region {
            self.token.store(region.token, Relaxed);
            self.handle.store(region.handle, Relaxed);
            self.top.store(region.top, Relaxed);
            self.loan.store(region.loan, Relaxed);
        }
        self.is_live.store(true, Relaxed);
    }

    #[inline]
    pub(super) fn clear(&self) {
        self.is_live.store(false, Relaxed);
    }

    /// Takes the block, if there is one.
    pub(super) fn take(&self) -> Option<Taken> {
        if !self.is_live() {
            return None;
        }
        self.clear();
        let id = self.region.load(Relaxed);
        let region = (id != 0).then(|| Region {
            id,
            handle: self.handle.load(Relaxed),
            top: self.top.load(Relaxed),
            loan: self.loan.load(Relaxed),
            token: self.token.load(Relaxed),
        });
        Some(Taken { start: self.start.load(Relaxed), end: self.end.load(Relaxed), region })
    }
}
