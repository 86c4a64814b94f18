//! The images of memories: how the bytes of active data segments get into memories when a module is instantiated.
//!
//! An engine can initialize the memories of a module in two ways. It can execute the data segments one by one, which is
//! possible for any module. Or it can make an *image* of each memory ahead of time, which it then maps into each instance:
//!
//! ```text
//!   segments      │ "ab" │      │ 0 0 c │
//!   memory     0  │ab    │      │  c    │                 minimum size
//!              ├──┴──────┴──────┴───────┴─────────────────┤
//!              ├──────────────────────────────┤              image: trimmed zeroes, whole pages of the host
//! ```
//!
//! [`ModuleMemories::try_static_init`] makes the same decisions and the same images as wasmtime 48, and says why a module
//! cannot have images. [`ModuleMemories::init_memory`] executes either form.
//!
//! All types describe modules without reference to their encoding; `linmem-codegen` reads modules into them. Their contents
//! may come from anywhere: no combination of numbers causes a panic, an overflow, or memory use beyond a multiple of the
//! size of the segments. Images are therefore sparse: they refer to the bytes of segments, and store no zeroes between them.

mod initialize;
mod memory;
mod module;
mod offset;
mod plan;
mod segment;
mod sparse;
#[cfg(test)]
mod tests;
mod verdict;

pub use initialize::{InitError, InitMemory};
pub use memory::{Import, Memory};
pub use module::{MemoryInitialization, ModuleMemories};
pub use offset::{ConstOp, Offset, Value};
pub use segment::MemoryInitializer;
pub use sparse::{Run, StaticMemoryInitializer, TooLarge};
pub use verdict::{Reason, Verdict};
