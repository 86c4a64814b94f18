//! The widths and types in which memory is read and written.

use crate::value::ValueType;

/// The kind of a load or store. Kinds of less than four bytes determine how a load extends to `i32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// One byte; loads are sign-extended.
    Byte,
    /// One byte; loads are zero-extended.
    UByte,
    /// Two bytes; loads are sign-extended.
    Short,
    /// Two bytes; loads are zero-extended.
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
    /// The number of bytes that are read or written.
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
