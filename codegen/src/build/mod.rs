//! The library door: lowers a module while a frontend writes it.
//!
//! [`ModuleBuilder`] owns the index spaces; [`FunctionBuilder`] takes wasm-encoder's instructions and linmem's
//! operations. A frontend with its own module writer uses a [`LateLowering`] if it assigns indices last; else it implements
//! [`ModuleSink`], and lowers function by function with [`Lowering`].

mod append;
mod arrays;
mod atomic;
mod branch;
mod builder;
mod check;
mod complete;
mod constant;
mod control;
mod custom;
mod definitions;
mod frames;
mod function;
mod handler;
mod ids;
mod imports;
mod indices;
mod items;
mod labels;
mod late;
mod late_constant;
mod late_statics;
mod layout;
mod lowering;
mod module;
mod names;
mod operand;
mod operations;
mod owner;
mod parts;
mod place;
mod records;
mod references;
mod resolve;
mod scope;
mod sections;
mod segments;
mod shape;
mod signatures;
mod sink;
mod static_items;
mod statics;
mod strings;
mod structure;
mod text;
mod types;
mod wasi;

pub use append::{AssignedIndices, Sections};
pub use builder::{Finished, FunctionBuilder};
pub use control::{Handler, Label};
pub use custom::Position;
pub use ids::{DataId, ElementId, Exported, FunctionId, GlobalId, MemoryId, Named, TableId, TagId, TypeId};
pub use indices::{Indices, Item};
pub use late::LateLowering;
pub use lowering::Lowering;
pub use module::ModuleBuilder;
pub use operand::{Local, OnStack, Operand, Region, Segment};
pub use parts::{Body, DataPart, FunctionPart, GlobalPart, ImportPart, MemoryPart, Parts};
pub use segments::Elements;
pub use signatures::Signatures;
pub use sink::ModuleSink;
pub use static_items::Static;
