//! The functions that a module exports so that its host can allocate:
//!
//! ```text
//!   linmem_open      () -> allocator                                       MemoryAllocator.new
//!   linmem_allocate  (allocator, bytes, alignment) -> segment              MemoryAllocator.allocateAligned
//!   linmem_close     (allocator)                                           MemoryAllocator.free
//!   linmem_acquire   (bytes, alignment, token) -> (segment, allocator)     opens a region and allocates
//!   linmem_release   (allocator, loan, top) -> refused                     closes a region if it is the innermost one
//!   linmem_top       () -> address                                         the next free address
//!   linmem_address   (segment) -> address                                  MemorySegment.address
//!   linmem_size      (segment) -> bytes                                    MemorySegment.size
//! ```
//!
//! Segments have the representation that the program uses, so that the host can pass them to the program's functions and
//! receive them from there. The last two functions exist if segments carry their size: a host outside of WebAssembly
//! cannot read the fields of a reference, and by their presence it distinguishes a packed segment from the address of a
//! 64-bit memory. Otherwise, a segment is its address.
//!
//! Since these are the intrinsics themselves, all options apply to them: levels, nesting, zeroing, out of memory, reports.
//!
//! # Regions of the host and of the program
//!
//! `linmem_release` closes a region as `linmem_close` does, unless that frees memory of a region that is open: then it does
//! nothing and returns 1. `top` is what `linmem_top` returned after the last allocation of the host, or 0.
//!
//! `linmem_acquire` opens a region, and allocates in it. The allocation is followed, at the next multiple of 8, by a loan of
//! 16 bytes that starts with the token, an `i64`; `top` is after it. If the program closes a region that the allocation is
//! in, the token is overwritten; a host that compares it before it uses the allocation never touches memory that is no longer
//! its own. The token must be random. If there is no memory, the address of the segment is 0 and no region is open.
//! `linmem_acquire` and `linmem_top` exist if regions are marks: below `temporal`, and without `outermost`. Otherwise,
//! closing a region never frees the memory of one inside it. Modules that are traced do not have `linmem_acquire`.

use crate::choices::{Choices, Tracking};
use linmem_intrinsics::{FunctionType, Intrinsic, Representation, Signature, ValueType};

/// The names and the intrinsics of the functions that are one intrinsic, in the order in which they are exported. The others
/// are exported before the last two.
const INTRINSICS: [(&str, Intrinsic); 5] = [
    ("linmem_open", Intrinsic::AllocatorNew),
    ("linmem_allocate", Intrinsic::AllocatorAllocateAligned),
    ("linmem_close", Intrinsic::AllocatorFree),
    ("linmem_address", Intrinsic::SegmentAddress),
    ("linmem_size", Intrinsic::SegmentSize),
];

/// The code of an exported function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Code {
    /// An intrinsic.
    Intrinsic(Signature),
    /// Opens a region, and allocates in it.
    Acquire,
    /// Closes a region, if it is the innermost one.
    Release,
    /// Returns the next free address.
    Top,
}

/// An exported function.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    pub(crate) name: &'static str,
    pub(crate) ty: FunctionType,
    pub(crate) code: Code,
}

/// The exported functions that are one intrinsic, in a module whose segments have this representation.
pub(crate) fn intrinsics(representation: Representation) -> impl Iterator<Item = Export> {
    let about_segments = |intrinsic| matches!(intrinsic, Intrinsic::SegmentAddress | Intrinsic::SegmentSize);
    let exist =
        INTRINSICS.iter().filter(move |(_, intrinsic)| representation.carries_size() || !about_segments(*intrinsic));
    exist.filter_map(move |(name, intrinsic)| {
        let signature = Signature::new(*intrinsic, representation)?;
        Some(Export { name, ty: signature.function_type(), code: Code::Intrinsic(signature) })
    })
}

/// The exported functions of a module.
pub(crate) fn functions(choices: Choices, representation: Representation) -> Vec<Export> {
    let pointer = ValueType::I32;
    let acquire = Export {
        name: "linmem_acquire",
        ty: FunctionType::new([pointer, pointer, ValueType::I64], [representation.value_type(), pointer]),
        code: Code::Acquire,
    };
    let release = FunctionType::new([pointer; 3], [ValueType::I32]);
    let top = FunctionType::new([], [pointer]);
    let release = Export { name: "linmem_release", ty: release, code: Code::Release };
    let top = Export { name: "linmem_top", ty: top, code: Code::Top };
    let has_marks = choices.tracking() == Tracking::Marks;
    let acquire = choices.lists_loans().then_some(acquire);
    let others = acquire.into_iter().chain([release]).chain(has_marks.then_some(top));
    let mut exports: Vec<Export> = intrinsics(representation).collect();
    exports.splice(3..3, others);
    exports
}
