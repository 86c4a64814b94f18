//! What function builders know about the module that their functions belong to.
//!
//! The table is shared by the module and its function builders, so that the module may grow while functions are open,
//! on any thread. Only the module writes to it.

use crate::error::{Error, Place};
use linmem_intrinsics::Element;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use wasm_encoder::ValType;

/// The signatures of a module's functions, types and tags, and its array types, which a module writer declares before it refers to them.
///
/// A clone declares them for the same module.
#[derive(Clone, Debug, Default)]
pub struct Signatures(Arc<RwLock<Table>>);

#[derive(Debug, Default)]
struct Table {
    functions: HashMap<u32, Function>,
    /// The parameters and the number of results of function types.
    types: HashMap<u32, (Vec<ValType>, u32)>,
    /// The elements of array types, and whether they can be assigned.
    arrays: HashMap<u32, (Element, bool)>,
    /// Array types whose elements are references to types of the module.
    references: HashMap<u32, ArrayOfReferences>,
    /// The parameters of tags.
    tags: HashMap<u32, Vec<ValType>>,
    /// Whether no function of the module throws.
    nothing_throws: bool,
    /// Whether functions that are not in the table do not exist.
    is_complete: bool,
}

/// An array type whose elements are references to a type of the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArrayOfReferences {
    pub(super) ty: u32,
    pub(super) nullable: bool,
    pub(super) mutable: bool,
}

#[derive(Clone, Copy, Debug)]
struct Function {
    arity: (u32, u32),
    throws: bool,
}

impl Signatures {
    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Declares a function, by its number in instructions, and the number of its parameters and results. Calls of
    /// functions that are not declared make code slower, never wrong. Until it is declared otherwise, a function may
    /// throw.
    pub fn declare_function(&self, function: u32, arity: (u32, u32)) {
        self.write().functions.insert(function, Function { arity, throws: true });
    }

    /// Declares that a function that was declared does not throw. Scopes of regions whose functions cannot throw cost
    /// nothing, whatever [`Config::unwind`](crate::Config::unwind) is.
    pub fn declare_nothrow(&self, function: u32) {
        if let Some(function) = self.write().functions.get_mut(&function) {
            function.throws = false;
        }
    }

    /// Declares that no function throws, imported functions and those that are called indirectly included.
    pub fn declare_nothing_throws(&self) {
        self.write().nothing_throws = true;
    }

    /// Declares that functions that are not declared when they are referred to do not exist.
    pub(crate) fn declare_complete(&self) {
        self.write().is_complete = true;
    }

    /// Whether a function is known not to exist.
    pub(super) fn is_missing(&self, function: u32) -> bool {
        let table = self.read();
        table.is_complete && !table.functions.contains_key(&function)
    }

    /// Declares a function type: its parameters, and the number of its results. Blocks whose type is a number require
    /// it.
    pub fn declare_type(&self, ty: u32, params: Vec<ValType>, results: u32) {
        self.write().types.insert(ty, (params, results));
    }

    /// Declares an array type: its elements, and whether they can be assigned. Copies between arrays and segments require
    /// it.
    pub fn declare_array(&self, ty: u32, element: Element, mutable: bool) {
        self.write().arrays.insert(ty, (element, mutable));
    }

    /// Declares an array type whose elements are references to the type `text`, nullable or not. Arrays of arguments and of
    /// environment variables require it, and that the type `text` is declared.
    pub fn declare_array_of_references(&self, ty: u32, (text, nullable): (u32, bool), mutable: bool) {
        self.write().references.insert(ty, ArrayOfReferences { ty: text, nullable, mutable });
    }

    /// Declares the parameters of an exception tag. Handlers outside of a region require it.
    pub fn declare_tag(&self, tag: u32, params: Vec<ValType>) {
        self.write().tags.insert(tag, params);
    }

    /// Whether both describe the same module.
    pub(super) fn is_of_same_module(&self, other: &Signatures) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The declared functions, by number, with the numbers of their parameters and results.
    pub(super) fn function_arities(&self) -> BTreeMap<u32, (u32, u32)> {
        self.read().functions.iter().map(|(number, function)| (*number, function.arity)).collect()
    }

    /// The number of parameters and results of a function; `None` if unknown.
    pub(super) fn function_arity(&self, function: u32) -> Option<(u32, u32)> {
        self.read().functions.get(&function).map(|function| function.arity)
    }

    /// Whether a function may throw.
    pub(super) fn throws(&self, function: u32) -> bool {
        let table = self.read();
        !table.nothing_throws && table.functions.get(&function).is_none_or(|function| function.throws)
    }

    /// Whether functions that are called indirectly may throw.
    pub(super) fn anything_throws(&self) -> bool {
        !self.read().nothing_throws
    }

    /// The number of parameters and results of a function type; `None` if unknown.
    pub(super) fn type_arity(&self, ty: u32) -> Option<(u32, u32)> {
        self.read().types.get(&ty).map(|(params, results)| (params.len() as u32, *results))
    }

    /// The parameters of a function type; `None` if unknown.
    pub(super) fn type_params(&self, ty: u32) -> Option<Vec<ValType>> {
        self.read().types.get(&ty).map(|(params, _)| params.clone())
    }

    /// The elements of an array type, and whether they can be assigned; `None` if it is not declared.
    pub(super) fn array(&self, ty: u32) -> Option<(Element, bool)> {
        self.read().arrays.get(&ty).copied()
    }

    /// An array type whose elements are references; `None` if it is not declared.
    pub(super) fn array_of_references(&self, ty: u32) -> Option<ArrayOfReferences> {
        self.read().references.get(&ty).copied()
    }

    /// The parameter types of a tag; `None` if unknown.
    pub(super) fn tag_types(&self, tag: u32) -> Option<Vec<ValType>> {
        self.read().tags.get(&tag).cloned()
    }
}

/// The error for a body that another module began.
pub(super) fn foreign(name: &str) -> Error {
    Error::Builder { message: format!("{name} belongs to another module"), place: Place::Module }
}
