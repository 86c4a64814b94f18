//! The types of a module that is being built.

use crate::build::ids::TypeId;
use crate::segment::SegmentTypes;
use indexmap::IndexMap;
use wasm_encoder::{CompositeInnerType, Encode, SubType, TypeSection, ValType};

/// The parts of a function type that instructions depend on.
struct Signature {
    params: Vec<ValType>,
    results: u32,
}

/// The types and their signatures.
#[derive(Default)]
pub(super) struct Types {
    entries: Vec<Entry>,
    interned: IndexMap<(Vec<ValType>, Vec<ValType>), TypeId>,
    /// For each type, its signature if it is a function type.
    signatures: Vec<Option<Signature>>,
}

/// A type, encoded as in the type section.
fn encoded(ty: &SubType) -> Vec<u8> {
    let mut section = TypeSection::new();
    section.ty().subtype(ty);
    let mut bytes = Vec::new();
    section.encode(&mut bytes);
    bytes
}

/// An entry of the type section.
enum Entry {
    Function(Vec<ValType>, Vec<ValType>),
    Group(Vec<SubType>),
    /// The segment types, which get a number that makes the group unique.
    Segments(SegmentTypes),
}

impl Types {
    /// Adds the types of segments that are references, which must come first.
    pub(super) fn add_segments(&mut self, types: SegmentTypes) {
        (0..types.count()).for_each(|_| {
            self.count(None);
        });
        self.entries.push(Entry::Segments(types));
    }

    /// The type section. `number`, which is derived from the rest of the module, distinguishes the segment types from
    /// those of other modules.
    pub(super) fn section(&self, number: impl Fn() -> u32) -> TypeSection {
        let mut section = TypeSection::new();
        for entry in &self.entries {
            match entry {
                Entry::Function(params, results) => {
                    section.ty().function(params.iter().copied(), results.iter().copied());
                }
                Entry::Group(types) => section.ty().rec(types.clone()),
                Entry::Segments(types) => section.ty().rec(self.unique_group(*types, number())),
            }
        }
        section
    }

    /// The segment types with the first number, from `first` on, that no other group has. The loop terminates, since
    /// there are fewer groups than numbers.
    fn unique_group(&self, types: SegmentTypes, first: u32) -> Vec<SubType> {
        let mut number = first;
        loop {
            let group = types.group(number);
            // The last type depends only on the number, so it is sufficient that no other group ends with an equal
            // type.
            let end = group.last().map(encoded);
            let ends_so = |entry: &Entry| matches!(entry, Entry::Group(other) if other.last().map(encoded) == end);
            if !self.entries.iter().any(ends_so) {
                return group;
            }
            number = number.wrapping_add(1);
        }
    }

    /// The function type with these parameters and results.
    pub(super) fn function(&mut self, params: Vec<ValType>, results: Vec<ValType>) -> TypeId {
        let key = (params, results);
        if let Some(ty) = self.interned.get(&key) {
            return *ty;
        }
        self.entries.push(Entry::Function(key.0.clone(), key.1.clone()));
        let ty = self.count(Some(Signature { params: key.0.clone(), results: key.1.len() as u32 }));
        self.interned.insert(key, ty);
        ty
    }

    /// A recursion group. Function types in it are not interned.
    pub(super) fn recursion_group(&mut self, types: Vec<SubType>) -> Vec<TypeId> {
        let ids = types
            .iter()
            .map(|ty| {
                let signature = match &ty.composite_type.inner {
                    CompositeInnerType::Func(function) => {
                        Some(Signature { params: function.params().to_vec(), results: function.results().len() as u32 })
                    }
                    _ => None,
                };
                self.count(signature)
            })
            .collect();
        self.entries.push(Entry::Group(types));
        ids
    }

    /// The number of parameters and results of a function type.
    pub(super) fn arity(&self, ty: u32) -> Option<(u32, u32)> {
        self.signature(ty).map(|signature| (signature.params.len() as u32, signature.results))
    }

    /// The parameters of a function type.
    pub(super) fn params(&self, ty: u32) -> Option<&[ValType]> {
        self.signature(ty).map(|signature| &signature.params[..])
    }

    fn signature(&self, ty: u32) -> Option<&Signature> {
        self.signatures.get(ty as usize).and_then(Option::as_ref)
    }

    fn count(&mut self, signature: Option<Signature>) -> TypeId {
        self.signatures.push(signature);
        TypeId(self.signatures.len() as u32 - 1)
    }
}
