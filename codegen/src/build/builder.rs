//! The state of a function that is being built.

use crate::build::structure::{Scope, Structure};
use crate::engine::Engine;
use crate::error::Error;
use linmem_allocator::Unwind;
use wasm_encoder::ValType;

/// What a builder has to know of the module that it builds for.
pub(super) trait Signatures {
    /// How many parameters and results a function has; nothing if nobody told.
    fn function_arity(&self, function: u32) -> Option<(u32, u32)>;
    /// How many parameters and results a function type has.
    fn type_arity(&self, ty: u32) -> Option<(u32, u32)>;
    /// The parameters of a tag.
    fn tag_types(&self, tag: u32) -> Option<Vec<ValType>>;
    /// The type of a block that takes nothing and leaves these.
    fn block_type(&self, results: &[ValType]) -> Option<u32>;
    /// Whether calls refer to functions by the numbers of a [`ModuleBuilder`](crate::build::ModuleBuilder), which are
    /// not yet their indices.
    fn renumbers(&self) -> bool;
}

/// Takes instructions and operations, and lowers them as they come.
///
/// A mistake does not panic: it is remembered, and whoever asked for the function gets it as an error.
pub struct FunctionBuilder<'a> {
    pub(super) engine: Engine<'a>,
    pub(super) signatures: &'a dyn Signatures,
    pub(super) scopes: Vec<Scope>,
    /// The control structures that are open, in code that cannot be reached as well, outermost first.
    pub(super) structures: Vec<Structure>,
    /// How many of them are hidden.
    pub(super) hidden: u32,
    pub(super) results: u32,
    pub(super) name: String,
    pub(super) unwind: Unwind,
    pub(super) params: u32,
    pub(super) error: Option<Error>,
}

impl<'a> FunctionBuilder<'a> {
    pub(super) fn new(
        engine: Engine<'a>,
        signatures: &'a dyn Signatures,
        name: &str,
        unwind: Unwind,
        params: u32,
        results: u32,
    ) -> FunctionBuilder<'a> {
        FunctionBuilder {
            engine,
            signatures,
            scopes: Vec::new(),
            structures: Vec::new(),
            hidden: 0,
            results,
            name: name.to_string(),
            unwind,
            params,
            error: None,
        }
    }

    /// Remembers the first mistake.
    pub(crate) fn fail(&mut self, message: &str) {
        let message = format!("{}: {message}", self.name);
        self.remember(Error::Builder { message });
    }

    pub(super) fn remember(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}
