//! Memory layout: the layout of linmem's part of a memory, the rules by which regions and chunks grow, a reference model
//! of both, and the plan of static data.
//!
//! The rules are defined here, once, as constants and arithmetic; `linmem-codegen` turns them into instructions, and the
//! module `model` implements them over a byte vector. The two share only these numbers, so that each can be checked
//! against the other. Of the encoding of WebAssembly, this crate knows only the size of a data segment.
//!
//! The module `image` plans the images of memories: the bytes that they have when a module is instantiated.
//!
//! Of this crate, `linmem` exports only the policies and `image`. All other items are internal, and change with any version;
//! the reference model exists only with the feature `model`, which tests use.

pub mod frame;
pub mod growth;
pub mod image;
pub mod layout;
#[cfg(any(test, feature = "model"))]
pub mod model;
pub mod policy;
pub mod statics;
pub mod width;

pub use frame::FramePlan;
pub use layout::{Address, align_up};
pub use policy::{Nesting, OutOfMemory, Unwind, Zero};
pub use width::Width;
