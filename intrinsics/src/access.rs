//! The shapes in which memory is read and written.

use crate::value::ValueType;

/// One way to read or write a segment. Reads of less than four bytes say how they extend to `i32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// One byte, read with its sign.
    Byte,
    /// One byte, read without a sign.
    UByte,
    /// Two bytes, read with their sign.
    Short,
    /// Two bytes, read without a sign.
    UShort,
    /// Four bytes as `i32`.
    Int,
    /// Eight bytes as `i64`.
    Long,
    /// Four bytes as `f32`.
    Float,
    /// Eight bytes as `f64`.
    Double,
    /// Sixteen bytes as `v128`.
    Vector,
}

impl Access {
    /// How many bytes are read or written.
    pub const fn bytes(self) -> u32 {
        match self {
            Access::Byte | Access::UByte => 1,
            Access::Short | Access::UShort => 2,
            Access::Int | Access::Float => 4,
            Access::Long | Access::Double => 8,
            Access::Vector => 16,
        }
    }

    /// The type of the value that is read or written.
    pub const fn value_type(self) -> ValueType {
        match self {
            Access::Byte | Access::UByte | Access::Short | Access::UShort | Access::Int => ValueType::I32,
            Access::Long => ValueType::I64,
            Access::Float => ValueType::F32,
            Access::Double => ValueType::F64,
            Access::Vector => ValueType::V128,
        }
    }
}
