//! Which regions are innermost for certain, so that what is known is not checked again.
//!
//! A region is known to be the innermost open one when it was just opened, or when a check has just said so. That ends
//! with whatever may open or close regions: another open or close, and any call, since it may lead anywhere. What ends
//! it is counted, so that a control structure in which nothing happened leaves what was known before it.

use crate::engine::frames::RegionKey;

/// How many regions are remembered, the innermost ones: after a close the next one is innermost. Code that nests deeper
/// in one function is rare, and only loses the outer ones.
const MOST: usize = 4;

/// The regions that are known to be the innermost ones, the very innermost last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Innermost {
    known: [Option<RegionKey>; MOST],
    /// How often something happened that regions may have been opened or closed by.
    events: u32,
}

impl Innermost {
    /// Whether a region is known to be the innermost one.
    pub(crate) fn is(&self, region: Option<RegionKey>) -> bool {
        region.is_some() && self.known[MOST - 1] == region
    }

    /// Whether a region is known to be open.
    pub(crate) fn is_open(&self, region: RegionKey) -> bool {
        self.known.contains(&Some(region))
    }

    /// Says that a region was opened.
    pub(crate) fn open(&mut self, region: RegionKey) {
        self.events += 1;
        self.known.rotate_left(1);
        self.known[MOST - 1] = Some(region);
    }

    /// Says that a region was closed that was the innermost one, if all is well.
    pub(crate) fn close(&mut self, region: Option<RegionKey>) {
        self.events += 1;
        if self.is(region) {
            self.known.rotate_right(1);
            self.known[0] = None;
        } else {
            self.known = [None; MOST];
        }
    }

    /// Says that a check found a region to be the innermost one.
    pub(crate) fn check(&mut self, region: Option<RegionKey>) {
        if region.is_some() && !self.is(region) {
            self.known = [None; MOST];
            self.known[MOST - 1] = region;
        }
    }

    /// Says that code elsewhere may have run.
    pub(crate) fn call(&mut self) {
        self.events += 1;
        self.known = [None; MOST];
    }

    /// Forgets what is known, where code begins that is come to from elsewhere.
    pub(crate) fn forget(&mut self) {
        self.known = [None; MOST];
    }

    /// What is known at the start of another arm of a control structure before which `before` was known.
    pub(crate) fn restart(&mut self, before: &Innermost) {
        self.known = before.known;
    }

    /// What is known behind a control structure before which `before` was known.
    pub(crate) fn leave(&mut self, before: &Innermost) {
        if self.events == before.events {
            self.known = before.known;
        } else {
            self.known = [None; MOST];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::frames::RegionId;

    fn key(number: u32) -> Option<RegionKey> {
        Some(RegionKey::Opened(RegionId(number)))
    }

    fn opened(numbers: impl IntoIterator<Item = u32>) -> Innermost {
        let mut state = Innermost::default();
        numbers.into_iter().for_each(|number| state.open(RegionKey::Opened(RegionId(number))));
        state
    }

    #[test]
    fn a_close_leads_back_to_the_region_around() {
        let mut state = opened([0, 1]);
        assert!(state.is(key(1)) && !state.is(key(0)));
        state.close(key(1));
        assert!(state.is(key(0)));
        state.close(key(0));
        assert!(!state.is(key(0)) && !state.is(None));
    }

    #[test]
    fn deep_nesting_loses_the_outer_ones() {
        let mut state = opened(0..6);
        for number in (2..6).rev() {
            assert!(state.is(key(number)), "{number}");
            state.close(key(number));
        }
        assert!(!state.is(key(1)));
    }

    #[test]
    fn calls_and_structures_in_which_something_happened_end_what_is_known() {
        let mut state = opened([0]);
        let before = state;
        state.leave(&before);
        assert!(state.is(key(0)));
        state.call();
        assert!(!state.is(key(0)));
        state.check(key(0));
        assert!(state.is(key(0)));
        state.leave(&before);
        assert!(!state.is(key(0)));
    }
}
