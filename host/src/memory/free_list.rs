//! Free ranges of the memory that the host obtained for itself.
//!
//! An allocation takes the range that was freed last, if that has exactly its size; else the smallest range that it fits in, and of
//! ranges of the same size the one at the lowest address. A freed range is merged with its neighbours when it is no longer the
//! last one. The list is in the host: nothing that the guest writes changes it.
//!
//! Invariants: the ranges are not empty and do not overlap; both indices contain the same ranges, which do not touch.

use std::collections::{BTreeMap, BTreeSet};

/// All sizes are rounded up to a multiple of this, so that ranges stay aligned and small remainders stay usable.
const GRANULE: u64 = 8;

/// The free ranges.
#[derive(Debug, Default)]
pub(super) struct FreeList {
    /// The size of each range, by its address.
    by_address: BTreeMap<u64, u64>,
    /// The size and the address of each range.
    by_size: BTreeSet<(u64, u64)>,
    /// The address and the size of the range that was freed last. It is not in the indices.
    last: Option<(u64, u64)>,
}

/// The size that is reserved for this many bytes.
pub(super) fn rounded(len: u64) -> Option<u64> {
    len.max(1).checked_next_multiple_of(GRANULE)
}

impl FreeList {
    /// The address that an allocation would have, together with the range that contains it.
    fn fit(&self, len: u64, align: u64) -> Option<(u64, (u64, u64))> {
        self.by_size.range((len, 0)..).find_map(|&(size, start)| {
            let address = start.checked_next_multiple_of(align)?;
            let padding = address - start;
            (size - len >= padding).then_some((address, (size, start)))
        })
    }

    /// The address that [`FreeList::take`] would return.
    pub(super) fn next(&mut self, len: u64, align: u64) -> Option<u64> {
        if let Some((address, _)) = self.last.filter(|(address, size)| *size == len && address.is_multiple_of(align)) {
            return Some(address);
        }
        self.merge_last();
        self.fit(len, align).map(|(address, _)| address)
    }

    /// Takes a range of a size that [`rounded`] returned.
    pub(super) fn take(&mut self, len: u64, align: u64) -> Option<u64> {
        if let Some((address, _)) = self.last.take_if(|(address, size)| *size == len && address.is_multiple_of(align)) {
            return Some(address);
        }
        self.merge_last();
        let (address, (size, start)) = self.fit(len, align)?;
        self.remove(start, size);
        self.add(start, address - start);
        self.add(address + len, start + size - (address + len));
        Some(address)
    }

    /// Gives a range back, or adds a new one. It must not overlap a range of the list.
    pub(super) fn give(&mut self, address: u64, len: u64) {
        self.merge_last();
        self.last = Some((address, len));
    }

    /// Merges the range that was freed last with its neighbours.
    fn merge_last(&mut self) {
        let Some((mut address, mut len)) = self.last.take() else { return };
        if let Some((&before, &size)) = self.by_address.range(..address).next_back()
            && before + size == address
        {
            self.remove(before, size);
            (address, len) = (before, size + len);
        }
        if let Some(&size) = self.by_address.get(&(address + len)) {
            self.remove(address + len, size);
            len += size;
        }
        self.add(address, len);
    }

    fn add(&mut self, address: u64, len: u64) {
        if len > 0 {
            self.by_address.insert(address, len);
            self.by_size.insert((len, address));
        }
    }

    fn remove(&mut self, address: u64, len: u64) {
        self.by_address.remove(&address);
        self.by_size.remove(&(len, address));
    }

    /// The free ranges, in ascending order: address and size.
    #[cfg(test)]
    fn ranges(&mut self) -> Vec<(u64, u64)> {
        self.merge_last();
        self.by_address.iter().map(|(&address, &len)| (address, len)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sequence of numbers that looks random.
    fn next(state: &mut u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *state >> 33
    }

    #[test]
    fn smallest_range_that_fits_is_taken() {
        let mut list = FreeList::default();
        list.give(0, 64);
        list.give(100, 24);
        list.give(200, 32);
        assert_eq!(list.next(24, 1), Some(100));
        assert_eq!(list.take(24, 8), Some(200), "address 100 is not a multiple of 8 with 24 bytes after it");
        assert_eq!(list.take(64, 64), Some(0));
        assert_eq!(list.ranges(), [(100, 24), (224, 8)]);
    }

    #[test]
    fn freed_ranges_merge_with_both_neighbours() {
        let mut list = FreeList::default();
        for address in [0, 16, 8] {
            list.give(address, 8);
        }
        assert_eq!(list.ranges(), [(0, 24)]);
        assert_eq!(list.by_size.len(), 1);
    }

    #[test]
    fn random_allocations_do_not_overlap_and_all_memory_returns() {
        let (mut list, mut state) = (FreeList::default(), 1);
        list.give(65536, 65536);
        let mut live: Vec<(u64, u64)> = Vec::new();
        for _ in 0..20_000 {
            if next(&mut state).is_multiple_of(2) {
                let len = rounded(next(&mut state) % 700).unwrap();
                let align = 1 << (next(&mut state) % 8);
                if let Some(address) = list.take(len, align) {
                    assert_eq!(address % align, 0);
                    assert!(address >= 65536 && address + len <= 2 * 65536);
                    assert!(live.iter().all(|(other, size)| address + len <= *other || other + size <= address));
                    live.push((address, len));
                }
            } else if !live.is_empty() {
                let index = next(&mut state) as usize % live.len();
                let (address, len) = live.swap_remove(index);
                list.give(address, len);
            }
            assert_eq!(list.by_size.len(), list.by_address.len());
        }
        for (address, len) in live {
            list.give(address, len);
        }
        assert_eq!(list.ranges(), [(65536, 65536)]);
    }
}
