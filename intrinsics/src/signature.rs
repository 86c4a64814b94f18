//! The types that an intrinsic can be declared with, and the meaning of each.
//!
//! The declared type determines the representation of segments and, for a host call, whether its two results are folded
//! into one. A segment that is only an address does not carry its size: `MemorySegment.size` does not exist for it, and
//! a host call takes the number of bytes as an additional operand directly after the segment.
//!
//! An array has any array type of the program whose elements have bytes. So the types of an intrinsic with an array are
//! patterns, which [`Signature::resolve`] matches with the declared type. An array of text can be replaced by a string of
//! JavaScript, an `externref`.

use crate::array::{ArrayType, Element, Elements};
use crate::catalogue::{Intrinsic, Operation};
use crate::operand::Operand;
use crate::value::{ArrayReference, FunctionType, HeapType, StringReference, TextsType, ValueType};
use std::fmt;

/// The run-time representation of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Representation {
    /// `i32`: the address.
    Address,
    /// `i64`: the address in the low 32 bits, the size in the high 32.
    Packed,
    /// A reference to a struct private to linmem: start, size, region.
    Reference {
        /// Whether the declared type is nullable.
        nullable: bool,
        /// The heap type that the program declares.
        heap: HeapType,
    },
}

impl Representation {
    /// Every representation, simplest first. Nullable references precede non-nullable ones.
    pub const ALL: &'static [Representation] = &[
        Representation::Address,
        Representation::Packed,
        Representation::Reference { nullable: true, heap: HeapType::Any },
        Representation::Reference { nullable: true, heap: HeapType::Eq },
        Representation::Reference { nullable: true, heap: HeapType::Struct },
        Representation::Reference { nullable: false, heap: HeapType::Any },
        Representation::Reference { nullable: false, heap: HeapType::Eq },
        Representation::Reference { nullable: false, heap: HeapType::Struct },
    ];

    /// The type that a program declares for a segment.
    pub const fn value_type(self) -> ValueType {
        match self {
            Representation::Address => ValueType::I32,
            Representation::Packed => ValueType::I64,
            Representation::Reference { nullable, heap } => ValueType::Reference { nullable, heap },
        }
    }

    /// Whether a segment carries its size.
    pub const fn carries_size(self) -> bool {
        !matches!(self, Representation::Address)
    }
}

impl fmt::Display for Representation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value_type().fmt(f)
    }
}

/// An intrinsic together with the type that it is used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// The intrinsic.
    pub intrinsic: Intrinsic,
    /// The representation of segments; `None` if the intrinsic neither takes nor returns a segment.
    pub representation: Option<Representation>,
    /// Whether a host call returns one result instead of its errno and another result: a count or the negated errno, or
    /// a segment or the null segment.
    pub folded: bool,
    /// The type of its array; `None` if it has no array, or if the signature is a pattern for all array types. If it makes a
    /// string, the type of the arrays that the code units of the string are decoded to, once it is known.
    pub array: Option<ArrayReference>,
    /// The type of the string that replaces its array; `None` if none does.
    pub string: Option<StringReference>,
    /// The type of its array of texts, in the same way as that of its array.
    pub texts: Option<TextsType>,
}

impl Signature {
    /// The intrinsic with segments of `representation` and the results that the catalogue lists; `None` if the
    /// representation cannot support the intrinsic. If it has an array, the signature is a pattern: see
    /// [`with_array`](Signature::with_array).
    #[inline]
    pub fn new(intrinsic: Intrinsic, representation: Representation) -> Option<Signature> {
        let uses_segments = intrinsic.operands().iter().chain(intrinsic.results()).any(|operand| operand.is_segment());
        if intrinsic.operation() == Operation::Size && !representation.carries_size() {
            return None;
        }
        let representation = uses_segments.then_some(representation);
        Some(Signature { intrinsic, representation, folded: false, array: None, string: None, texts: None })
    }

    /// The signature for an array type; `None` if the intrinsic has no array, or cannot have one of this type because it
    /// assigns elements, because it returns null, or because it cannot have such elements. Strings are made of mutable arrays
    /// of `i16`.
    pub fn with_array(self, array: ArrayReference) -> Option<Signature> {
        let ArrayType { element, mutable, .. } = array.ty;
        let can = match self.string {
            None => {
                self.intrinsic.has_array()
                    && (mutable || !self.intrinsic.writes_array())
                    && (array.nullable || !self.intrinsic.returns_null_array())
                    && self.intrinsic.elements().contain(element)
            }
            Some(_) => self.makes_string() && mutable && element == Element::I16,
        };
        can.then_some(Signature { array: Some(array), ..self })
    }

