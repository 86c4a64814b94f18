//! The regions that are known to be open or innermost, so that this is not checked again.
//!
//! A region is known to be the innermost open one after it was opened, or after a check found that it is. This
//! knowledge ends with anything that may open or close regions: another open or close, and any call, because it may run
//! any code. Such events are counted, so that a control structure without any of them preserves the knowledge before
//! it.
//!
//! The knowledge ends where a loop begins, since the rest of the loop is not known there. A check of a region that was the
//! innermost one before the loop is removed at the end of the loop if there was no such event in it.

use crate::engine::knowledge::frames::RegionKey;
use crate::planted::{self, Bug, Optimization};

/// The maximum number of remembered regions: after the innermost one is closed, the next one is innermost. Functions
/// that nest deeper are rare, and only lose the knowledge of outer regions.
const MOST: usize = 4;

/// The known state of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// It is the innermost one, once the regions that follow it in the list are closed.
    Innermost(RegionKey),
    /// It is open and may allocate. Other regions may have been opened after it.
    Open(RegionKey),
}

impl Known {
    fn region(self) -> RegionKey {
        match self {
            Known::Innermost(region) | Known::Open(region) => region,
        }
    }
}

/// The regions that are known to be open, the most recent one last. Each was opened after the one before it in the
/// list.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Innermost {
    known: [Option<Known>; MOST],
    /// The number of events that may have opened or closed regions.
    events: u32,
}

impl Innermost {
    /// Whether a region is known to be the innermost one.
    pub(crate) fn is(&self, region: Option<RegionKey>) -> bool {
        !planted::is_off(Optimization::Innermost)
            && region.is_some()
            && self.known[MOST - 1] == region.map(Known::Innermost)
    }

    /// Whether a region is the last one that was opened, or that a check found to be open. Such a region need not be
    /// checked again, but segments may be assumed to be in the innermost region only if [`is`](Innermost::is) returns
    /// `true`.
    pub(crate) fn is_last(&self, region: Option<RegionKey>) -> bool {
        !planted::is_off(Optimization::Innermost)
            && region.is_some()
            && self.known[MOST - 1].map(Known::region) == region
    }

    /// Whether a region is known to be open.
    pub(crate) fn is_open(&self, region: RegionKey) -> bool {
        self.known.iter().flatten().any(|known| known.region() == region)
    }

    /// Whether nothing can have opened or closed a region since an earlier position of the code.
    pub(super) fn is_since(&self, before: &Innermost) -> bool {
        self.events == before.events
    }

    /// Records that a region was opened.
    pub(super) fn open(&mut self, region: RegionKey) {
        self.events += 1;
        self.known.rotate_left(1);
        self.known[MOST - 1] = Some(Known::Innermost(region));
    }

    /// Records that a region was closed. Unless that was a violation, it was the innermost one or, if any open region
    /// may be closed, an open one.
    pub(super) fn close(&mut self, region: Option<RegionKey>) {
        self.events += 1;
        if self.is_last(region) {
            self.known.rotate_right(1);
            self.known[0] = None;
        } else {
            self.known = [None; MOST];
        }
    }

    /// Records that a check found a region to be the innermost one.
    pub(crate) fn check_innermost(&mut self, region: Option<RegionKey>) {
        self.check(region.map(Known::Innermost));
    }

    /// Records that a check found a region to be open.
    pub(crate) fn check_open(&mut self, region: Option<RegionKey>) {
        self.check(region.map(Known::Open));
    }

    fn check(&mut self, known: Option<Known>) {
        if known.is_some() && !self.is_last(known.map(Known::region)) {
            self.known = [None; MOST];
            self.known[MOST - 1] = known;
        }
    }

    /// Records that unknown code may have run.
    pub(super) fn call(&mut self) {
        if planted::has(Bug::InnermostAfterCall) {
            return;
        }
        self.events += 1;
        self.known = [None; MOST];
    }

    /// Forgets everything, at code that is entered from elsewhere.
    pub(super) fn forget(&mut self) {
        if planted::has(Bug::InnermostInLoop) {
            return;
        }
        self.known = [None; MOST];
    }

    /// Restores the knowledge at the start of another arm of a control structure. `before` is the knowledge before the
    /// structure.
    pub(super) fn restart(&mut self, before: &Innermost) {
        self.known = before.known;
    }

    /// Updates the knowledge at the end of a control structure. `before` is the knowledge before the structure.
    pub(super) fn leave(&mut self, before: &Innermost) {
        if self.is_since(before) || planted::has(Bug::InnermostAfterStructure) {
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
