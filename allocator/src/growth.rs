//! How much memory to ask for.
//!
//! `memory.grow` costs a system call, so linmem doubles what it owns; a refused doubling is not the end, as exactly
//! what is missing may still be had.

use crate::layout::PAGE;

/// The number of pages that hold `bytes`.
pub const fn pages(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE as u64)
}

/// The numbers of pages to ask for, in order, when `missing` bytes are missing and `owned` pages are owned.
pub const fn attempts(missing: u64, owned: u32) -> [u64; 2] {
    let missing = pages(missing);
    [if missing > owned as u64 { missing } else { owned as u64 }, missing]
}

/// What `memory.grow` returns when it refuses.
pub const REFUSED: u32 = u32::MAX;

/// The index of the last page that a 32-bit memory can have. It lies above [`CEILING`](crate::layout::CEILING), and is
/// never used.
pub const LAST_PAGE: u32 = 65535;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::CEILING;

    #[test]
    fn growth_doubles_and_then_asks_for_what_is_missing() {
        assert_eq!(attempts(1, 1), [1, 1]);
        assert_eq!(attempts(1, 8), [8, 1]);
        assert_eq!(attempts(65537, 1), [2, 2]);
        assert_eq!(attempts(1 << 32, 0), [65536, 65536]);
    }

    #[test]
    fn the_last_page_is_above_the_ceiling() {
        assert_eq!(u64::from(LAST_PAGE) * u64::from(PAGE), u64::from(CEILING));
    }
}
