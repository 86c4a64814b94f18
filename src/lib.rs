// The first definition of a link counts: in this documentation, the links of the README lead to items.
//! [docs/audit.md]: guide::audit
//! [docs/arrays.md]: guide::arrays
//! [docs/builder.md]: guide::builder
//! [docs/javascript.md]: guide::javascript
//! [docs/linker.md]: guide::linker
//! [docs/frames.md]: guide::frames
//! [docs/memory.md]: guide::memory
//! [docs/own-writer.md]: guide::own_writer
//! [docs/names.md]: guide::names
//! [docs/reports.md]: guide::reports
//! [docs/run.md]: guide::run
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
    Base, Built, Config, Error, Finding, Init, Linked, NameSection, OnViolation, Optimize, Place, Setting, Severity,
    Share, Site, SourceLine, SplitAddress, StaticData, StaticFrames, build, check, link, link_with_warnings, sites,
    tree, wasm_encoder,
};
pub use linmem_intrinsics::{
    ABI_VERSION, Access, Encoding, FunctionType, HeapType, HostFunction, Intrinsic, MODULE, NameError, Names,
    Operation, Report, Representation, Safety, Signature, Target, ValueType, Violation, Word,
};

pub use linmem_intrinsics::wasi;

/// The types that describe an intrinsic. Its operands are not at the root, where `build::Operand` is a value that a
/// frontend passes.
pub mod intrinsics {
    pub use linmem_intrinsics::{
        ArrayReference, ArrayType, Atomic, Effect, Effects, Element, Elements, Encoding, Intrinsic, Operand, Operation,
        Signature, StringReference, TextsType,
    };
}

/// How the memories of a module are used.
pub use linmem_codegen::layout;

/// The images of memories: how the bytes of active data segments get into the memories of any module, and whether an engine
/// can map them instead of copying segments one by one. [`guide::memory`] has an introduction.
///
/// ```
/// # #[cfg(feature = "text")]
/// # fn main() -> Result<(), linmem::Error> {
/// use linmem::image::{self, Reason, Verdict};
///
/// let text = r#"(module
///     (memory 1)
///     (data (i32.const 8) "hello, ")
///     (data (i32.const 15) "world"))"#;
/// let module = linmem::wat::parse(text.as_bytes())?;
///
/// // The page size of the host, and the size below which wasmtime always makes images.
/// let (page_size, allowance) = (4096, 16 << 20);
/// let mut memories = image::read(&module)?;
/// assert_eq!(memories.try_static_init(page_size, allowance), Verdict::Static);
/// let image = memories.initialization.images()[0].as_ref().expect("the memory has data");
/// assert_eq!((image.offset(), image.size(), image.extent()), (0, 4096, 8..20));
///
/// // The same module with one segment.
/// let merged = image::write(&module, page_size, allowance)?;
/// assert!(linmem::wat::print(&merged)?.contains(r#"(data (;0;) (i32.const 8) "hello, world")"#));
///
/// // A segment that does not end within the minimum size of the memory prevents images.
/// let text = text.replace("15", "65535");
/// let module = linmem::wat::parse(text.as_bytes())?;
/// let verdict = image::read(&module)?.try_static_init(page_size, allowance);
/// assert!(matches!(verdict, Verdict::Segmented(Reason::OutOfBounds { segment: 1, memory: 0, .. })));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "text"))]
/// # fn main() {}
/// ```
pub mod image {
    pub use linmem_codegen::image::*;
}
