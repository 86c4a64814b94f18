//! The identities of helpers that encode and decode text.

use crate::width::PointerType;
use linmem_allocator::Width;
use linmem_intrinsics::{ArrayReference, ArrayType, Encoding, FunctionType, ValueType};

/// What a helper does with the text of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TextCode {
    /// Checks a range of an array, and returns the size of its text.
    Size,
    /// Encodes a range that was checked to memory that has room for it, and returns the address after it.
    Encode,
    /// Checks a range and encodes it to memory, if there is room.
    Write,
    /// Checks a range and encodes it to memory that it allocates.
    Allocate,
    /// Makes an array of the text in memory.
    New,
    /// Counts the units of text in memory that is ill-formed.
    Count,
}

impl TextCode {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: &'static [TextCode] =
        &[TextCode::Size, TextCode::Encode, TextCode::Write, TextCode::Allocate, TextCode::New, TextCode::Count];

    /// The name of the helper for an encoding and an array type.
    pub(super) fn name(self, encoding: Encoding, ty: ArrayType) -> String {
        let name = match self {
            TextCode::Size => "text_size",
            TextCode::Encode => "encode",
            TextCode::Write => "write_text",
            TextCode::Allocate => "allocate_text",
            TextCode::New => "decode",
            TextCode::Count => "count_units",
        };
        format!("linmem.{name}.{encoding}.{}.{}", ty.element, ty.index)
    }

    /// Its type.
    pub(super) fn function_type(self, ty: ArrayType, width: Width) -> FunctionType {
        let pointer = width.value_type();
        let array = |nullable| ArrayReference { nullable, ty }.value_type();
        let (index, count) = (ValueType::I32, ValueType::I32);
        match self {
            TextCode::Size => FunctionType::new([array(true), index, count], [pointer]),
            TextCode::Encode => FunctionType::new([pointer, array(true), index, count], [pointer]),
            TextCode::Write => FunctionType::new([pointer, pointer, array(true), index, count], [pointer]),
            TextCode::Allocate => FunctionType::new([array(true), index, count], [pointer, pointer]),
            TextCode::New => FunctionType::new([pointer, pointer], [array(false)]),
            TextCode::Count => FunctionType::new([pointer, pointer], [pointer]),
        }
    }

    /// Whether it may report a violation, or uses linmem's globals: if it allocates.
    pub(super) fn allocates(self) -> bool {
        self == TextCode::Allocate
    }
}
