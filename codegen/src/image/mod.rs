//! The images of memories in modules in the binary format: reading what the planner needs, and writing images back.
//!
//! The decisions are in `linmem_allocator::image`; its types are re-exported here. This part of the crate uses neither the
//! engine nor the doors, since it applies to any module, with or without intrinsics.

mod names;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use linmem_allocator::Width;
pub use linmem_allocator::image::{
    ConstOp, Import, InitError, InitMemory, Memory, MemoryInitialization, MemoryInitializer, ModuleMemories, Offset,
    Reason, Run, StaticMemoryInitializer, TooLarge, Value, Verdict,
};
pub use write::write;

use crate::error::Error;

/// Reads the memories of a module and their active data segments.
///
/// # Errors
///
/// If the bytes are not a valid module in the binary format.
pub fn read(bytes: &[u8]) -> Result<ModuleMemories<'_>, Error> {
    Ok(read::Scan::new(bytes)?.memories())
}
