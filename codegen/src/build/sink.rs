//! What linmem needs of somebody else's module writer.

use linmem_intrinsics::FunctionType;
use wasm_encoder::{ConstExpr, Function, SubType, ValType};

/// A module writer that linmem lowers into.
///
/// Indices are final when they are given out: linmem writes them into code. A writer that lays out its index spaces at
/// the end resolves them in the code itself, or uses [`ModuleBuilder`](crate::build::ModuleBuilder).
pub trait ModuleSink {
    /// The type with these parameters and results, added if it is not there.
    fn function_type(&mut self, ty: &FunctionType) -> u32;

    /// Imports a function, unless it is imported already, and gives its index.
    fn import_function(&mut self, module: &str, name: &str, ty: u32) -> u32;

    /// Reserves the index of a function whose body comes later.
    fn declare_function(&mut self, name: &str, ty: u32) -> u32;

    /// Gives a declared function its body.
    fn define_function(&mut self, index: u32, body: Function);

    /// Adds a mutable global with this type and this value and gives its index.
    fn add_global(&mut self, name: &str, ty: ValType, value: &ConstExpr) -> u32;

    /// Reserves so many consecutive indices for the types of a recursion group, and gives the first. Only segments that
    /// are references need it.
    fn declare_recursion_group(&mut self, count: u32) -> u32;

    /// Gives a declared recursion group its types, which refer to each other by their indices. This comes last, since the
    /// types depend on the functions that were lowered: so modules do not share them by accident.
    fn define_recursion_group(&mut self, first: u32, types: Vec<SubType>);

    /// Adds a 32-bit memory of at least and at most so many pages, exported as `memory`, and gives its index.
    fn add_memory(&mut self, pages: u64, maximum: Option<u64>) -> u32;

    /// Adds a custom section. Without it nothing changes, except that reports of violations do not say where.
    fn custom_section(&mut self, name: &str, contents: &[u8]) {
        let _ = (name, contents);
    }

    /// How many parameters and results a function has, if that is known. What is not known costs speed, not safety.
    fn function_arity(&self, function: u32) -> Option<(u32, u32)> {
        let _ = function;
        None
    }

    /// How many parameters and results a function type has, if that is known. Blocks with parameters need it.
    fn type_arity(&self, ty: u32) -> Option<(u32, u32)> {
        let _ = ty;
        None
    }
}
