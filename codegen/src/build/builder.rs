//! The state of a function that is being built.

use crate::build::structure::{Scope, Structure};
use crate::engine::Engine;
use crate::error::Error;
use linmem_allocator::Unwind;
use wasm_encoder::ValType;

/// The information that a builder requires about its module.
pub(super) trait Signatures {
    /// The number of parameters and results of a function; `None` if unknown.
    fn function_arity(&self, function: u32) -> Option<(u32, u32)>;
    /// The number of parameters and results of a function type; `None` if unknown.
    fn type_arity(&self, ty: u32) -> Option<(u32, u32)>;
    /// The parameter types of a tag.
    fn tag_types(&self, tag: u32) -> Option<Vec<ValType>>;
    /// The index of the type of a block with no parameters and these results.
    fn block_type(&self, results: &[ValType]) -> Option<u32>;
    /// Whether calls refer to functions by the numbers that a [`ModuleBuilder`](crate::build::ModuleBuilder) assigned,
    /// which are not the final indices.
    fn renumbers(&self) -> bool;
}

/// Lowers instructions and operations as they are added.
///
/// A mistake does not panic: the first one is recorded, and returned as an error when the function is finished.
pub struct FunctionBuilder<'a> {
    pub(super) engine: Engine<'a>,
    pub(super) signatures: &'a dyn Signatures,
    pub(super) scopes: Vec<Scope>,
    /// The open control structures, including those in unreachable code, outermost first.
    pub(super) structures: Vec<Structure>,
    /// The number of hidden structures among them.
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

    /// Records a mistake, unless one was recorded before.
    pub(crate) fn fail(&mut self, message: &str) {
        let message = format!("{}: {message}", self.name);
        self.remember(Error::Builder { message });
    }

    pub(super) fn remember(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}
