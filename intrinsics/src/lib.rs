//! The catalogue of intrinsics, their types, and the violations that a use can cause.
//!
//! The other crates share the definitions of this crate. Its one table, in [`catalogue`], gives every intrinsic a name,
//! operands, results, violations, effects and one line of documentation; the enum, the parser of names, the types that a
//! declaration can have, the listing of the command line and the test matrix are derived from it. This crate depends
//! neither on how WebAssembly is encoded nor on where bytes live.

pub mod access;
pub mod array;
pub mod atomic;
pub mod catalogue;
pub mod effects;
pub mod names;
pub mod operand;
pub mod report;
pub mod safety;
pub mod signature;
pub mod text;
pub mod value;
pub mod violation;
pub mod wasi;

pub use access::Access;
pub use array::{ArrayType, Element, Elements};
pub use atomic::{Atomic, Word};
pub use catalogue::{Intrinsic, Operation};
pub use effects::{Effect, Effects};
pub use names::{HostFunction, NameError, Names, Target};
pub use operand::Operand;
pub use report::{Report, beyond_memory, out_of_bounds};
pub use safety::Safety;
pub use signature::{Representation, Signature};
pub use text::Encoding;
pub use value::{ArrayReference, FunctionType, HeapType, StringReference, TextsType, ValueType};
pub use violation::Violation;

/// The module name that intrinsics are imported from.
pub const MODULE: &str = "linmem";

/// The version of the import names and types in this crate.
pub const ABI_VERSION: u32 = 1;
