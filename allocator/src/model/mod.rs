//! The reference model: regions over a byte vector, as `docs/architecture.md` and the [layout](crate::layout) state
//! them, with no thought for speed.
//!
//! It is the oracle of the differential tests: the same operations run here and, lowered, in an engine; addresses,
//! contents and page counts must be the same. It remembers which regions are open, and which chunk every mark lies in,
//! where the lowered code looks it up, and uses no global limit.

mod chunks;
mod memory;
mod regions;
mod source;

pub use chunks::{Chunk, Home, Model, Rules};
pub use memory::Memory;
pub use source::{Blocks, Source, Split};
