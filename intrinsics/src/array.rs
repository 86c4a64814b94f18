//! The GC array types that intrinsics copy to and from segments.

use std::fmt;

/// The type of an array's elements, as in the text format. Elements that are references have no bytes, so that no
/// intrinsic takes an array of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// Packed, one byte.
    I8,
    /// Packed, two bytes.
    I16,
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
}

impl Element {
    /// All element types, narrow ones first.
    pub const ALL: &'static [Element] =
        &[Element::I8, Element::I16, Element::I32, Element::I64, Element::F32, Element::F64, Element::V128];

    /// The number of bytes of an element in memory.
    pub const fn bytes(self) -> u32 {
        match self {
            Element::I8 => 1,
            Element::I16 => 2,
            Element::I32 | Element::F32 => 4,
            Element::I64 | Element::F64 => 8,
            Element::V128 => 16,
        }
    }

    /// Its name in the text format.
    pub const fn name(self) -> &'static str {
        match self {
            Element::I8 => "i8",
            Element::I16 => "i16",
            Element::I32 => "i32",
            Element::I64 => "i64",
            Element::F32 => "f32",
            Element::F64 => "f64",
            Element::V128 => "v128",
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The elements that the array of an intrinsic can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elements {
    /// All that have bytes.
    Any,
    /// Code units of text: `i8` or `i16`.
    Units,
    /// Bytes: `i8`.
    Bytes,
}

impl Elements {
    /// Whether an element is one of them.
    pub const fn contain(self, element: Element) -> bool {
        match self {
            Elements::Any => true,
            Elements::Units => matches!(element, Element::I8 | Element::I16),
            Elements::Bytes => matches!(element, Element::I8),
        }
    }
}

/// An array type of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArrayType {
    /// Its index among the types of the module.
    pub index: u32,
    /// The type of its elements.
    pub element: Element,
    /// Whether its elements can be assigned.
    pub mutable: bool,
}
