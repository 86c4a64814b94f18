//! What the heaps of a memory share: the live blocks, the regions that the host opened, and the blocks that wait to be freed.
//!
//! The newest block is in [`Newest`], everything else in [`State`], which is locked. A block that is the only one is added and
//! removed without the lock.

use super::error::Lie;
use super::newest::{Newest, Taken};
use super::region::Region;
use super::state::State;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the heaps of a memory share.
pub(super) struct Shared {
    state: Mutex<State>,
    newest: Newest,
    /// The number of entries of the state, to be read without the lock.
    entries: AtomicUsize,
    /// The number of blocks that wait to be freed, to be read without the lock.
    waiting: AtomicUsize,
    /// Whether only one store uses the memory, which everybody who changes this borrows. A shared memory can have several.
    is_exclusive: bool,
    /// The number that was returned last.
    number: AtomicU64,
    /// What tokens are made of, besides their number.
    seed: u64,
}

/// The state, while it is locked. It contains the newest block.
pub(super) struct Locked<'a> {
    shared: &'a Shared,
    pub(super) state: MutexGuard<'a, State>,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.shared.entries.store(self.state.entries(), Relaxed);
        self.shared.waiting.store(self.state.waiting(), Relaxed);
    }
}

impl Shared {
    pub(super) fn new(is_exclusive: bool) -> Shared {
        Shared {
            state: Mutex::default(),
            newest: Newest::default(),
            entries: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            is_exclusive,
            number: AtomicU64::new(0),
            seed: RandomState::new().build_hasher().finish(),
        }
    }

    /// The state, without the newest block.
    pub(super) fn lock(&self) -> Locked<'_> {
        Locked { shared: self, state: self.state.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// The state, after the newest block was moved there.
    fn lock_with_newest(&self) -> Locked<'_> {
        let mut locked = self.lock();
        if let Some(Taken { start, end, region }) = self.newest.take() {
            if start < end {
                locked.state.add_live(start, end);
            }
            if let Some(region) = region {
                locked.state.add_region(region, start, true);
            }
        }
        locked
    }

    /// Whether blocks wait to be freed.
    #[inline]
    pub(super) fn has_waiting(&self) -> bool {
        self.waiting.load(Relaxed) > 0
    }

    /// Whether there are live blocks, chunks or regions besides the newest block.
    #[inline]
    pub(super) fn has_entries(&self) -> bool {
        self.entries.load(Relaxed) > 0
    }

    /// A number that was not returned before.
    #[inline]
    pub(super) fn number(&self) -> u64 {
        if !self.is_exclusive {
            return self.number.fetch_add(1, Relaxed) + 1;
        }
        let number = self.number.load(Relaxed) + 1;
        self.number.store(number, Relaxed);
        number
    }

