//! The last page of the shadow memory: the events that the module recorded, and what it needs to record more.
//!
//! ```text
//!   0      left      the number of bytes that are left for records
//!   4      limit     the limit that the host knows
//!   8      budget    the number of bytes that may still be freed without being used again
//!   12     stack     the address of the last of the handles; that of `stack` if there are none
//!   16     handles   those of open regions, the innermost one last
//!   4096   records   of 16 bytes each: the event, its site and two numbers; the next one is `left` before the end
//! ```

use std::ops::Range;

/// The address of the page, and the size of the shadow below it.
const ADDRESS: usize = 0xffff_0000;

const SIZE: usize = 0x1_0000;
const STACK: usize = 12;
const HANDLES: Range<usize> = 16..4096;
const RECORDS: usize = 4096;
const RECORD: usize = 16;

/// The number of handles that the host writes: half of those that fit, so that the module can open and close more.
const WRITTEN: usize = HANDLES.end / 8;

/// An event that the module recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// A region was opened.
    Open { site: u32, handle: u64, mark: u64 },
    /// Bytes were allocated from the innermost region.
    Allocate { site: u32, address: u64, bytes: u64 },
    /// The innermost region was closed, so that top moved.
    Close { site: u32, before: u64, after: u64 },
}

/// What the module needs to record events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Control<H> {
    pub(super) limit: u64,
    pub(super) budget: u64,
    /// The handles of the open regions, outermost first.
    pub(super) handles: H,
}

/// Separates the page from the shadow.
pub(super) fn split(memory: &mut [u8]) -> (&mut [u8], &mut [u8]) {
    let at = ADDRESS.min(memory.len());
    memory.split_at_mut(at)
}

/// The recorded events, in the order in which they happened.
pub(super) fn records(page: &[u8]) -> impl Iterator<Item = Record> + '_ {
    // Before the host writes the page for the first time, no record is left, and none was written.
    let left = if number(page, STACK) == 0 { SIZE - RECORDS } else { number(page, 0) as usize };
    let recorded = page.get(RECORDS..SIZE.saturating_sub(left)).unwrap_or_default();
    recorded.chunks_exact(RECORD).filter_map(|record| {
        let [kind, site, first, second] = [0, 4, 8, 12].map(|at| number(record, at));
        let (first, second) = (u64::from(first), u64::from(second));
        match kind {
            0 => Some(Record::Open { site, handle: first, mark: second }),
            1 => Some(Record::Allocate { site, address: first, bytes: second }),
            2 => Some(Record::Close { site, before: first, after: second }),
            _ => None,
        }
    })
}

/// Removes all records, and writes what the module needs.
pub(super) fn write(page: &mut [u8], control: Control<impl DoubleEndedIterator<Item = u64>>) {
    let Control { limit, budget, handles } = control;
    let mut handles: Vec<u64> = handles.rev().take(WRITTEN).collect();
    handles.reverse();
    let stack = ADDRESS + STACK + 4 * handles.len();
    let budget = budget.min(u64::from(u32::MAX));
    for (at, value) in [(0, (SIZE - RECORDS) as u64), (4, limit), (8, budget), (STACK, stack as u64)] {
        set_number(page, at, value);
    }
    for (position, handle) in handles.into_iter().enumerate() {
        set_number(page, HANDLES.start + 4 * position, handle);
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some([a, b, c, d]) => u32::from_le_bytes([*a, *b, *c, *d]),
        _ => 0,
    }
}

/// Writes a number, all of which have 32 bits.
fn set_number(page: &mut [u8], at: usize, value: u64) {
    if let Some(bytes) = page.get_mut(at..at + 4) {
        bytes.copy_from_slice(&(value as u32).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_page_has_no_records() {
        assert_eq!(records(&[0; SIZE]).count(), 0);
    }

    #[test]
    fn records_are_those_before_the_rest() {
        let mut page = vec![0; SIZE];
        write(&mut page, Control { limit: 64, budget: 8, handles: [1, 3, 5].into_iter() });
        assert_eq!(records(&page).count(), 0);
        for (position, number) in [0, 7, 16, 24, 1, 8, 32, 4, 2, 9, 48, 24].into_iter().enumerate() {
            set_number(&mut page, RECORDS + 4 * position, number);
        }
        set_number(&mut page, 0, (SIZE - RECORDS - 3 * RECORD) as u64);
        let expected = [
            Record::Open { site: 7, handle: 16, mark: 24 },
            Record::Allocate { site: 8, address: 32, bytes: 4 },
            Record::Close { site: 9, before: 48, after: 24 },
        ];
        assert_eq!(records(&page).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn innermost_handles_are_written() {
        let mut page = vec![0; SIZE];
        write(&mut page, Control { limit: 0, budget: u64::MAX, handles: 1..=1000 });
        let last = number(&page, STACK) as usize - ADDRESS;
        assert_eq!(last, STACK + 4 * WRITTEN);
        assert_eq!([number(&page, last), number(&page, 16), number(&page, 8)], [1000, 489, u32::MAX]);
    }
}
