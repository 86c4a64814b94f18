//! The value types and function types that the declaration of an intrinsic can contain.

use crate::array::{ArrayType, Element, Elements};
use std::fmt;

/// A heap type that a segment or an array can be declared with, or another heap type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeapType {
    /// `any`, the top type of the internal hierarchy.
    Any,
    /// `eq`, the type that `ref.eq` compares.
    Eq,
    /// `struct`, the supertype of all struct types.
    Struct,
    /// An array type of the program.
    Array(ArrayType),
    /// `extern`, the top type of the references of the host, of which strings of JavaScript are some.
    Extern,
    /// In the types that an intrinsic can have: any array type with such elements.
    AnyArray {
        /// Whether it must be mutable.
        mutable: bool,
        /// What its elements can be.
        elements: Elements,
    },
    /// A mutable array type of the program whose elements are texts of a mutable array type.
    Texts(TextsType),
    /// In the types that an intrinsic can have: any mutable array type whose elements are texts of mutable array types.
    AnyTexts,
    /// A heap type that no intrinsic uses.
    Other,
}

/// A WebAssembly value type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
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
    /// A reference.
    Reference {
        /// Whether the type includes the null reference.
        nullable: bool,
        /// The heap type that is referred to.
        heap: HeapType,
    },
}

impl ValueType {
    /// The nullable reference to `heap`, which the text format abbreviates (`anyref`).
    pub const fn nullable(heap: HeapType) -> ValueType {
        ValueType::Reference { nullable: true, heap }
    }
}

/// As in the text format. An array type is written as its index, and any array type as `$array`.
impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            ValueType::I32 => "i32",
            ValueType::I64 => "i64",
            ValueType::F32 => "f32",
            ValueType::F64 => "f64",
            ValueType::V128 => "v128",
            ValueType::Reference { nullable, heap } => {
                let null = if *nullable { "null " } else { "" };
                match (heap, nullable) {
                    (HeapType::Any, true) => "anyref",
                    (HeapType::Eq, true) => "eqref",
                    (HeapType::Struct, true) => "structref",
                    (HeapType::Extern, true) => "externref",
                    (HeapType::Any, false) => "(ref any)",
                    (HeapType::Eq, false) => "(ref eq)",
                    (HeapType::Struct, false) => "(ref struct)",
                    (HeapType::Extern, false) => "(ref extern)",
                    (HeapType::Array(ty), _) => return write!(f, "(ref {null}{})", ty.index),
                    (HeapType::Texts(ty), _) => return write!(f, "(ref {null}{})", ty.index),
                    (HeapType::AnyTexts, _) => return write!(f, "(ref {null}$texts)"),
                    (HeapType::AnyArray { .. }, _) => return write!(f, "(ref {null}$array)"),
                    (HeapType::Other, _) => return write!(f, "(ref {null}…)"),
                }
            }
        };
        f.write_str(name)
    }
}

/// The type that a program declares for an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArrayReference {
    /// Whether it includes the null reference.
    pub nullable: bool,
    /// The array type.
    pub ty: ArrayType,
}

impl ArrayReference {
    /// The reference type.
    pub const fn value_type(self) -> ValueType {
        ValueType::Reference { nullable: self.nullable, heap: HeapType::Array(self.ty) }
    }

    /// The array type that a value type refers to; `None` if it is another type.
    pub const fn of(ty: ValueType) -> Option<ArrayReference> {
        match ty {
            ValueType::Reference { nullable, heap: HeapType::Array(ty) } => Some(ArrayReference { nullable, ty }),
            _ => None,
        }
    }
}

/// The type that a program declares for a string of JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StringReference {
    /// Whether it includes the null reference.
    pub nullable: bool,
}

impl StringReference {
    /// The reference type.
    pub const fn value_type(self) -> ValueType {
        ValueType::Reference { nullable: self.nullable, heap: HeapType::Extern }
    }

    /// The reference to strings that a value type is; `None` if it is another type.
    pub const fn of(ty: ValueType) -> Option<StringReference> {
        match ty {
            ValueType::Reference { nullable, heap: HeapType::Extern } => Some(StringReference { nullable }),
            _ => None,
        }
    }
}

/// A mutable array type of the program whose elements are texts: references to a mutable array type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextsType {
    /// Its index among the types of the module.
    pub index: u32,
    /// The index of the type of a text.
    pub text: u32,
    /// The type of the units of a text.
    pub unit: Element,
    /// Whether its elements can be null.
    pub nullable: bool,
}

impl TextsType {
    /// The type of a text.
    pub const fn text_type(self) -> ArrayType {
        ArrayType { index: self.text, element: self.unit, mutable: true }
    }

    /// The array type that a value type refers to; `None` if it is another type.
    pub const fn of(ty: ValueType) -> Option<TextsType> {
        match ty {
            ValueType::Reference { heap: HeapType::Texts(ty), .. } => Some(ty),
            _ => None,
        }
    }
}

/// The type of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FunctionType {
    /// The parameters, first to last.
    pub params: Vec<ValueType>,
    /// The results, first to last.
    pub results: Vec<ValueType>,
}

impl FunctionType {
    /// The function type with these parameters and results.
    pub fn new(params: impl Into<Vec<ValueType>>, results: impl Into<Vec<ValueType>>) -> FunctionType {
        FunctionType { params: params.into(), results: results.into() }
    }
}

/// As in the text format: `(param i32 i64) (result i32)`, or `()` if there are neither parameters nor results.
impl fmt::Display for FunctionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |word: &str, types: &[ValueType]| {
            let list: String = types.iter().map(|ty| format!(" {ty}")).collect();
            (!types.is_empty()).then(|| format!("({word}{list})"))
        };
        let parts: Vec<String> =
            [group("param", &self.params), group("result", &self.results)].into_iter().flatten().collect();
        if parts.is_empty() { f.write_str("()") } else { f.write_str(&parts.join(" ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_type_displays_as_text_format() {
        let ty = FunctionType::new([ValueType::I32, ValueType::nullable(HeapType::Any)], [ValueType::I64]);
        assert_eq!(ty.to_string(), "(param i32 anyref) (result i64)");
        assert_eq!(FunctionType::default().to_string(), "()");
        assert_eq!(FunctionType::new([], [ValueType::F64]).to_string(), "(result f64)");
    }
}