    /// The signature with a string in the place of its array; `None` if the intrinsic cannot have one.
    pub fn with_string(self, string: StringReference) -> Option<Signature> {
        self.intrinsic.takes_strings().then_some(Signature { string: Some(string), ..self })
    }

    /// Whether it makes a string.
    pub fn makes_string(&self) -> bool {
        self.string.is_some() && self.intrinsic.writes_array()
    }

    /// The signature for an array type whose elements are texts; `None` if the intrinsic has no such array, or the elements of
    /// the texts cannot be code units.
    pub fn with_texts(self, texts: TextsType) -> Option<Signature> {
        let can = self.intrinsic.has_texts() && Elements::Units.contain(texts.unit);
        can.then_some(Signature { texts: Some(texts), ..self })
    }

    /// Whether it stands for the signatures with all array types.
    pub fn is_pattern(&self) -> bool {
        self.array.is_none() && self.string.is_none() && self.intrinsic.has_array()
            || self.texts.is_none() && self.intrinsic.has_texts()
    }

    /// Whether it cannot be lowered without an array type.
    pub fn needs_array(&self) -> bool {
        self.is_pattern() || (self.array.is_none() && self.makes_string())
    }

    /// Every signature that the intrinsic can have, in a fixed order. One with an array is a pattern. One with a string stands
    /// also for that with non-nullable strings.
    pub fn possible(intrinsic: Intrinsic) -> Vec<Signature> {
        let mut list: Vec<Signature> = Vec::new();
        for &representation in Representation::ALL {
            let Some(plain) = Signature::new(intrinsic, representation) else { continue };
            // An address is followed by its size, which makes three results; a reference may have no null value.
            let has_null = match representation {
                Representation::Packed => true,
                Representation::Reference { nullable, .. } => nullable,
                Representation::Address => false,
            };
            let can_fold = matches!(intrinsic.results(), [Operand::Errno, value] if !value.is_segment() || has_null);
            let folded = can_fold.then_some(Signature { folded: true, ..plain });
            let string = plain.with_string(StringReference { nullable: true });
            for signature in [Some(plain), folded, string].into_iter().flatten() {
                if !list.contains(&signature) {
                    list.push(signature);
                }
            }
        }
        list
    }

    /// The signature that a declaration of this type selects; `None` if the intrinsic cannot have that type.
    pub fn resolve(intrinsic: Intrinsic, declared: &FunctionType) -> Option<Signature> {
        Signature::possible(intrinsic).into_iter().find_map(|signature| signature.matched(declared))
    }

    /// The signature with this type, if its type or an instance of its pattern is this type.
    fn matched(self, declared: &FunctionType) -> Option<Signature> {
        let mut types = declared.params.iter().chain(&declared.results).copied();
        let signature = if self.intrinsic.has_texts() {
            self.with_texts(declared.results.iter().copied().find_map(TextsType::of)?)?
        } else if self.is_pattern() {
            self.with_array(types.find_map(ArrayReference::of)?)?
        } else if self.string.is_some() {
            self.with_string(types.find_map(StringReference::of)?)?
        } else {
            self
        };
        (signature.function_type() == *declared).then_some(signature)
    }

    /// The operands, first to last: those of the catalogue, and a number of bytes after each segment of a host call
    /// that does not carry its size.
    pub fn operands(&self) -> Vec<Operand> {
        self.with_sizes(self.intrinsic.operands())
    }

    /// The number of operands.
    #[inline]
    pub fn operand_count(&self) -> usize {
        let operands = self.intrinsic.operands();
        let sizes = if self.takes_sizes() { operands.iter().filter(|operand| operand.is_sized()).count() } else { 0 };
        operands.len() + sizes
    }

    /// Whether a size follows each segment.
    #[inline]
    fn takes_sizes(&self) -> bool {
        self.intrinsic.takes_sizes() && self.representation.is_some_and(|kind| !kind.carries_size())
    }

