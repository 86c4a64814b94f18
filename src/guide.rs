//! The guide: a page for each door, and for each subject.

/// [own-writer.md]: own_writer
/// [linker.md]: linker
#[doc = include_str!("../docs/builder.md")]
pub mod builder {}

/// [builder.md]: builder
/// [linker.md]: linker
/// [`LateLowering`]: crate::build::LateLowering
/// [`Parts`]: crate::build::Parts
/// [`Indices`]: crate::build::Indices
/// [`Item`]: crate::build::Item
/// [`ModuleSink`]: crate::build::ModuleSink
/// [`Lowering`]: crate::build::Lowering
#[doc = include_str!("../docs/own-writer.md")]
pub mod own_writer {}

/// [javascript.md]: javascript
/// [memory.md]: memory
/// [names.md]: names
/// [reports.md]: reports
/// [safety.md]: safety
#[doc = include_str!("../docs/linker.md")]
pub mod linker {}

/// [docs/reports.md]: reports
/// [frames.md]: frames
#[doc = include_str!("../docs/safety.md")]
pub mod safety {}

/// [`LateLowering`]: crate::build::LateLowering
/// [`Lowering`]: crate::build::Lowering
/// [`Parts`]: crate::build::Parts
/// [docs/run.md]: run
/// [frames.md]: frames
#[doc = include_str!("../docs/memory.md")]
pub mod memory {}

/// [javascript.md]: javascript
/// [docs/wasi.md]: wasi
/// [`FunctionBuilder`]: crate::build::FunctionBuilder
/// [`Lowering::imports_of`]: crate::build::Lowering::imports_of
/// [`TypeId`]: crate::build::TypeId
/// [`Signatures::declare_array`]: crate::build::Signatures::declare_array
#[doc = include_str!("../docs/arrays.md")]
pub mod arrays {}

/// [docs/arrays.md]: arrays
/// [docs/reports.md]: reports
/// [`FunctionBuilder`]: crate::build::FunctionBuilder
/// [`Signatures::declare_array_of_references`]: crate::build::Signatures::declare_array_of_references
#[doc = include_str!("../docs/wasi.md")]
pub mod wasi {}

#[doc = include_str!("../docs/frames.md")]
pub mod frames {}

#[doc = include_str!("../docs/names.md")]
pub mod names {}

#[doc = include_str!("../docs/reports.md")]
pub mod reports {}

#[doc = include_str!("../docs/run.md")]
pub mod run {}
/// [docs/reports.md]: reports
#[doc = include_str!("../docs/audit.md")]
pub mod audit {}

/// [arrays.md]: arrays
/// [linker.md]: linker
/// [reports.md]: reports
#[doc = include_str!("../docs/javascript.md")]
pub mod javascript {}
