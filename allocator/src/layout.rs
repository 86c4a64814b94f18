//! Chunks and what lies in them.
//!
//! linmem owns chunks, contiguous runs of bytes in ascending order. The first is home. `top` moves up in one of them;
//! closing a region moves it back. A chunk begins with a header:
//!
//! ```text
//!   chunk                     top                          end
//!     │                        │                            │
//!     ▼                        ▼                            ▼
//!     ┌─────────┬──────────┬───┬────────────────────────────┬─ ─ ─ ─
//!     │ end u32 │ next u32 │ … │ free                       │ not ours
//!     └─────────┴──────────┴───┴────────────────────────────┴─ ─ ─ ─
//!     0         4          8
//! ```
//!
//! `end` is the address behind the chunk, `next` the address of the chunk that follows, or 0. In a memory that linmem
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
//!     ┌────────────┬──────────────┬───┬─────────────────┬─ ─ ─
//!     │ handle u32 │ previous u32 │ … │                 │
//!     └────────────┴──────────────┴───┴─────────────────┴─ ─ ─
//!     0            4              8
//! ```
//!
//! `previous` is the address of the header of the region that was innermost before; the list ends at the header of home.
//! A handle is a number that no other region has, so that one that was closed is never taken for one that was opened
//! later, and it is the canary of its header: whoever overwrites the header changes it, or `previous`.
//!
//! The header of home, read as a region's, is none: its second word is the address of a chunk or 0, and no region's
//! header lies there.
//!
//! So that a header always lies at its mark where a region is the only one, [`REGION_HEADER`] bytes at the end of each
//! chunk are kept for it: what a chunk's header calls its end is that much before the real one. Otherwise a region that
//! finds no room for its header would begin in the next chunk, and what is left of this one would be lost for good.
//!
//! # Invariants
//!
//! 1. Chunks ascend, do not overlap, and do not touch: pages next to the last chunk extend it.
//! 2. `top` is a multiple of [`ALIGNMENT`] and lies in a chunk behind its header, or is its end; where regions are
//!    checked, it may be up to [`REGION_HEADER`] bytes behind what the chunk's header calls its end.
//! 3. `limit` is the end of home if top is in home and no close has yet brought it back from elsewhere, else 0.
//! 4. No chunk ends above [`CEILING`].
//! 5. Where regions are checked, top is not above the end of home while none is open: a header fits at its mark.

/// An address in linear memory.
pub type Address = u32;

/// The size of a WebAssembly page in bytes.
pub const PAGE: u32 = 65536;

/// Every segment starts at a multiple of this, in bytes: the largest scalar that a program stores.
pub const ALIGNMENT: u32 = 8;

/// The largest alignment that can be asked for, in bytes.
pub const MAX_ALIGNMENT: u32 = 65536;

/// The size of a chunk's header in bytes.
pub const CHUNK_HEADER: u32 = 8;

/// Where a chunk's header holds the address behind the chunk.
pub const CHUNK_END: u32 = 0;

/// Where a chunk's header holds the address of the next chunk.
pub const CHUNK_NEXT: u32 = 4;

/// The address of home in a memory that linmem defines. Not 0, so that no segment is at the null address.
pub const HOME: Address = 8;

/// No chunk reaches beyond this address: the last page of a full memory is left unused, so that `top` plus
/// [`INLINE_BYTES`] cannot wrap around.
pub const CEILING: Address = 0xFFFF_0000;

/// The largest size, in bytes, whose addition to `top` needs no check for wrapping: a multiple of [`ALIGNMENT`] below
/// `2^32 - CEILING`.
pub const INLINE_BYTES: u32 = PAGE - ALIGNMENT;

/// The size of a region's header in bytes, and what is kept for one at the end of each chunk.
pub const REGION_HEADER: u32 = 8;

/// Where a region's header holds its handle.
pub const REGION_HANDLE: u32 = 0;

/// Where a region's header holds the address of the header of the region that was innermost before.
pub const REGION_PREVIOUS: u32 = 4;

/// The first handle, where regions are checked. Each further one is larger by [`HANDLE_STEP`].
pub const FIRST_HANDLE: u32 = 1;

/// The distance between handles: two, so that none is ever 0, the handle of a program that forgot to open a region. A
/// handle comes again after 2^31 regions.
pub const HANDLE_STEP: u32 = 2;

/// The least multiple of `alignment` (a power of two) that is not below `value`.
pub const fn align_up(value: u64, alignment: u32) -> u64 {
    let mask = alignment as u64 - 1;
    (value + mask) & !mask
}

/// The room that an allocation of `bytes` takes: the next multiple of [`ALIGNMENT`].
pub const fn room(bytes: u32) -> u64 {
    align_up(bytes as u64, ALIGNMENT)
}

/// Whether an alignment can be asked for.
pub const fn is_alignment(alignment: u32) -> bool {
    alignment.is_power_of_two() && alignment <= MAX_ALIGNMENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_and_the_numbers_agree() {
        assert_eq!((CHUNK_END, CHUNK_NEXT, CHUNK_HEADER), (0, 4, 8));
        assert_eq!(HOME % ALIGNMENT, 0);
        assert_ne!(HOME, 0);
    }

    #[test]
    fn a_region_header_is_one_number_of_64_bits() {
        assert_eq!((REGION_HANDLE, REGION_PREVIOUS, REGION_HEADER), (0, 4, 8));
        assert_eq!(REGION_HEADER % ALIGNMENT, 0);
        assert_eq!((FIRST_HANDLE % 2, HANDLE_STEP % 2), (1, 0));
    }

    #[test]
    fn an_inline_bump_cannot_wrap() {
        assert!(CEILING.checked_add(INLINE_BYTES).is_some());
        assert_eq!(INLINE_BYTES % ALIGNMENT, 0);
    }

    #[test]
    fn rounding_never_wraps() {
        assert_eq!(room(0), 0);
        assert_eq!(room(1), 8);
        assert_eq!(room(8), 8);
        assert_eq!(room(u32::MAX), 1 << 32);
        assert_eq!(align_up(0xFFFF_0000, MAX_ALIGNMENT), 0xFFFF_0000);
    }

    #[test]
    fn alignments_are_powers_of_two_up_to_a_page() {
        let accepted: Vec<u32> = (0..=131_072).filter(|&n| is_alignment(n)).collect();
        assert_eq!(accepted.len(), 17);
        assert!(!is_alignment(0) && !is_alignment(131_072));
    }
}