    /// The results, first to last: those of the catalogue, with sizes as for operands.
    pub fn results(&self) -> Vec<Operand> {
        match self.intrinsic.results() {
            [_, value] if self.folded => vec![*value],
            results => self.with_sizes(results),
        }
    }

    fn with_sizes(&self, operands: &[Operand]) -> Vec<Operand> {
        let mut sized = Vec::with_capacity(operands.len());
        for &operand in operands {
            sized.push(operand);
            if self.takes_sizes() && operand.is_sized() {
                sized.push(Operand::Bytes);
            }
        }
        sized
    }

    /// The type of the import that has this signature.
    pub fn function_type(&self) -> FunctionType {
        let value_type = |operand: &Operand| self.value_type(*operand);
        FunctionType {
            params: self.operands().iter().map(value_type).collect(),
            results: self.results().iter().map(value_type).collect(),
        }
    }

    /// The type of an operand.
    pub fn value_type(&self, operand: Operand) -> ValueType {
        match operand {
            Operand::Segment | Operand::Buffer(_) | Operand::Record(_) => {
                self.representation.map_or(ValueType::I32, Representation::value_type)
            }
            Operand::Value(access) => access.value_type(),
            Operand::Long(_) => ValueType::I64,
            Operand::Array => match (self.string, self.array) {
                (Some(string), _) => string.value_type(),
                (None, Some(array)) => array.value_type(),
                (None, None) => {
                    let (mutable, elements) = (self.intrinsic.writes_array(), self.intrinsic.elements());
                    let heap = HeapType::AnyArray { mutable, elements };
                    ValueType::Reference { nullable: true, heap }
                }
            },
            Operand::Texts => {
                let heap = self.texts.map_or(HeapType::AnyTexts, HeapType::Texts);
                ValueType::Reference { nullable: true, heap }
            }
            Operand::Allocator
            | Operand::Int(_)
            | Operand::Index
            | Operand::Offset
            | Operand::Bytes
            | Operand::Alignment
            | Operand::Address
            | Operand::Byte
            | Operand::Descriptor
            | Operand::Errno
            | Operand::Count => ValueType::I32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasi;
    use ValueType::{I32, I64};

    /// Some array types, as a program can declare them.
    fn arrays() -> Vec<ArrayReference> {
        let mut arrays = Vec::new();
        for (index, element) in (0..).zip(Element::ALL.iter().copied()) {
            for mutable in [false, true] {
                for nullable in [false, true] {
                    arrays.push(ArrayReference { nullable, ty: ArrayType { index, element, mutable } });
                }
            }
        }
        arrays
    }

    #[test]
    fn type_resolves_to_one_signature() {
        for &intrinsic in Intrinsic::ALL {
            let possible = Signature::possible(intrinsic);
            assert!(!possible.is_empty(), "{} can have no type", intrinsic.name());
            for signature in possible {
                assert_eq!(signature.operand_count(), signature.operands().len(), "{}", intrinsic.name());
                let instances = if intrinsic.has_texts() {
                    let mutable = arrays().into_iter().filter(|array| array.ty.mutable);
                    let texts = mutable.map(|ArrayReference { nullable, ty }| TextsType {
                        index: 20,
                        text: ty.index,
                        unit: ty.element,
                        nullable,
                    });
                    texts.filter_map(|texts| signature.with_texts(texts)).collect()
                } else if signature.is_pattern() {
                    arrays().into_iter().filter_map(|array| signature.with_array(array)).collect()
                } else {
                    vec![signature]
                };
                assert!(!instances.is_empty(), "{}", intrinsic.name());
                for instance in instances {
                    let resolved = Signature::resolve(intrinsic, &instance.function_type());
                    assert_eq!(resolved, Some(instance), "{}", intrinsic.name());
                }
            }
        }
    }

    #[test]
    fn array_type_is_any_array_type_that_the_intrinsic_can_use() {
        for array in arrays() {
            let segment = Representation::Packed.value_type();
            let copy = FunctionType::new([segment, I32, array.value_type(), I32, I32], []);
            let from = Signature::resolve(Intrinsic::SegmentCopyFromArray, &copy);
            assert_eq!(from.and_then(|signature| signature.array), Some(array));
            let to = Signature::resolve(Intrinsic::SegmentCopyToArray, &copy);
            assert_eq!(to.and_then(|signature| signature.array), array.ty.mutable.then_some(array));
            let new = FunctionType::new([segment, I32, I32], [array.value_type()]);
            let new = Signature::resolve(Intrinsic::SegmentToArray, &new);
            assert_eq!(new.and_then(|signature| signature.array), array.ty.mutable.then_some(array));
            assert_eq!(Signature::possible(Intrinsic::SegmentCopy)[0].with_array(array), None);
            let size = FunctionType::new([array.value_type(), I32, I32], [I32]);
            let size = Signature::resolve(Intrinsic::TextUtf8Size, &size);
            let is_text = matches!(array.ty.element, Element::I8 | Element::I16);
            assert_eq!(size.and_then(|signature| signature.array), is_text.then_some(array));
            let get = FunctionType::new([segment, I32, I32], [array.value_type()]);
            let get = Signature::resolve(Intrinsic::SegmentGetLatin1, &get);
            assert_eq!(get.is_some(), is_text && array.ty.mutable);
        }
        let other = ValueType::nullable(HeapType::Other);
        let copy = FunctionType::new([I64, I32, other, I32, I32], []);
        assert_eq!(Signature::resolve(Intrinsic::SegmentCopyFromArray, &copy), None);
    }

    #[test]
    fn string_can_replace_an_array_of_text_only() {
        for nullable in [false, true] {
            let string = StringReference { nullable };
            let size = FunctionType::new([string.value_type(), I32, I32], [I32]);
            let size = Signature::resolve(Intrinsic::TextWtf8Size, &size);
            assert_eq!(size.and_then(|signature| signature.string), Some(string));
            let get = FunctionType::new([I64, I32, I32], [string.value_type()]);
            let get = Signature::resolve(Intrinsic::SegmentGetUtf8, &get);
            assert!(get.is_some_and(|signature| signature.makes_string() && !signature.is_pattern()));
            let copy = FunctionType::new([I64, I32, string.value_type(), I32, I32], []);
            assert_eq!(Signature::resolve(Intrinsic::SegmentCopyFromArray, &copy), None);
            let allocate = FunctionType::new([I32, string.value_type(), I32, I32], [I32, I32]);
            let allocate = Signature::resolve(Intrinsic::AllocatorAllocateUtf8, &allocate);
            assert_eq!(allocate.and_then(|signature| signature.string), Some(string));
        }
    }

    #[test]
    fn allocation_of_array_gives_size_if_segment_has_none() {
        let types: Vec<String> = Signature::possible(Intrinsic::AllocatorAllocateArray)
            .iter()
            .map(|signature| signature.function_type().to_string())
            .take(2)
            .collect();
        assert_eq!(
            types,
            [
                "(param i32 (ref null $array) i32 i32) (result i32 i32)",
                "(param i32 (ref null $array) i32 i32) (result i64)"
            ]
        );
    }

    #[test]
    fn host_call_takes_size_if_segment_has_none() {
        let signature = Signature::new(Intrinsic::Host(wasi::Function::FdWrite), Representation::Address)
            .map(|s| s.function_type());
        assert_eq!(signature, Some(FunctionType::new([I32, I32, I32], [I32, I32])));
        let signature =
            Signature::new(Intrinsic::Host(wasi::Function::FdWrite), Representation::Packed).map(|s| s.function_type());
        assert_eq!(signature, Some(FunctionType::new([I32, I64], [I32, I32])));
    }

    #[test]
    fn address_has_no_size() {
        assert_eq!(Signature::new(Intrinsic::SegmentSize, Representation::Address), None);
    }

    #[test]
    fn call_returning_segment_folds_if_null_segment_exists() {
        for &representation in Representation::ALL {
            let single = FunctionType::new([I32], [representation.value_type()]);
            let resolved = Signature::resolve(Intrinsic::WasiArgs, &single);
            let can = match representation {
                Representation::Address => false,
                Representation::Packed => true,
                Representation::Reference { nullable, .. } => nullable,
            };
            assert_eq!(resolved.is_some_and(|signature| signature.folded), can, "{representation}");
        }
    }

    #[test]
    fn regions_do_not_depend_on_the_representation() {
        assert_eq!(Signature::possible(Intrinsic::AllocatorNew).len(), 1);
        assert_eq!(Signature::possible(Intrinsic::AllocatorFree).len(), 1);
    }
}
