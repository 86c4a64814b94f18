//! The limit of a program's memory, which all its threads share.
//!
//! The engine asks before it makes or grows a memory, a table or the heap of garbage-collected objects. It does not ask for
//! shared memories: those are counted with their maximum before they are made.
//!
//! Bytes that the limit admits and the operating system refuses stay counted, so that the limit is never exceeded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::ResourceLimiter;

/// The bytes of an element of a table.
pub(crate) const ELEMENT: u64 = 8;

/// How many bytes a program may have, and how many it has.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: Option<u64>,
    used: AtomicU64,
}

impl Budget {
    pub(crate) fn new(limit: Option<u64>) -> Budget {
        Budget { limit, used: AtomicU64::new(0) }
    }

    /// The limit, and the bytes that the program has.
    pub(crate) fn state(&self) -> (u64, u64) {
        (self.limit.unwrap_or(u64::MAX), self.used.load(Ordering::Relaxed))
    }

    /// Takes bytes, if they are left, and returns how many. Without a limit, nothing is counted.
    ///
    /// # Errors
    ///
    /// If they are not left: how many bytes the program would have.
    fn take(&self, bytes: u64) -> Result<u64, u64> {
        let Some(limit) = self.limit else { return Ok(0) };
        let more = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= limit);
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(bytes),
            Err(used) => Err(used.saturating_add(bytes)),
        }
    }
}

/// The part of one store in the budget, which it gives back when it is dropped.
#[derive(Debug)]
pub(crate) struct Limiter {
    budget: Arc<Budget>,
    /// The bytes that were taken.
    held: u64,
    /// Those of them that the engine has not asked for yet.
    ahead: u64,
    /// The size of one memory that is not counted, until the engine has asked for it.
    exempt: u64,
    refused: Option<u64>,
}

impl Limiter {
    pub(crate) fn new(budget: &Arc<Budget>) -> Limiter {
        Limiter { budget: Arc::clone(budget), held: 0, ahead: 0, exempt: 0, refused: None }
    }

    /// Takes bytes, if they are left.
    pub(crate) fn take(&mut self, bytes: u64) -> bool {
        let known = bytes.min(self.ahead);
        match self.budget.take(bytes - known) {
            Ok(more) => {
                self.held += more;
                self.ahead -= known;
                true
            }
            Err(sum) => {
                self.refused = Some(sum);
                false
            }
        }
    }

    /// Does not count one memory, which always has this size. It is the first one of that size.
    pub(crate) fn exempt(&mut self, bytes: u64) {
        self.exempt = bytes;
    }

    /// Takes bytes that the engine will ask for later, if they are left.
    pub(crate) fn take_ahead(&mut self, bytes: u64) -> bool {
        // What is already ahead is not used up.
        let ahead = std::mem::take(&mut self.ahead);
        let taken = self.take(bytes);
        self.ahead = if taken { ahead.saturating_add(bytes) } else { ahead };
        taken
    }

    /// How many bytes the program would have after the last growth that was refused.
    pub(crate) fn refused(&self) -> Option<u64> {
        self.refused
    }
}

impl Drop for Limiter {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.held, Ordering::Relaxed);
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // A growth beyond the maximum fails, so that nothing is taken for it.
        let possible = maximum.is_none_or(|maximum| desired <= maximum);
        if self.exempt > 0 && current == 0 && desired as u64 == self.exempt && maximum == Some(desired) {
            self.exempt = 0;
            return Ok(true);
        }
        Ok(possible && self.take(desired.saturating_sub(current) as u64))
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let possible = maximum.is_none_or(|maximum| desired <= maximum);
        Ok(possible && self.take((desired.saturating_sub(current) as u64).saturating_mul(ELEMENT)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{Budget, ELEMENT, Limiter};
    use std::sync::Arc;
    use wasmtime::ResourceLimiter;

    #[test]
    fn stores_share_a_budget_and_give_their_part_back() {
        let budget = Arc::new(Budget::new(Some(100)));
        let (mut first, mut second) = (Limiter::new(&budget), Limiter::new(&budget));
        assert!(first.memory_growing(0, 60, None).unwrap());
        assert!(!second.memory_growing(0, 41, None).unwrap());
        assert_eq!((second.refused(), first.refused()), (Some(101), None));
        assert!(second.memory_growing(0, 40, None).unwrap());
        assert_eq!(budget.state(), (100, 100));
        drop(first);
        assert_eq!(budget.state(), (100, 40));
        assert!(second.table_growing(3, 5, None).unwrap());
        assert_eq!(budget.state(), (100, 40 + 2 * ELEMENT));
    }

    #[test]
    fn bytes_taken_ahead_are_counted_once() {
        let budget = Arc::new(Budget::new(Some(100)));
        let mut limiter = Limiter::new(&budget);
        assert!(!limiter.take_ahead(101) && limiter.take_ahead(50) && limiter.take_ahead(10));
        assert_eq!(budget.state(), (100, 60));
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert_eq!(budget.state(), (100, 60));
        assert!(!limiter.memory_growing(0, 61, None).unwrap());
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert_eq!(budget.state(), (100, 100));
        drop(limiter);
        assert_eq!(budget.state(), (100, 0));
    }

    #[test]
    fn without_a_limit_everything_fits() {
        let budget = Arc::new(Budget::new(None));
        let mut limiter = Limiter::new(&budget);
        assert!(limiter.take(u64::MAX) && limiter.take_ahead(u64::MAX) && limiter.take(u64::MAX));
        assert_eq!((budget.state(), limiter.refused()), ((u64::MAX, 0), None));
    }

    #[test]
    fn one_memory_of_the_exempt_size_is_not_counted() {
        let budget = Arc::new(Budget::new(Some(100)));
        let mut limiter = Limiter::new(&budget);
        limiter.exempt(1000);
        assert!(!limiter.memory_growing(0, 1000, None).unwrap(), "it can grow");
        assert!(!limiter.memory_growing(1, 1000, Some(1000)).unwrap(), "it grows");
        assert!(limiter.memory_growing(0, 1000, Some(1000)).unwrap());
        assert!(!limiter.memory_growing(0, 1000, Some(1000)).unwrap(), "it is the second one");
        assert_eq!(budget.state(), (100, 0));
    }

    #[test]
    fn growth_beyond_a_maximum_takes_nothing() {
        let budget = Arc::new(Budget::new(Some(100)));
        let mut limiter = Limiter::new(&budget);
        assert!(!limiter.memory_growing(10, 30, Some(20)).unwrap());
        assert!(!limiter.table_growing(1, 3, Some(2)).unwrap());
        assert_eq!((budget.state(), limiter.refused()), ((100, 0), None));
    }
}
