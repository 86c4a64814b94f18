//! Segments as values at run time.
//!
//! ```text
//!   address     a segment is its start address
//!   packed      start and size in one i64
//!   reference   a structure whose type no other module has
//!   place       the sources of a segment's start and size
//!   outside     whether a range is outside of a segment
//!   parts       the parts of packed segments, and the locals that keep them
//!   held        offsets and sizes that code can push more than once
//! ```
//!
//! Its interface consists of sinks and locals. This folder defines how each representation is encoded, and does not
//! depend on operands, functions or the engine's knowledge. A further representation needs a file here, a variant of
//! [`Segments`], and a decision at each place that asks for [`Segments::is_packed`] or [`Segments::types`].

mod address;
mod held;
mod outside;
pub(crate) mod packed;
mod parts;
mod place;
pub(crate) mod reference;

pub(crate) use held::Held;
pub(crate) use parts::{Part, Parts};
pub(crate) use place::{Extent, Out, Start};
pub(crate) use reference::SegmentTypes;

use crate::choices::Choices;
use crate::width::PointerInstructions;
use linmem_allocator::Width;
use linmem_intrinsics::{Representation, Safety};
use wasm_encoder::InstructionSink;

/// The representation of segments in a module, with what code needs to make them and to extract their parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Segments {
    /// Their start addresses.
    Address,
    /// A start and a size in an `i64`.
    Packed,
    /// Structures of these types.
    Reference(SegmentTypes),
}

impl Segments {
    /// The segments of a representation. The types of structures, if any, begin at the index `first_type`.
    pub(crate) fn new(representation: Representation, choices: Choices, width: Width, first_type: u32) -> Segments {
        match representation {
            Representation::Address => Segments::Address,
            Representation::Packed => Segments::Packed,
            // A reference: another crate cannot match a non-exhaustive enum without a wildcard.
            _ => Segments::Reference(SegmentTypes::new(first_type, choices.safety >= Safety::Temporal, width)),
        }
    }

    /// The types of structures, if segments are structures.
    pub(crate) fn types(self) -> Option<SegmentTypes> {
        match self {
            Segments::Reference(types) => Some(types),
            Segments::Address | Segments::Packed => None,
        }
    }

    /// The number of types of structures.
    pub(crate) fn type_count(self) -> u32 {
        self.types().map_or(0, SegmentTypes::count)
    }

    /// Whether segments are packed.
    pub(crate) fn is_packed(self) -> bool {
        self == Segments::Packed
    }

    /// The size in bytes of a constant `i64` segment, if segments are packed.
    pub(crate) fn constant_size(self, segment: i64) -> Option<u32> {
        self.is_packed().then(|| packed::size_of(segment))
    }

    /// Replaces the segment on the stack by its start address. Traps for a reference that is not a segment.
    pub(crate) fn take_start<'s, 'b>(self, sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
        match self {
            Segments::Address => address::start(sink),
            Segments::Packed => packed::start(sink),
            Segments::Reference(types) => types.start(types.cast(sink)),
        }
    }

    /// Replaces the segment on the stack by its size. Traps for a reference that is not a segment. A segment that is
    /// only an address has no size, and the catalogue has no intrinsic that would request it.
    pub(crate) fn take_size<'s, 'b>(self, sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
        match self {
            Segments::Address => sink,
            Segments::Packed => packed::size(sink),
            Segments::Reference(types) => types.size(types.cast(sink)),
        }
    }

    /// Replaces the start address on the stack by a segment of a constant size. For a structure with a region,
    /// `push_region` pushes the region.
    pub(crate) fn make_constant(
        self,
        sink: &mut InstructionSink<'_>,
        bytes: u32,
        push_region: impl FnOnce(&mut InstructionSink<'_>),
    ) {
        match self {
            Segments::Address => {
                address::make(sink);
            }
            Segments::Packed => {
                packed::make_constant(sink, bytes);
            }
            Segments::Reference(types) => {
                sink.ptr_const(types.width(), u64::from(bytes));
                push_region(sink);
                sink.struct_new(types.segment());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn each_representation_has_its_own_segments() {
        for &representation in Representation::ALL {
            let choices = Choices::of(&Config::new(), representation);
            let segments = Segments::new(representation, choices, Width::Bits32, 0);
            let expected = match representation {
                Representation::Address => segments == Segments::Address,
                Representation::Packed => segments == Segments::Packed,
                Representation::Reference { .. } => segments.types().is_some(),
                _ => false,
            };
            assert!(expected, "{representation}: {segments:?}");
        }
    }
}
