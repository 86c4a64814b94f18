//! The functions that a module exports so that its host can allocate, each of which is one intrinsic:
//!
//! ```text
//!   linmem_open      () -> allocator                             MemoryAllocator.new
//!   linmem_allocate  (allocator, bytes, alignment) -> segment    MemoryAllocator.allocateAligned
//!   linmem_close     (allocator)                                 MemoryAllocator.free
//!   linmem_address   (segment) -> address                        MemorySegment.address
//!   linmem_size      (segment) -> bytes                          MemorySegment.size
//! ```
//!
//! Segments have the representation that the program uses, so that the host can pass them to the program's functions and
//! receive them from there. The last two functions exist if segments carry their size: a host outside of WebAssembly
//! cannot read the fields of a reference, and by their presence it distinguishes a packed segment from the address of a
//! 64-bit memory. Otherwise, a segment is its address.
//!
//! Since these are the intrinsics themselves, all options apply to them: levels, nesting, zeroing, out of memory, reports.

use linmem_intrinsics::{Intrinsic, Representation, Signature};

/// The names and the intrinsics, in the order in which they are exported.
const FUNCTIONS: [(&str, Intrinsic); 5] = [
    ("linmem_open", Intrinsic::AllocatorNew),
    ("linmem_allocate", Intrinsic::AllocatorAllocateAligned),
    ("linmem_close", Intrinsic::AllocatorFree),
    ("linmem_address", Intrinsic::SegmentAddress),
    ("linmem_size", Intrinsic::SegmentSize),
];

/// The exported functions of a module whose segments have this representation: names and signatures.
pub(crate) fn functions(representation: Representation) -> impl Iterator<Item = (&'static str, Signature)> {
    let about_segments = |intrinsic| matches!(intrinsic, Intrinsic::SegmentAddress | Intrinsic::SegmentSize);
    let exist =
        FUNCTIONS.iter().filter(move |(_, intrinsic)| representation.carries_size() || !about_segments(*intrinsic));
    exist.filter_map(move |(name, intrinsic)| Some((*name, Signature::new(*intrinsic, representation)?)))
}
