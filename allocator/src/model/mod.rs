//! The reference model: regions over a byte vector, as specified by `docs/architecture.md` and the
//! [layout](crate::layout), without regard for speed.
//!
//! It is the oracle of the differential tests: the same operations run here and, lowered, in an engine; addresses,
//! contents and page counts must be equal. The model stores which regions are open and which chunk each mark is in,
//! which the lowered code looks up instead, and it has no global `limit`.

mod chunks;
mod memory;
mod regions;
mod source;
#[cfg(test)]
mod threads;

pub use chunks::{Chunk, Home, Model, Rules};
pub use memory::Memory;
pub use source::{Blocks, Shared, Source, Split};
