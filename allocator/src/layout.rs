//! Chunks and what lies in them.
//!
//! linmem owns chunks, contiguous runs of bytes in ascending order. The first is home. `top` moves up in one of them;
//! closing a region moves it back. A chunk begins with a header:
//!
//! ```text
//!   chunk                     top                          end
//!     │                        │                            │
//!     ▼                        ▼                            ▼
//!     ┌─────┬──────┬───────────┬────────────────────────────┬─ ─ ─ ─
//!     │ end │ next │ …         │ free                       │ not linmem's
//!     └─────┴──────┴───────────┴────────────────────────────┴─ ─ ─ ─
//!     0     4      8                                              32-bit memory
//!     0     8      16                                             64-bit memory
//! ```
//!
//! `end` is the address behind the chunk, `next` the address of the chunk that follows, or 0. Both are pointers. In a memory that linmem
//! defines, home starts at [`HOME`], so that neither address 0 nor a small offset from it is ever handed out.
//!
//! # Why closing a region is one `global.set`
//!
//! The fast path of an allocation compares the new top with the global `limit`. While top is in home, limit is the end
//! of home. While top is in any other chunk, limit is 0, so that every allocation takes the slow path, which looks up
//! the chunk that top is in. A close may therefore move top from any chunk to an earlier one without telling anyone:
//! the next allocation finds limit 0 and looks. Only memory that something else grew in between makes a second chunk;
//! a program that has its memory to itself never leaves home.
//!
//! # Region headers
//!
//! Where regions are checked, each begins with a header, which is what closing it needs:
//!
//! ```text
//!   mark, header               segments                top
//!     │                           │                     │
//!     ▼                           ▼                     ▼
//!     ┌────────┬──────────┬───────┬─────────────────────┬─ ─ ─
//!     │ handle │ previous │ …     │                     │
//!     └────────┴──────────┴───────┴─────────────────────┴─ ─ ─
//!     0        4          8                                       32-bit memory
//!     0        8          16                                      64-bit memory
//! ```
//!
//! `previous` is the address of the header of the region that was innermost before; the list ends at the header of home.
//! A handle is a number that no other region has, so that one that was closed is never taken for one that was opened
//! later, and it is the canary of its header: whoever overwrites the header changes it, or `previous`.
//!
//! The header of home cannot be taken for a region's: its second word is the address of a chunk or 0, and no region's
//! header lies there.
//!
//! So that a header always lies at its mark where a region is the only one, [`region_header`](Layout::region_header) bytes at the end of each
//! chunk are kept for it: what a chunk's header calls its end is that much before the real one. Otherwise a region without
//! room for its header would begin in the next chunk, and what is left of this one would never be used again.
//!
//! # Invariants
//!
//! 1. Chunks ascend, do not overlap, and do not touch: pages next to the last chunk extend it.
//! 2. `top` is a multiple of [`ALIGNMENT`] and lies in a chunk behind its header, or is its end; where regions are
//!    checked, it may be up to [`region_header`](Layout::region_header) bytes behind what the chunk's header calls its end.
//! 3. `limit` is the end of home if top is in home and no close has yet brought it back from elsewhere, else 0.
//! 4. No chunk ends above the [ceiling](Layout::ceiling).
//! 5. Where regions are checked, top is not above the end of home while none is open: a header fits at its mark.

use crate::width::Width;

/// An address in linear memory.
pub type Address = u64;

/// The size of a WebAssembly page in bytes.
pub const PAGE: u32 = 65536;

/// Every segment starts at a multiple of this, in bytes: the largest scalar that a program stores.
pub const ALIGNMENT: u32 = 8;

/// The largest alignment that can be asked for, in bytes.
pub const MAX_ALIGNMENT: u32 = 65536;

/// Where a chunk's header holds the address behind the chunk.
pub const CHUNK_END: u32 = 0;

/// The address of home in a memory that linmem defines. Not 0, so that no segment is at the null address.
pub const HOME: Address = 8;

/// The largest size, in bytes, whose addition to `top` needs no check for wrapping: a multiple of [`ALIGNMENT`] that is
/// below the distance from each [ceiling](Layout::ceiling) to the end of the address space.
pub const INLINE_BYTES: u32 = PAGE - ALIGNMENT;

/// Where a region's header holds its handle.
pub const REGION_HANDLE: u32 = 0;

/// The first handle, where regions are checked. Each further one is larger by [`HANDLE_STEP`].
pub const FIRST_HANDLE: u32 = 1;

/// The distance between handles: two, so that none is ever 0, the handle of a program that forgot to open a region. In a
/// 32-bit memory a handle comes again after 2^31 regions.
pub const HANDLE_STEP: u32 = 2;

/// A size or an alignment above this is taken for this: more than any memory has below its ceiling, so that the allocation
/// is refused, and so little that a sum of an address below a ceiling, a size and an alignment is far below 2^63.
pub const UNAVAILABLE: u64 = 1 << 48;

/// The layout of memories of one width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    width: Width,
}

impl Layout {
    /// The layout of memories whose pointers have this width.
    pub const fn of(width: Width) -> Layout {
        Layout { width }
    }

    /// The size of a chunk's header in bytes: two pointers.
    pub const fn chunk_header(self) -> u32 {
        2 * self.width.pointer_bytes()
    }

