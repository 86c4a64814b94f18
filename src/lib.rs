#![doc = include_str!("../README.md")]

#[cfg(feature = "text")]
pub use linmem_codegen::wat;
pub use linmem_codegen::{
    Base, Config, Error, Finding, Linked, OnViolation, Optimize, Place, Setting, Severity, Share, Site, SourceLine,
    SplitAddress, build, check, link, link_with_warnings, sites, tree, wasm_encoder,
};
pub use linmem_intrinsics::{
    ABI_VERSION, Access, FunctionType, HostFunction, Intrinsic, MODULE, Names, Operand, Operation, Report,
    Representation, Safety, Signature, Target, ValueType, Violation,
};

pub use linmem_intrinsics::wasi;

/// Where bytes live: layout, growth, and the reference model of both.
pub mod allocator {
    pub use linmem_allocator::*;
}
