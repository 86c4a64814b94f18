//! The active data segments of a module.

use crate::image::offset::Offset;

/// An active data segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryInitializer<'a> {
    /// Its number among the data segments of the module, passive ones included.
    pub segment: u32,
    /// The memory that it initializes.
    pub memory: u32,
    /// Where it is copied to.
    pub offset: Offset,
    /// Its bytes.
    pub data: &'a [u8],
}
