//! The identities of helpers that copy between GC arrays and memory.

use crate::width::PointerType;
use linmem_allocator::Width;
use linmem_intrinsics::{ArrayReference, ArrayType, FunctionType, ValueType};

/// What a helper does with an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ArrayCode {
    /// Checks a range of an array, and returns the number of its bytes.
    Size,
    /// Copies elements to memory.
    CopyFrom,
    /// Copies bytes to elements.
    CopyTo,
    /// Makes an array of bytes in memory.
    New,
}

impl ArrayCode {
    /// The name of the helper for an array type.
    pub(super) fn name(self, ty: ArrayType) -> String {
        let name = match self {
            ArrayCode::Size => "array_size",
            ArrayCode::CopyFrom => "copy_from_array",
            ArrayCode::CopyTo => "copy_to_array",
            ArrayCode::New => "new_array",
        };
        format!("linmem.{name}.{}.{}", ty.element, ty.index)
    }

    /// Its type.
    pub(super) fn function_type(self, ty: ArrayType, width: Width) -> FunctionType {
        let pointer = width.value_type();
        let array = |nullable| ArrayReference { nullable, ty }.value_type();
        match self {
            ArrayCode::Size => FunctionType::new([array(true), ValueType::I32, ValueType::I32], [pointer]),
            ArrayCode::CopyFrom | ArrayCode::CopyTo => {
                FunctionType::new([pointer, array(true), ValueType::I32, ValueType::I32], [])
            }
            ArrayCode::New => FunctionType::new([pointer, ValueType::I32], [array(false)]),
        }
    }
}