    /// Where a chunk's header holds the address of the next chunk.
    pub const fn chunk_next(self) -> u32 {
        CHUNK_END + self.width.pointer_bytes()
    }

    /// The size of a region's header in bytes, and what is kept for one at the end of each chunk: a handle and a pointer.
    pub const fn region_header(self) -> u32 {
        2 * self.width.pointer_bytes()
    }

    /// Where a region's header holds the address of the header of the region that was innermost before.
    pub const fn region_previous(self) -> u32 {
        REGION_HANDLE + self.width.pointer_bytes()
    }

    /// No chunk reaches beyond this address. In a 32-bit memory the last page is left unused, so that `top` plus
    /// [`INLINE_BYTES`] cannot wrap around; in a 64-bit memory chunks lie below 2^48. Its bits, from that of a page on, are all
    /// 1 up to the highest.
    pub const fn ceiling(self) -> Address {
        match self.width {
            Width::Bits32 => (1 << 32) - PAGE as u64,
            Width::Bits64 => UNAVAILABLE - PAGE as u64,
        }
    }

    /// The number of pages below the ceiling, and the index of the first page that is never used.
    pub const fn last_page(self) -> u64 {
        self.ceiling() / PAGE as u64
    }
}

/// The least multiple of `alignment` (a power of two up to [`UNAVAILABLE`]) that is not below `value`, which is below 2^63.
pub const fn align_up(value: u64, alignment: u64) -> u64 {
    let mask = alignment - 1;
    (value + mask) & !mask
}

/// The room that an allocation of `bytes` takes: the next multiple of [`ALIGNMENT`], or [`UNAVAILABLE`] if no memory has as
/// much.
pub const fn room(bytes: u64) -> u64 {
    align_up(if bytes < UNAVAILABLE { bytes } else { UNAVAILABLE }, ALIGNMENT as u64)
}

/// Whether an alignment can be asked for.
pub const fn is_alignment(alignment: u64) -> bool {
    alignment.is_power_of_two() && alignment <= MAX_ALIGNMENT as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUTS: [Layout; 2] = [Layout::of(Width::Bits32), Layout::of(Width::Bits64)];

    #[test]
    fn the_drawings_and_the_numbers_agree() {
        let chunk = |layout: Layout| (CHUNK_END, layout.chunk_next(), layout.chunk_header());
        let region = |layout: Layout| (REGION_HANDLE, layout.region_previous(), layout.region_header());
        assert_eq!(LAYOUTS.map(chunk), [(0, 4, 8), (0, 8, 16)]);
        assert_eq!(LAYOUTS.map(region), [(0, 4, 8), (0, 8, 16)]);
        for layout in LAYOUTS {
            assert_eq!((layout.chunk_header() % ALIGNMENT, layout.region_header() % ALIGNMENT), (0, 0));
        }
        assert_eq!(HOME % u64::from(ALIGNMENT), 0);
        assert_ne!(HOME, 0);
        assert_eq!((FIRST_HANDLE % 2, HANDLE_STEP % 2), (1, 0));
    }

    #[test]
    fn inline_bump_cannot_wrap() {
        assert_eq!(LAYOUTS.map(Layout::ceiling), [0xFFFF_0000, 0xFFFF_FFFF_0000]);
        for (layout, width) in LAYOUTS.into_iter().zip(Width::ALL) {
            assert!(layout.ceiling() + u64::from(INLINE_BYTES) <= width.largest());
            assert_eq!(layout.last_page() * u64::from(PAGE), layout.ceiling());
            // The larger one of an end and the ceiling has the bits of both.
            assert_eq!(layout.ceiling() | ((layout.last_page() - 1) * u64::from(PAGE)), layout.ceiling());
        }
        assert_eq!(INLINE_BYTES % ALIGNMENT, 0);
    }

    #[test]
    fn no_sum_of_an_allocation_wraps() {
        for (layout, width) in LAYOUTS.into_iter().zip(Width::ALL) {
            // The largest address that top can have, at the largest alignment, with the largest size and all headers.
            let start = align_up(layout.ceiling() + u64::from(layout.region_header()), UNAVAILABLE);
            let around = u64::from(layout.chunk_header() + layout.region_header() + 2 * ALIGNMENT);
            let sum = start.checked_add(room(width.largest())).and_then(|sum| sum.checked_add(around + UNAVAILABLE));
            assert!(sum.is_some_and(|sum| sum < 1 << 63));
            assert!(room(width.largest()) > layout.ceiling(), "the largest size is refused");
        }
    }

    #[test]
    fn rounding_never_wraps() {
        assert_eq!(room(0), 0);
        assert_eq!(room(1), 8);
        assert_eq!(room(8), 8);
        assert_eq!(room(u64::from(u32::MAX)), 1 << 32);
        assert_eq!(room(u64::MAX), UNAVAILABLE);
        assert_eq!(room(UNAVAILABLE - 1), UNAVAILABLE);
        assert_eq!(align_up(0xFFFF_0000, u64::from(MAX_ALIGNMENT)), 0xFFFF_0000);
    }

    #[test]
    fn alignments_are_powers_of_two_up_to_page_size() {
        let accepted: Vec<u64> = (0..=131_072).filter(|&n| is_alignment(n)).collect();
        assert_eq!(accepted.len(), 17);
        assert!(!is_alignment(0) && !is_alignment(131_072) && !is_alignment(1 << 63));
    }
}
