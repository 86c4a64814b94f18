//! The numbers that a frontend refers to functions and types by.

/// A function of a [`ModuleBuilder`](crate::build::ModuleBuilder): its number in the order of declaration, imports included. Instructions that are
/// given to a [`FunctionBuilder`](crate::build::FunctionBuilder) refer to functions by this number; the index comes with the finished module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FunctionId(pub u32);

/// A type of a [`ModuleBuilder`](crate::build::ModuleBuilder): its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeId(pub u32);
