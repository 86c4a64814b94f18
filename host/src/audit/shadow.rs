//! The memory that shadows the traced one.

use std::ops::Range;

/// What may be done with a byte. The module tests only for zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum State {
    /// It may be accessed, or is not linmem's.
    Accessible = 0,
    /// It is linmem's and belongs to no allocation.
    Unallocated = 1,
    /// It belongs to an allocation that was freed.
    Freed = 2,
    /// It is in a header.
    Header = 3,
}

impl State {
    fn of(byte: u8) -> State {
        match byte {
            0 => State::Accessible,
            2 => State::Freed,
            3 => State::Header,
            _ => State::Unallocated,
        }
    }
}

/// The part of a range that the memory covers.
fn clamp(shadow: &[u8], range: Range<u64>) -> Range<usize> {
    let end = usize::try_from(range.end).unwrap_or(usize::MAX).min(shadow.len());
    let start = usize::try_from(range.start).unwrap_or(usize::MAX).min(end);
    start..end
}

/// Sets the state of all bytes in a range of addresses.
pub(super) fn set(shadow: &mut [u8], range: Range<u64>, state: State) {
    let range = clamp(shadow, range);
    if let Some(bytes) = shadow.get_mut(range) {
        bytes.fill(state as u8);
    }
}

/// The address and the state of the first byte in a range that must not be accessed.
pub(super) fn first_bad(shadow: &[u8], range: Range<u64>) -> Option<(u64, State)> {
    const BLOCK: usize = 64;
    let range = clamp(shadow, range);
    let start = range.start as u64;
    let bytes = shadow.get(range)?;
    let is_bad = |block: &[u8]| block.iter().fold(0, |all, byte| all | byte) != 0;
    let block = bytes.chunks(BLOCK).position(is_bad)? * BLOCK;
    let position = block + bytes.get(block..)?.iter().position(|byte| *byte != 0)?;
    Some((start + position as u64, State::of(*bytes.get(position)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bad_byte_is_found_at_any_distance() {
        for at in [0, 1, 63, 64, 65, 199] {
            let mut shadow = vec![0; 200];
            set(&mut shadow, at..at + 1, State::Freed);
            assert_eq!(first_bad(&shadow, 0..200), Some((at, State::Freed)));
            assert_eq!(first_bad(&shadow, at + 1..200), None);
            assert_eq!(first_bad(&shadow, 0..at), None);
        }
    }

    #[test]
    fn ranges_beyond_the_memory_are_cut() {
        let mut shadow = vec![0; 16];
        set(&mut shadow, 12..1 << 40, State::Header);
        set(&mut shadow, 1 << 40..1 << 41, State::Header);
        assert_eq!(first_bad(&shadow, 0..u64::MAX), Some((12, State::Header)));
        assert_eq!(first_bad(&shadow, 1 << 40..u64::MAX), None);
    }
}
