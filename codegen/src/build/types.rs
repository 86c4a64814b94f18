//! The types of a module that is being built.

use crate::build::module::TypeId;
use indexmap::IndexMap;
use wasm_encoder::{CompositeInnerType, SubType, TypeSection, ValType};

/// A function type, as far as instructions depend on it.
struct Signature {
    params: Vec<ValType>,
    results: u32,
}

/// The type section, and what is in it.
#[derive(Default)]
pub(super) struct Types {
    section: TypeSection,
    interned: IndexMap<(Vec<ValType>, Vec<ValType>), TypeId>,
    /// For each type, its signature if it is a function's.
    signatures: Vec<Option<Signature>>,
}

impl Types {
    /// The section.
    pub(super) fn section(&self) -> &TypeSection {
        &self.section
    }

    /// The function type with these parameters and results.
    pub(super) fn function(&mut self, params: Vec<ValType>, results: Vec<ValType>) -> TypeId {
        let key = (params, results);
        if let Some(ty) = self.interned.get(&key) {
            return *ty;
        }
        self.section.ty().function(key.0.iter().copied(), key.1.iter().copied());
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
        self.section.ty().rec(types);
        ids
    }

    /// How many parameters and results a function type has.
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
