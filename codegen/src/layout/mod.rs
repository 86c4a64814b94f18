//! How the memories of a module are used: what `linmem layout` shows.
//!
//! ```text
//!   description  the types of the description
//!   areas        the areas of one memory
//!   layers       the areas without overlaps
//!   data         the data whose addresses are known
//!   copies       the data segments that the start function copies
//!   items        the items of static data
//!   conventions  what runtimes say about their memory by the names of globals
//!   read         reads a module, after linking it if it has intrinsics
//! ```
//!
//! The description is of the linked module. A module that imports nothing from `linmem` is described as it is.

mod areas;
mod conventions;
mod copies;
mod data;
mod description;
mod items;
mod layers;
mod read;

#[cfg(test)]
#[cfg(feature = "text")]
mod tests;

pub use description::{Area, AreaKind, FunctionFrames, MemoryLayout, ModuleLayout, StaticItem};
pub use read::read;
