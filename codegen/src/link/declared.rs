//! The types that the program declares for imports from `linmem`, with the array types that they refer to.

use crate::module::{element, function_type, print_function_type, value_type};
use linmem_intrinsics::{
    ArrayReference, ArrayType, Element, FunctionType, HeapType as CatalogueHeapType, TextsType, ValueType,
};
use std::collections::BTreeMap;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmparser::types::{CoreTypeId, TypesRef};
use wasmparser::{CompositeInnerType, FuncType, HeapType, RefType, StorageType, SubType, UnpackedIndex, ValType};

/// The type of an imported function.
#[derive(Clone, Copy)]
pub(super) struct DeclaredType<'a> {
    /// The type.
    pub(super) ty: &'a FuncType,
    /// The types of the module that were declared before the import.
    pub(super) types: TypesRef<'a>,
}

impl DeclaredType<'_> {
    /// The type in the terms of the catalogue.
    pub(super) fn function_type(self) -> FunctionType {
        if self.references().next().is_none() {
            return function_type(self.ty);
        }
        let convert = |types: &[ValType]| types.iter().map(|ty| self.value_type(*ty)).collect();
        FunctionType { params: convert(self.ty.params()), results: convert(self.ty.results()) }
    }

    fn value_type(self, ty: ValType) -> ValueType {
        let array = |reference: RefType| {
            let id = type_of(reference)?;
            let (element, mutable) = array_of(&self.types[id])?;
            let ty = ArrayType { index: self.index(id)?, element, mutable };
            Some(ArrayReference { nullable: reference.is_nullable(), ty }.value_type())
        };
        match ty {
            ValType::Ref(reference) => {
                array(reference).or_else(|| self.texts(reference)).unwrap_or_else(|| value_type(ty))
            }
            _ => value_type(ty),
        }
    }

    /// The type of the arrays that strings are made of: mutable, of `i16`, final, without a supertype, and alone in its
    /// recursion group, since the functions of the host have exactly this type. It is the first one of the module, or else the
    /// one that linmem adds after the module's types.
    pub(super) fn units(self) -> ArrayType {
        let count = self.types.core_type_count_in_module();
        let is_units = |index: &u32| {
            let id = self.types.core_type_at_in_module(*index);
            let ty = &self.types[id];
            let is_alone = self.types.rec_group_elements(self.types.rec_group_id_of(id)).len() == 1;
            is_alone && ty.is_final && ty.supertype_idx.is_none() && array_of(ty) == Some((Element::I16, true))
        };
        ArrayType { index: (0..count).find(is_units).unwrap_or(count), element: Element::I16, mutable: true }
    }

    /// A reference to a mutable array whose elements are references to mutable arrays.
    fn texts(self, reference: RefType) -> Option<ValueType> {
        let id = type_of(reference)?;
        let ty = &self.types[id].composite_type;
        let CompositeInnerType::Array(array) = &ty.inner else { return None };
        let StorageType::Val(ValType::Ref(text)) = array.0.element_type else { return None };
        let text = type_of(text).zip(Some(text.is_nullable()));
        let (text, nullable) = text.filter(|_| array.0.mutable && !ty.shared)?;
        let (unit, is_mutable) = array_of(&self.types[text])?;
        let texts = TextsType { index: self.index(id)?, text: self.index(text)?, unit, nullable };
        let nullable = reference.is_nullable();
        is_mutable.then_some(ValueType::Reference { nullable, heap: CatalogueHeapType::Texts(texts) })
    }

    /// The references to types of the module.
    fn references(self) -> impl Iterator<Item = (RefType, CoreTypeId)> {
        let all = self.ty.params().iter().chain(self.ty.results());
        all.filter_map(|ty| match ty {
            ValType::Ref(reference) => Some((*reference, type_of(*reference)?)),
            _ => None,
        })
    }

    /// The index of a type: the first one, if the module declares the type several times.
    fn index(self, id: CoreTypeId) -> Option<u32> {
        (0..self.types.core_type_count_in_module()).find(|index| self.types.core_type_at_in_module(*index) == id)
    }

    /// The type as in the text format, followed by the definitions of the types that it refers to:
    /// `(param i64 i32 (ref null 3) i32 i32), where type 3 is (array i8)`.
    pub(super) fn print(self) -> String {
        let mut text = print_function_type(self.ty);
        let mut definitions = BTreeMap::new();
        for (reference, id) in self.references() {
            let Some(index) = self.index(id) else { continue };
            let null = if reference.is_nullable() { "null " } else { "" };
            text = text.replace(&ValType::Ref(reference).to_string(), &format!("(ref {null}{index})"));
            definitions.insert(index, definition(&self.types[id]));
        }
        let list: Vec<String> =
            definitions.iter().map(|(index, definition)| format!("type {index} is {definition}")).collect();
        if list.is_empty() { text } else { format!("{text}, where {}", list.join(" and ")) }
    }
}

/// The type of the module that a reference refers to.
fn type_of(reference: RefType) -> Option<CoreTypeId> {
    match reference.heap_type() {
        HeapType::Concrete(UnpackedIndex::Id(id)) => Some(id),
        _ => None,
    }
}

/// The elements of an array type, and whether they can be assigned; `None` if the type is another one, if its elements
/// are references, or if threads share it.
fn array_of(ty: &SubType) -> Option<(Element, bool)> {
    let CompositeInnerType::Array(array) = &ty.composite_type.inner else { return None };
    if ty.composite_type.shared {
        return None;
    }
    // References to types of the module cannot be converted, and have no bytes.
    let storage = RoundtripReencoder.storage_type(array.0.element_type).ok()?;
    Some((element(storage)?, array.0.mutable))
}

/// A type in messages.
fn definition(ty: &SubType) -> String {
    let inner = match &ty.composite_type.inner {
        CompositeInnerType::Array(array) if array_of(ty).is_some() => return array.to_string(),
        CompositeInnerType::Array(array) => match array.0.element_type {
            StorageType::Val(ValType::Ref(_)) => "array of references",
            StorageType::I8 | StorageType::I16 | StorageType::Val(_) => "array of numbers",
        },
        CompositeInnerType::Struct(_) => "struct",
        CompositeInnerType::Func(_) => "function",
        CompositeInnerType::Cont(_) => "continuation",
    };
    let article = match inner.starts_with('a') {
        _ if ty.composite_type.shared => "a shared",
        true => "an",
        false => "a",
    };
    format!("{article} {inner}")
}
