//! Which regions are innermost for certain, so that what is known is not checked again.
//!
//! A region is known to be the innermost open one when it was just opened, or when a check has just said so. That ends
//! with whatever may open or close regions: another open or close, and any call, since it may lead anywhere. What ends
//! it is counted, so that a control structure in which nothing happened leaves what was known before it.

use crate::engine::knowledge::frames::RegionKey;
use crate::planted::{self, Bug, Optimization};

/// How many regions are remembered, the innermost ones: after a close the next one is innermost. Code that nests deeper
/// in one function is rare, and only loses the outer ones.
const MOST: usize = 4;

/// What is known of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// It is the innermost one, once those that are known behind it are closed.
    Innermost(RegionKey),
    /// It is open, and may allocate; others may have been opened in it.
    Open(RegionKey),
}

impl Known {
    fn region(self) -> RegionKey {
        match self {
            Known::Innermost(region) | Known::Open(region) => region,
        }
    }
}

/// The regions that are known to be open, the one that is known last at the end. All but the first one were opened behind
/// the one before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Innermost {
    known: [Option<Known>; MOST],
    /// How often something happened that regions may have been opened or closed by.
    events: u32,
}

impl Innermost {
    /// Whether a region is known to be the innermost one.
    pub(crate) fn is(&self, region: Option<RegionKey>) -> bool {
        !planted::is_off(Optimization::Innermost)
            && region.is_some()
            && self.known[MOST - 1] == region.map(Known::Innermost)
    }

    /// Whether a region is the last one that was opened, or that a check found to be open. Such a region need not be checked
    /// again; but unless [`is`](Innermost::is) says so, segments must not be taken to be of the innermost one.
    pub(crate) fn is_last(&self, region: Option<RegionKey>) -> bool {
        !planted::is_off(Optimization::Innermost)
            && region.is_some()
            && self.known[MOST - 1].map(Known::region) == region
    }

    /// Whether a region is known to be open.
    pub(crate) fn is_open(&self, region: RegionKey) -> bool {
        self.known.iter().flatten().any(|known| known.region() == region)
    }

    /// Says that a region was opened.
    pub(super) fn open(&mut self, region: RegionKey) {
        self.events += 1;
        self.known.rotate_left(1);
        self.known[MOST - 1] = Some(Known::Innermost(region));
    }

    /// Says that a region was closed that was the innermost one, if all is well, or where any open one may be closed, that
    /// was open.
    pub(super) fn close(&mut self, region: Option<RegionKey>) {
        self.events += 1;
        if self.is_last(region) {
            self.known.rotate_right(1);
            self.known[0] = None;
        } else {
            self.known = [None; MOST];
        }
    }

    /// Says that a check found a region to be the innermost one.
    pub(crate) fn check_innermost(&mut self, region: Option<RegionKey>) {
        self.check(region.map(Known::Innermost));
    }

    /// Says that a check found a region to be open.
    pub(crate) fn check_open(&mut self, region: Option<RegionKey>) {
        self.check(region.map(Known::Open));
    }

    fn check(&mut self, known: Option<Known>) {
        if known.is_some() && !self.is_last(known.map(Known::region)) {
            self.known = [None; MOST];
            self.known[MOST - 1] = known;
        }
    }

    /// Says that code elsewhere may have run.
    pub(super) fn call(&mut self) {
        if planted::has(Bug::InnermostAfterCall) {
            return;
        }
        self.events += 1;
        self.known = [None; MOST];
    }

    /// Forgets what is known, where code begins that is come to from elsewhere.
    pub(super) fn forget(&mut self) {
        if planted::has(Bug::InnermostInLoop) {
            return;
        }
        self.known = [None; MOST];
    }

    /// What is known at the start of another arm of a control structure before which `before` was known.
    pub(super) fn restart(&mut self, before: &Innermost) {
        self.known = before.known;
    }

    /// What is known behind a control structure before which `before` was known.
    pub(super) fn leave(&mut self, before: &Innermost) {
        if self.events == before.events || planted::has(Bug::InnermostAfterStructure) {
            self.known = before.known;
        } else {
            self.known = [None; MOST];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::knowledge::frames::RegionId;

    fn key(number: u32) -> Option<RegionKey> {
        Some(RegionKey::Opened(RegionId(number)))
    }

    fn opened(numbers: impl IntoIterator<Item = u32>) -> Innermost {
        let mut state = Innermost::default();
        numbers.into_iter().for_each(|number| state.open(RegionKey::Opened(RegionId(number))));
        state
    }

    #[test]
    fn close_restores_enclosing_region() {
        let mut state = opened([0, 1]);
        assert!(state.is(key(1)) && !state.is(key(0)));
        state.close(key(1));
        assert!(state.is(key(0)));
        state.close(key(0));
        assert!(!state.is(key(0)) && !state.is(None));
    }

    #[test]
    fn deep_nesting_forgets_outer_regions() {
        let mut state = opened(0..6);
        for number in (2..6).rev() {
            assert!(state.is(key(number)), "{number}");
            state.close(key(number));
        }
        assert!(!state.is(key(1)));
    }

    #[test]
    fn call_or_region_event_clears_innermost() {
        let mut state = opened([0]);
        let before = state;
        state.leave(&before);
        assert!(state.is(key(0)));
        state.call();
        assert!(!state.is(key(0)));
        state.check_innermost(key(0));
        assert!(state.is(key(0)));
        state.leave(&before);
        assert!(!state.is(key(0)));
    }

    #[test]
    fn open_region_need_not_be_innermost() {
        let mut state = opened([0, 1]);
        state.check_open(key(0));
        assert!(state.is_last(key(0)) && state.is_open(RegionKey::Opened(RegionId(0))));
        assert!(!state.is(key(0)));
        state.open(RegionKey::Opened(RegionId(2)));
        assert!(state.is(key(2)));
        state.close(key(2));
        assert!(state.is_last(key(0)) && !state.is(key(0)));
    }
}
