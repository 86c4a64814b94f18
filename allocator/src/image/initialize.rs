//! The initialization of memories, as instantiation performs it.

use crate::image::memory::Memory;
use crate::image::module::{MemoryInitialization, ModuleMemories};
use crate::image::offset::Value;
use crate::image::segment::MemoryInitializer;
use crate::width::Width;
use thiserror::Error;

/// What initialization requires of an instance.
///
/// At run time, this is an instance whose memories are zero. Ahead of time, it can be anything that knows as much as is
/// known then: [`InitMemory::size_in_pages`] returns the minimum of the memory's type, and [`InitMemory::global`] returns
/// `None` for imported globals.
pub trait InitMemory {
    /// The current size of a memory, in pages of this memory; `None` if it is unknown.
    fn size_in_pages(&mut self, memory: u32) -> Option<u64>;

    /// The value of a global; `None` if it is unknown.
    fn global(&mut self, global: u32) -> Option<Value>;

    /// The address that a segment is copied to; `None` if it is unknown.
    fn eval_offset(&mut self, initializer: &MemoryInitializer<'_>, width: Width) -> Option<u64> {
        initializer.offset.evaluate(|global| self.global(global))?.address(width)
    }

    /// Copies bytes to an address, in bounds of the memory. Returns whether this succeeded.
    fn write(&mut self, memory: u32, address: u64, data: &[u8]) -> bool;
}

/// Why initialization ended early. Ahead of time, this means that it must be left to run time; at run time, that
/// instantiation traps.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum InitError {
    /// A memory that does not exist, or whose size is unknown.
    #[error("the size of memory {memory} is unknown")]
    UnknownSize {
        /// The memory.
        memory: u32,
    },
    /// A segment whose offset is unknown.
    #[error("the offset of data segment {segment} is unknown")]
    UnknownOffset {
        /// The data segment.
        segment: u32,
    },
    /// Bytes that do not end within the memory.
    #[error("{bytes} bytes at {address:#x} end outside of memory {memory}")]
    OutOfBounds {
        /// The memory.
        memory: u32,
        /// The address of the first byte.
        address: u64,
        /// The number of bytes.
        bytes: u64,
    },
    /// A write that failed.
    #[error("the write of {bytes} bytes at {address:#x} of memory {memory} failed")]
    Write {
        /// The memory.
        memory: u32,
        /// The address of the first byte.
        address: u64,
        /// The number of bytes.
        bytes: u64,
    },
}

impl ModuleMemories<'_> {
    /// Initializes the memories, in the order that WebAssembly specifies. Of an image, the runs are written, and the bytes
    /// between them are left as they are.
    ///
    /// Segments whose length is 0 are not written, but must be in bounds as well.
    ///
    /// # Errors
    ///
    /// At the first segment that is out of bounds, whose offset is unknown, or whose write fails. What was written before
    /// stays written.
    pub fn init_memory(&self, state: &mut impl InitMemory) -> Result<(), InitError> {
        match &self.initialization {
            MemoryInitialization::Segmented(segments) => {
                for initializer in segments {
                    let memory = self.memory(initializer.memory)?;
                    let offset = state.eval_offset(initializer, memory.width);
                    let address = offset.ok_or(InitError::UnknownOffset { segment: initializer.segment })?;
                    copy(memory, initializer.memory, address, initializer.data, state)?;
                }
            }
            MemoryInitialization::Static { map } => {
                for (index, image) in (0..).zip(map) {
                    for run in image.iter().flat_map(|image| image.runs()) {
                        copy(self.memory(index)?, index, run.address, run.data, state)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn memory(&self, index: u32) -> Result<&Memory, InitError> {
        self.memories.get(index as usize).ok_or(InitError::UnknownSize { memory: index })
    }
}

/// Copies bytes to an address, if they end within the memory.
fn copy(memory: &Memory, index: u32, address: u64, data: &[u8], state: &mut impl InitMemory) -> Result<(), InitError> {
    let unknown = InitError::UnknownSize { memory: index };
    let pages = state.size_in_pages(index).ok_or(unknown)?;
    // A memory can have 2^64 bytes.
    let size = u128::from(pages) * u128::from(memory.page_size().ok_or(unknown)?);
    let bytes = data.len() as u64;
    if u128::from(address) + u128::from(bytes) > size {
        return Err(InitError::OutOfBounds { memory: index, address, bytes });
    }
    if !data.is_empty() && !state.write(index, address, data) {
        return Err(InitError::Write { memory: index, address, bytes });
    }
    Ok(())
}
