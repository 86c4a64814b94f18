#![doc = include_str!("../README.md")]

pub use linmem_allocator::{Nesting, OutOfMemory, Unwind, Zero};
#[cfg(feature = "text")]
pub use linmem_codegen::wat;
pub use linmem_codegen::{
    Base, Config, Error, Finding, Linked, OnViolation, Optimize, Place, Setting, Severity, Share, Site, SourceLine,
    SplitAddress, build, check, link, link_with_warnings, sites, tree, wasm_encoder,
};
pub use linmem_intrinsics::{
    ABI_VERSION, Access, FunctionType, HeapType, HostFunction, Intrinsic, MODULE, NameError, Names, Operation, Report,
    Representation, Safety, Signature, Target, ValueType, Violation,
};

pub use linmem_intrinsics::wasi;

/// The types that describe an intrinsic. Its operands are not at the root, where `build::Operand` is a value that a
/// frontend passes.
pub mod intrinsics {
    pub use linmem_intrinsics::{Effect, Effects, Intrinsic, Operand, Operation, Signature};
}
