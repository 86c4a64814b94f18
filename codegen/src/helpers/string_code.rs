//! The identities of helpers that encode strings of JavaScript and make them, and of the functions of the host that these call.
//!
//! The host's functions are the builtins of the proposal "JS String Builtins". Engines compile calls of them to a few
//! instructions if the embedder asks for it, and require exactly these types.

use crate::width::PointerType;
use linmem_allocator::Width;
use linmem_intrinsics::{
    ArrayReference, ArrayType, Element, Encoding, FunctionType, HeapType, StringReference, ValueType,
};

/// The module that the builtins are imported from.
pub(crate) const MODULE: &str = "wasm:js-string";

/// A function of the host. Each traps if it gets null or something else than a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum StringFunction {
    /// The number of code units.
    Length,
    /// The code unit at an index. Traps if there is none.
    CharCodeAt,
    /// The concatenation of two strings.
    Concat,
    /// The string of the code units of an array, from an index to another one. The array has the type with this index.
    FromCharCodeArray(u32),
}

impl StringFunction {
    /// The name of its import.
    pub(crate) fn name(self) -> &'static str {
        match self {
            StringFunction::Length => "length",
            StringFunction::CharCodeAt => "charCodeAt",
            StringFunction::Concat => "concat",
            StringFunction::FromCharCodeArray(_) => "fromCharCodeArray",
        }
    }

    /// Its type.
    pub(crate) fn function_type(self) -> FunctionType {
        match self {
            StringFunction::Length => FunctionType::new([string(true)], [ValueType::I32]),
            StringFunction::CharCodeAt => FunctionType::new([string(true), ValueType::I32], [ValueType::I32]),
            StringFunction::Concat => FunctionType::new([string(true), string(true)], [string(false)]),
            StringFunction::FromCharCodeArray(index) => {
                let array = ArrayReference { nullable: true, ty: units(index) }.value_type();
                FunctionType::new([array, ValueType::I32, ValueType::I32], [string(false)])
            }
        }
    }
}

/// What a helper does with a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum StringCode {
    /// Checks a range of a string, and returns the size of its text.
    Size,
    /// Encodes a range that was checked to memory that has room for it, and returns the address after it.
    Encode,
    /// Checks a range and encodes it to memory, if there is room.
    Write,
    /// Checks a range and encodes it to memory that it allocates.
    Allocate,
    /// Makes a string of the text in memory, by arrays of the type with this index.
    New(u32),
}

impl StringCode {
    /// All of them, with arrays of a type.
    #[cfg(test)]
    pub(crate) fn all(units: u32) -> [StringCode; 5] {
        [StringCode::Size, StringCode::Encode, StringCode::Write, StringCode::Allocate, StringCode::New(units)]
    }

    /// The name of the helper for an encoding.
    pub(super) fn name(self, encoding: Encoding) -> String {
        let name = match self {
            StringCode::Size => "string_size",
            StringCode::Encode => "encode_string",
            StringCode::Write => "write_string",
            StringCode::Allocate => "allocate_string",
            StringCode::New(_) => "decode_string",
        };
        format!("linmem.{name}.{encoding}")
    }

    /// Its type.
    pub(super) fn function_type(self, width: Width) -> FunctionType {
        let pointer = width.value_type();
        let (index, count) = (ValueType::I32, ValueType::I32);
        match self {
            StringCode::Size => FunctionType::new([string(true), index, count], [pointer]),
            StringCode::Encode => FunctionType::new([pointer, string(true), index, count], [pointer]),
            StringCode::Write => FunctionType::new([pointer, pointer, string(true), index, count], [pointer]),
            StringCode::Allocate => FunctionType::new([string(true), index, count], [pointer, pointer]),
            StringCode::New(_) => FunctionType::new([pointer, pointer], [string(false)]),
        }
    }

    /// Whether it may report a violation, or uses linmem's globals: if it allocates.
    pub(super) fn allocates(self) -> bool {
        self == StringCode::Allocate
    }
}

/// The arrays that strings are made of, by the index of their type.
pub(super) fn units(index: u32) -> ArrayType {
    ArrayType { index, element: Element::I16, mutable: true }
}

fn string(nullable: bool) -> ValueType {
    StringReference { nullable }.value_type()
}

/// The type of an operand that is a string.
pub(crate) const STRING: ValueType = ValueType::nullable(HeapType::Extern);
