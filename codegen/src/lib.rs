//! Code generation: the engine that lowers intrinsics, the two doors to it, and the helpers that lowered code calls.
//!
//! ```text
//!   build   a frontend's codegen calls ModuleBuilder and FunctionBuilder ─┐
//!                                                                         ├─► engine ─► helpers ─► module
//!   link    a complete module from any compiler imports the intrinsics ────┘
//! ```
//!
//! Every intrinsic is lowered in one place, the engine, for both doors. Only this crate depends on the encoding of
//! WebAssembly; `linmem-intrinsics` defines the intrinsics, and `linmem-allocator` the memory layout.

mod allocator_exports;
pub mod build;
mod check;
mod choices;
mod code;
pub mod config;
mod configure;
mod context;
mod digest;
mod engine;
pub mod error;
mod format;
mod globals;
mod helpers;
pub mod image;
mod index;
pub mod layout;
pub mod link;
mod module;
#[cfg(feature = "planted")]
pub mod planted;
#[cfg(not(feature = "planted"))]
mod planted;
mod segment;
mod setting;
pub mod sites;
mod source;
mod source_line;
mod start;
mod statics;
pub mod tree;
#[cfg(feature = "text")]
pub mod wat;
mod width;

pub use config::{
    Base, Config, Init, NameSection, OnViolation, Optimize, Share, SplitAddress, StaticData, StaticFrames,
};
pub use error::{Built, Error, Finding, Place, Severity};
pub use link::{Linked, check, link, link_with_warnings};
pub use setting::Setting;
pub use sites::Site;
pub use source_line::SourceLine;

/// Re-exported because the library door uses its instructions and types.
pub use wasm_encoder;
