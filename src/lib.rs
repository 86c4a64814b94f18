// The first definition of a link counts: in this documentation, the links of the README lead to items.
//! [docs/builder.md]: guide::builder
//! [docs/linker.md]: guide::linker
//! [docs/memory.md]: guide::memory
//! [docs/names.md]: guide::names
//! [docs/reports.md]: guide::reports
//! [docs/safety.md]: guide::safety
//! [docs/wasi.md]: guide::wasi
//! [`Config`]: Config
//! [`ModuleSink`]: build::ModuleSink
//! [`LateLowering`]: build::LateLowering
#![doc = include_str!("../README.md")]

pub use linmem_allocator::{Nesting, OutOfMemory, Unwind, Zero};
pub mod guide;

#[cfg(feature = "text")]
pub use linmem_codegen::wat;
pub use linmem_codegen::{
    Base, Built, Config, Error, Finding, Linked, OnViolation, Optimize, Place, Setting, Severity, Share, Site,
    SourceLine, SplitAddress, build, check, link, link_with_warnings, sites, tree, wasm_encoder,
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
