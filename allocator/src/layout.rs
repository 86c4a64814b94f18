//! The layout of chunks and regions.
//!
//! linmem owns chunks, contiguous runs of bytes in ascending order. The first is home. Allocations move `top` up in one
//! of them; closing a region moves it back. A chunk begins with a header:
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
//! `end` is the address after the last byte of the chunk. `next` is the address of the next chunk, or 0. Both are
//! pointers. In a memory that linmem defines, home starts at [`HOME`], so that no segment starts at address 0 or a
//! small offset from it. Static data of the library door follows home's header, and top starts behind it; since top never
//! moves below its first value, static data is never free memory.
//!
//! # Why closing a region is one `global.set`
//!
//! The fast path of an allocation compares the new top with the global `limit`. While top is in home, limit is the end
//! of home. While top is in any other chunk, limit is 0, so that every allocation takes the slow path, which looks up
//! the chunk that top is in. A close may therefore move top from any chunk to an earlier one without updating anything
//! else: limit is still 0, so the next allocation takes the slow path. A second chunk is needed only if other code grew
//! the memory in between; top never leaves home if linmem alone grows the memory.
//!
//! # Region headers
//!
//! If regions are checked, each region begins with a header, which is used to close it:
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
//! `previous` is the address of the header of the region that was innermost before; the list ends at the header of
//! home. A handle is unique, so that a closed region is never mistaken for one that was opened later. It is also the
//! canary of its header: a write that corrupts the header changes the handle or `previous`.
//!
//! Home's header can never be mistaken for a region header: its second word is 0 or the address of a chunk, where there
//! is no region header.
//!
//! The last [`region_header`](Layout::region_header) bytes of each chunk are reserved for a region header, so that the
//! header of an outermost region is always at its mark: the `end` in a chunk's header is that much before the real end.
//! Otherwise, a region without room for its header would begin in the next chunk, and the rest of the current chunk
//! would never be used again.
//!
//! # Invariants
//!
//! 1. Chunks ascend, do not overlap, and do not touch: pages next to the last chunk extend it.
//! 2. `top` is a multiple of [`ALIGNMENT`] and lies in a chunk after its header, or is the chunk's end; if regions are
//!    checked, it may exceed the `end` in the chunk's header by up to [`region_header`](Layout::region_header) bytes.
//! 3. `limit` is the end of home if top is in home and no close has yet moved it back there from another chunk, else 0.
//! 4. No chunk ends above the [ceiling](Layout::ceiling).
//! 5. If regions are checked, top does not exceed the end of home while no region is open: a header fits at its mark.

use crate::width::Width;

/// An address in linear memory.
pub type Address = u64;

/// The size of a WebAssembly page in bytes.
pub const PAGE: u32 = 65536;

/// The alignment of every segment, in bytes: the size of the largest scalar that a program stores.
pub const ALIGNMENT: u32 = 8;

/// The largest alignment that a program can request, in bytes.
pub const MAX_ALIGNMENT: u32 = 65536;

/// The offset of `end` in a chunk's header.
pub const CHUNK_END: u32 = 0;

/// The address of home in a memory that linmem defines. It is not 0, so that no segment is at the null address.
pub const HOME: Address = 8;

/// The largest size, in bytes, whose addition to `top` needs no check for wrapping: a multiple of [`ALIGNMENT`] that is
/// below the distance from each [ceiling](Layout::ceiling) to the end of the address space.
pub const INLINE_BYTES: u32 = PAGE - ALIGNMENT;

/// The offset of the handle in a region's header.
pub const REGION_HANDLE: u32 = 0;

/// The first handle, if regions are checked. Each further one is larger by [`HANDLE_STEP`].
pub const FIRST_HANDLE: u32 = 1;

/// The distance between handles: two, so that no handle is 0, the value of a handle that a program forgot to
/// initialize. In a 32-bit memory a handle is reused after 2^31 regions.
pub const HANDLE_STEP: u32 = 2;

/// Larger sizes and alignments are clamped to this value. It exceeds the ceiling of every memory, so that the
/// allocation fails, and it is so small that the sum of an address below a ceiling, a size and an alignment is far
/// below 2^63.
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

    /// The offset of `next` in a chunk's header.
    pub const fn chunk_next(self) -> u32 {
        CHUNK_END + self.width.pointer_bytes()
    }

    /// The size of a region's header in bytes: a handle and a pointer. As many bytes are reserved at the end of each
    /// chunk.
    pub const fn region_header(self) -> u32 {
        2 * self.width.pointer_bytes()
    }

    /// The offset of `previous` in a region's header.
    pub const fn region_previous(self) -> u32 {
        REGION_HANDLE + self.width.pointer_bytes()
    }

    /// No chunk ends above this address. In a 32-bit memory the last page is unused, so that `top` plus
    /// [`INLINE_BYTES`] cannot wrap around; in a 64-bit memory chunks lie below 2^48. All bits of the ceiling from the
    /// page size up to its highest bit are 1.
    pub const fn ceiling(self) -> Address {
        match self.width {
            Width::Bits32 => (1 << 32) - PAGE as u64,
            Width::Bits64 => UNAVAILABLE - PAGE as u64,
        }
    }

    /// The number of pages below the ceiling. It is also the index of the first page that is never used.
    pub const fn last_page(self) -> u64 {
        self.ceiling() / PAGE as u64
    }
}

/// The least multiple of `alignment` (a power of two up to [`UNAVAILABLE`]) that is not below `value`, which is below
/// 2^63.
pub const fn align_up(value: u64, alignment: u64) -> u64 {
    let mask = alignment - 1;
    (value + mask) & !mask
}

/// The size of an allocation of `bytes`, rounded up to a multiple of [`ALIGNMENT`], or [`UNAVAILABLE`] if no memory is
/// that large.
pub const fn room(bytes: u64) -> u64 {
    align_up(if bytes < UNAVAILABLE { bytes } else { UNAVAILABLE }, ALIGNMENT as u64)
}

/// Whether an alignment is valid: a power of two up to [`MAX_ALIGNMENT`].
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
            // The larger of a page-aligned end and the ceiling has all bits of both.
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
