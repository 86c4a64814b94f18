//! The memories of a module, as far as their initialization depends on them.

use crate::width::Width;
use std::fmt;

/// The names of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The module that it is imported from.
    pub module: String,
    /// Its name in that module.
    pub name: String,
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}.{}`", self.module, self.name)
    }
}

/// A memory of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The names of its import; `None` if the module defines it.
    pub import: Option<Import>,
    /// The type of its addresses.
    pub width: Width,
    /// Its minimum size in pages.
    pub minimum: u64,
    /// The binary logarithm of the size of its pages in bytes: 16 unless the memory has a custom page size.
    pub page_size_log2: u32,
}

impl Memory {
    /// The page size of memories that do not declare one, as a binary logarithm.
    pub const DEFAULT_PAGE_SIZE_LOG2: u32 = 16;

    /// A memory that is defined with this many pages of 64 KiB.
    pub fn defined(width: Width, minimum: u64) -> Memory {
        Memory { import: None, width, minimum, page_size_log2: Memory::DEFAULT_PAGE_SIZE_LOG2 }
    }

    /// The size of its pages in bytes; `None` if it is 2^64 or more.
    pub fn page_size(&self) -> Option<u64> {
        1u64.checked_shl(self.page_size_log2)
    }

    /// Its minimum size in bytes; `None` if it is 2^64 or more.
    pub fn minimum_bytes(&self) -> Option<u64> {
        self.minimum.checked_mul(self.page_size()?)
    }
}
