//! How the memories of a module are used: what `linmem layout` shows.
//!
//! ```text
//!   description  the types of the description
//!   areas        the areas of one memory
//!   conventions  what runtimes say about their memory by the names of globals
//!   read         reads a module, after linking it if it has intrinsics
//! ```
//!
//! The description is of the linked module. A module that imports nothing from `linmem` is described as it is.

mod areas;
mod conventions;
mod description;
mod read;

#[cfg(test)]
#[cfg(feature = "text")]
mod tests;

pub use description::{Area, AreaKind, FunctionFrames, MemoryLayout, ModuleLayout};
pub use read::read;
