//! The types of segments that are references.
//!
//! They form a recursion group:
//!
//! ```wasm
//! (rec
//!   (type $region (struct (field (mut i32)) (field (mut (ref null $region)))))     ;; its handle, 0 when it is closed
//!   (type $segment (struct (field i32) (field i32) (field (ref $region))))         ;; start, size, region; start and
//!                                                                                  ;; size are i64 in a 64-bit memory
//!   (type (struct (field i16) (field (mut i64)) …)))                               ;; a number, as the types of fields
//! ```
//!
//! If liveness is not checked, there is no `$region`, and a segment has no such field.
//!
//! Equal recursion groups define the same types in all modules of a store. The number is a digest of the module,
//! so that neither the program nor any other module has this group, and a segment of another module is a foreign
//! reference like any other.

use crate::index::LocalIndex;
use crate::width::PointerType;
use linmem_allocator::Width;
use wasm_encoder::{
    CompositeInnerType, CompositeType, FieldType, HeapType, InstructionSink, RefType, StorageType, StructType, SubType,
    ValType,
};

/// The types of segments in a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentTypes {
    /// The index of the group's first type.
    first: u32,
    has_regions: bool,
    /// The width of starts and sizes.
    width: Width,
}

/// The fields of a segment.
const START: u32 = 0;
const SIZE: u32 = 1;
const REGION: u32 = 2;

/// The fields of a region.
pub(crate) const HANDLE: u32 = 0;
pub(crate) const PREVIOUS: u32 = 1;

/// The number of fields that encode the number of a group, at three bits each.
const DIGITS: u32 = 11;

impl SegmentTypes {
    /// The types of a group whose first type has index `first`. Segments refer to their region if liveness is checked.
    pub(crate) fn new(first: u32, has_regions: bool, width: Width) -> SegmentTypes {
        SegmentTypes { first, has_regions, width }
    }

    /// The width of starts and sizes.
    pub(crate) fn width(self) -> Width {
        self.width
    }

    /// The index of the group's first type.
    pub(crate) fn first(self) -> u32 {
        self.first
    }

    /// Whether segments refer to their region.
    pub(crate) fn has_regions(self) -> bool {
        self.has_regions
    }

    /// The number of types in the group.
    pub(crate) fn count(self) -> u32 {
        if self.has_regions { 3 } else { 2 }
    }

    /// The group, with a number that distinguishes it from others.
    pub(crate) fn group(self, number: u32) -> Vec<SubType> {
        let field = |ty: ValType, mutable: bool| FieldType { element_type: StorageType::Val(ty), mutable };
        let mut group = Vec::new();
        let pointer = self.width.val_type();
        let mut segment = vec![field(pointer, false), field(pointer, false)];
        if self.has_regions {
            group.push(structure(vec![field(ValType::I32, true), field(self.region_reference(true), true)]));
            segment.push(field(self.region_reference(false), false));
        }
        group.push(structure(segment));
        group.push(structure((0..DIGITS).map(|digit| numeral(number >> (3 * digit) & 7)).collect()));
        group
    }

    /// The names of the types in the name section.
    pub(crate) fn names(self) -> impl Iterator<Item = (u32, &'static str)> {
        let region = self.has_regions.then_some((self.region(), "linmem.region"));
        region.into_iter().chain([(self.segment(), "linmem.segment"), (self.segment() + 1, "linmem.number")])
    }

    /// The index of the type of segments.
    pub(crate) fn segment(self) -> u32 {
        self.first + u32::from(self.has_regions)
    }

    /// The index of the type of regions.
    pub(crate) fn region(self) -> u32 {
        self.first
    }

    /// The type of a reference to a segment.
    pub(crate) fn segment_reference(self, nullable: bool) -> RefType {
        RefType { nullable, heap_type: HeapType::Concrete(self.segment()) }
    }

    /// The heap type of a region.
    pub(crate) fn region_heap_type(self) -> HeapType {
        HeapType::Concrete(self.region())
    }

    /// The type of a reference to a region.
    pub(crate) fn region_reference(self, nullable: bool) -> ValType {
        ValType::Ref(RefType { nullable, heap_type: self.region_heap_type() })
    }

    /// Casts the reference on the stack to a segment. Traps if it is not one.
    pub(crate) fn cast<'s, 'b>(self, sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
        sink.ref_cast_non_null(self.segment_reference(false).heap_type)
    }

    /// Replaces the segment on the stack by its start.
    pub(crate) fn start<'s, 'b>(self, sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
        sink.struct_get(self.segment(), START)
    }

    /// Replaces the segment on the stack by its size.
    pub(crate) fn size<'s, 'b>(self, sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
        sink.struct_get(self.segment(), SIZE)
    }

    /// Replaces the segment on the stack by its region.
    pub(crate) fn region_of<'s, 'b>(self, sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
        sink.struct_get(self.segment(), REGION)
    }

    /// Replaces the region on the stack by its handle, which is 0 if it is closed.
    pub(crate) fn handle<'s, 'b>(self, sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
        sink.struct_get(self.region(), HANDLE)
    }

    /// Pushes a region that is never closed.
    pub(crate) fn new_open_region<'s, 'b>(self, sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
        sink.i32_const(1).ref_null(self.region_heap_type()).struct_new(self.region())
    }

    /// Pushes whether the region of the segment in a local is closed.
    pub(crate) fn is_closed<'s, 'b>(
        self,
        sink: &'s mut InstructionSink<'b>,
        segment: LocalIndex,
    ) -> &'s mut InstructionSink<'b> {
        sink.local_get(segment.0);
        self.region_of(sink);
        self.handle(sink).i32_eqz()
    }
}

fn structure(fields: Vec<FieldType>) -> SubType {
    SubType {
        is_final: true,
        supertype_idx: None,
        composite_type: CompositeType {
            inner: CompositeInnerType::Struct(StructType { fields: fields.into() }),
            shared: false,
            descriptor: None,
            describes: None,
        },
    }
}

/// A field that encodes a number from 0 to 7.
fn numeral(digit: u32) -> FieldType {
    let element_type = match digit & 3 {
        0 => StorageType::I8,
        1 => StorageType::I16,
        2 => StorageType::Val(ValType::I32),
        _ => StorageType::Val(ValType::I64),
    };
    FieldType { element_type, mutable: digit & 4 != 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_make_groups_distinct() {
        let types = SegmentTypes::new(5, true, Width::Bits32);
        let groups: Vec<_> = [0, 1, 8, 1 << 31, u32::MAX].iter().map(|number| types.group(*number)).collect();
        for (position, group) in groups.iter().enumerate() {
            assert_eq!(group.len() as u32, types.count());
            assert!(groups[..position].iter().all(|other| format!("{other:?}") != format!("{group:?}")));
        }
    }
}
