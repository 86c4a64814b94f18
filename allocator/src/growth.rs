//! How much memory to request.
//!
//! `memory.grow` costs a system call, so linmem doubles what it owns. If the host refuses that, it may still grant
//! exactly the missing pages.

use crate::layout::PAGE;

/// The number of pages that hold `bytes`.
pub const fn pages(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE as u64)
}

/// The numbers of pages to request, in order, if `missing` bytes are missing and `owned` pages are owned.
pub const fn attempts(missing: u64, owned: u64) -> [u64; 2] {
    let missing = pages(missing);
    [if missing > owned { missing } else { owned }, missing]
}

/// The result of `memory.grow` if it fails: the largest number that a pointer can hold, which is the low bits of this
/// constant.
pub const REFUSED: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Layout, UNAVAILABLE};
    use crate::width::Width;

    #[test]
    fn growth_doubles_then_requests_missing_pages() {
        assert_eq!(attempts(1, 1), [1, 1]);
        assert_eq!(attempts(1, 8), [8, 1]);
        assert_eq!(attempts(65537, 1), [2, 2]);
        assert_eq!(attempts(1 << 32, 0), [65536, 65536]);
        assert_eq!(attempts(UNAVAILABLE, 1 << 20), [1 << 32, 1 << 32]);
        assert_eq!(attempts(u64::MAX, 1), [1 << 48, 1 << 48]);
    }

    #[test]
    fn a_refusal_is_no_page_that_is_used() {
        for width in Width::ALL {
            assert!(REFUSED & width.largest() > Layout::of(width).last_page());
        }
    }
}
