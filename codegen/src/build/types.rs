//! The types of a module that is being built.

use crate::build::arrays::{array_of, array_of_references};
use crate::build::ids::TypeId;
use crate::build::signatures::{ArrayOfReferences, Signatures};
use crate::segment::SegmentTypes;
use indexmap::IndexMap;
use wasm_encoder::{CompositeInnerType, Encode, SubType, TypeSection, ValType};

/// The largest number of types that engines accept in a module.
pub(super) const MAX_TYPES: u32 = 1_000_000;

/// The types and their signatures.
#[derive(Default)]
pub(super) struct Types {
    entries: Vec<Entry>,
    interned: IndexMap<(Vec<ValType>, Vec<ValType>), TypeId>,
    count: u32,
    /// The signatures of function types are declared here.
    signatures: Signatures,
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
    /// No types yet.
    pub(super) fn new(signatures: Signatures) -> Types {
        Types { signatures, ..Types::default() }
    }

    /// Adds the types of segments that are references, which must come first.
    pub(super) fn add_segments(&mut self, types: SegmentTypes) {
        self.count += types.count();
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
        let ty = self.next();
        self.signatures.declare_type(ty.0, key.0.clone(), key.1.len() as u32);
        self.interned.insert(key, ty);
        ty
    }

    /// A recursion group. Function types in it are not interned.
    pub(super) fn recursion_group(&mut self, types: Vec<SubType>) -> Vec<TypeId> {
        let ids = types
            .iter()
            .map(|ty| {
                let id = self.next();
                if let CompositeInnerType::Func(function) = &ty.composite_type.inner {
                    let results = function.results().len() as u32;
                    self.signatures.declare_type(id.0, function.params().to_vec(), results);
                }
                if let Some(ArrayOfReferences { ty, nullable, mutable }) = array_of_references(ty) {
                    self.signatures.declare_array_of_references(id.0, (ty, nullable), mutable);
                }
                if let Some((element, mutable)) = array_of(ty) {
                    self.signatures.declare_array(id.0, element, mutable);
                }
                id
            })
            .collect();
        self.entries.push(Entry::Group(types));
        ids
    }

    /// The ids that the next types will have; `None` if there would be too many types.
    pub(super) fn following(&self, count: u32) -> Option<Vec<TypeId>> {
        let end = self.count.checked_add(count).filter(|end| *end <= MAX_TYPES)?;
        Some((self.count..end).map(TypeId).collect())
    }

    /// The number of types.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    fn next(&mut self) -> TypeId {
        self.count += 1;
        TypeId(self.count - 1)
    }
}