    /// A token that the guest cannot predict, and that is not zero. Consecutive numbers have unrelated tokens.
    #[inline]
    pub(super) fn token(&self, number: u64) -> u64 {
        // The finalizer of SplitMix64.
        let mut token = self.seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        token = (token ^ (token >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        token = (token ^ (token >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (token ^ (token >> 31)) | 1
    }

    /// Adds a block of the guest's allocator, whose range is inside the memory. A block without bytes is only added with its
    /// region.
    ///
    /// # Errors
    ///
    /// If the block overlaps another one, except for blocks in regions for which `is_lost` holds: these are removed.
    #[inline]
    pub(super) fn add(
        &self,
        start: u64,
        len: u64,
        region: Option<&Region>,
        is_lost: impl Fn(&Region) -> bool,
    ) -> Result<(), Lie> {
        let end = start.saturating_add(len);
        if self.is_exclusive && !self.has_entries() && !self.newest.is_live() {
            self.newest.set(start, end, region);
            return Ok(());
        }
        self.add_to_others(start, end, region, &is_lost)
    }

    #[inline(never)]
    fn add_to_others(
        &self,
        start: u64,
        end: u64,
        region: Option<&Region>,
        is_lost: &dyn Fn(&Region) -> bool,
    ) -> Result<(), Lie> {
        let mut locked = self.lock_with_newest();
        if start < end && locked.state.overlap(start, end).is_some() {
            locked.state.remove_lost(is_lost);
            if let Some(lie) = locked.state.overlap(start, end) {
                return Err(lie);
            }
        }
        if self.is_exclusive {
            self.newest.set(start, end, region);
            return Ok(());
        }
        if start < end {
            locked.state.add_live(start, end);
        }
        if let Some(region) = region {
            locked.state.add_region(*region, start, true);
        }
        Ok(())
    }

    /// Removes a block that has no region.
    #[inline]
    pub(super) fn remove(&self, start: u64) {
        if self.newest.is_at(start) {
            self.newest.clear();
        } else {
            self.lock().state.remove_live(start);
        }
    }

    /// Removes a block and its region if there is no other block, and returns whether it did.
    #[inline]
    pub(super) fn remove_only(&self, region: &Region) -> bool {
        let is_only = !self.has_entries() && self.newest.is_in(region.id);
        if is_only {
            self.newest.clear();
        }
        is_only
    }

    /// Removes a block, and marks its region as no longer used.
    pub(super) fn leave(&self, start: u64, len: u64, region: &Region) {
        let mut locked = self.lock_with_newest();
        if len > 0 {
            locked.state.remove_live(start);
        }
        locked.state.leave_region(region.id);
    }

    /// Removes a block and its region, which the guest has closed.
    pub(super) fn forget(&self, region: &Region) {
        self.lock_with_newest().state.remove_lost(|other| other.id == region.id);
    }

    /// Adds a region that is open, and that no block is in.
    pub(super) fn add_unused(&self, region: Region, start: u64) {
        self.lock_with_newest().state.add_region(region, start, false);
    }

    /// Whether the innermost region is that of a live block.
    pub(super) fn is_newest_live(&self) -> bool {
        self.newest.is_live()
    }

    /// Adds a chunk, which is free at first. Its range is inside the memory.
    ///
    /// # Errors
    ///
    /// If it overlaps memory that the host holds.
    pub(super) fn add_chunk(&self, start: u64, len: u64) -> Result<(), Lie> {
        self.lock_with_newest().state.add_chunk(start, len)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn region(id: u64) -> Region {
        Region { id, handle: 0, top: 0, loan: 0, token: 0 }
    }

    #[test]
    fn blocks_overlap_in_every_order() {
        for is_exclusive in [false, true] {
            let shared = Shared::new(is_exclusive);
            let add = |start, len| shared.add(start, len, None, |_| false);
            add(100, 10).unwrap();
            assert_eq!(add(109, 1), Err(Lie::Overlaps { address: 100, len: 10 }));
            add(110, 10).unwrap();
            assert!(add(105, 1).is_err() && add(119, 5).is_err() && add(90, 100).is_err());
            shared.remove(100);
            add(105, 5).unwrap();
            assert!(add(104, 2).is_err() && add(115, 1).is_err());
            shared.remove(105);
            shared.remove(110);
            assert!(!shared.has_entries());
            add(100, 20).unwrap();
        }
    }

    #[test]
    fn block_of_lost_region_gives_way() {
        let shared = Shared::new(true);
        for id in 1..=3 {
            shared.add(100 * id, 100, Some(&region(id)), |_| false).unwrap();
        }
        assert!(shared.add(250, 10, None, |_| false).is_err());
        shared.add(250, 10, None, |region| region.id >= 2).unwrap();
        assert!(shared.add(150, 10, None, |_| false).is_err());
        shared.add(300, 10, None, |_| false).unwrap();
        // The block of a lost region is removed, also if another block is in the way.
        assert!(shared.add(190, 100, None, |region| region.id == 1).is_err());
        shared.add(150, 10, None, |_| false).unwrap();
    }

    #[test]
    fn regions_close_from_the_innermost_one() {
        let shared = Shared::new(true);
        for id in 1..=3 {
            shared.add(100 * id, 100, Some(&region(id)), |_| false).unwrap();
        }
        let closed = || shared.lock().state.next_to_close().map(|open| open.region.id);
        shared.leave(200, 100, &region(2));
        assert_eq!(closed(), None);
        shared.leave(300, 100, &region(3));
        assert_eq!([closed(), closed(), closed()], [Some(3), Some(2), None]);
        assert!(!shared.remove_only(&region(1)));
        shared.leave(100, 100, &region(1));
        assert_eq!(closed(), Some(1));
        shared.add(100, 1, Some(&region(4)), |_| false).unwrap();
        assert!(shared.remove_only(&region(4)));
    }

    #[test]
    fn tokens_differ() {
        let shared = Shared::new(true);
        let tokens: std::collections::BTreeSet<u64> = (0..1000).map(|_| shared.token(shared.number())).collect();
        assert_eq!(tokens.len(), 1000);
        assert!(!tokens.contains(&0));
    }
}
