//! The numbers by which a frontend refers to functions and types.

/// A function of a [`ModuleBuilder`](crate::build::ModuleBuilder): its number in the order of declaration, imports
/// included. Instructions that are passed to a [`FunctionBuilder`](crate::build::FunctionBuilder) refer to functions by
/// this number; indices are assigned when the module is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FunctionId(pub u32);

/// A type of a [`ModuleBuilder`](crate::build::ModuleBuilder): its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeId(pub u32);
