//! The interface of a frontend's own module writer.

use linmem_intrinsics::FunctionType;
use wasm_encoder::{ConstExpr, Function, SubType, ValType};

/// A module writer that linmem lowers into.
///
/// Indices must be final when they are returned: linmem writes them into code. A writer that lays out its index spaces
/// at the end uses a [`LateLowering`](crate::build::LateLowering). A writer that must import all functions before it
/// defines the first one asks [`Lowering::imports`](crate::build::Lowering::imports) which ones are needed.
pub trait ModuleSink {
    /// Returns the index of the type with these parameters and results, and adds the type if it does not exist. A type
    /// can contain references to array types that the writer [declared](crate::build::Signatures::declare_array), by
    /// their indices; they occur only if arrays are copied. If strings are encoded or made, it can contain `externref` and
    /// `(ref extern)`.
    fn function_type(&mut self, ty: &FunctionType) -> u32;

    /// Imports a function, unless it is already imported, and returns its index.
    fn import_function(&mut self, module: &str, name: &str, ty: u32) -> u32;

    /// Reserves the index of a function whose body is defined later.
    fn declare_function(&mut self, name: &str, ty: u32) -> u32;

    /// Defines the body of a declared function.
    fn define_function(&mut self, index: u32, body: Function);

    /// Adds a mutable global with this type and this value, and returns its index.
    fn add_global(&mut self, name: &str, ty: ValType, value: &ConstExpr) -> u32;

    /// Reserves `count` consecutive indices for the types of a recursion group, and returns the first. Only segments
    /// that are references need it.
    fn declare_recursion_group(&mut self, count: u32) -> u32;

    /// Defines the types of a declared recursion group, which refer to each other by their indices. linmem calls this
    /// last: the types depend on the lowered functions, so that modules do not share them by accident.
    fn define_recursion_group(&mut self, first: u32, types: Vec<SubType>);

    /// Adds a 32-bit memory with a minimum of `pages` and this maximum, exported as `memory`, and returns its index.
    fn add_memory(&mut self, pages: u64, maximum: Option<u64>) -> u32;

    /// Adds a custom section. If a writer ignores it, reports of violations name no place; nothing else changes.
    fn custom_section(&mut self, name: &str, contents: &[u8]) {
        let _ = (name, contents);
    }

    /// Returns the index of the function type with no parameters and these results, at least two. It is the type of a
    /// block that linmem adds, and needed only for exceptions with several values whose handler is outside of a region.
    fn block_type(&mut self, results: &[ValType]) -> Option<u32> {
        let _ = results;
        None
    }
}
