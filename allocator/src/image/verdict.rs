//! Whether the memories of a module can have images, and why they cannot.

use crate::image::memory::Import;
use crate::width::Width;
use thiserror::Error;

/// Whether the memories of a module have images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They have.
    Static,
    /// They have not, for this reason; if there are several, it is the first one.
    Segmented(Reason),
}

/// A reason why the memories of a module cannot have images. Segments, memories and globals are numbered as in the module.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The host's page size is not a power of two.
    #[error("the host's page size, {page_size}, is not a power of two")]
    HostPageSize {
        /// The page size.
        page_size: u64,
    },
    /// A segment of a memory that does not exist. Such a module is invalid.
    #[error("data segment {segment} initializes memory {memory}, which does not exist")]
    UnknownMemory {
        /// The data segment.
        segment: u32,
        /// The memory.
        memory: u32,
    },
    /// A segment of an imported memory.
    #[error("data segment {segment} initializes memory {memory}, which is imported as {import}")]
    ImportedMemory {
        /// The data segment.
        segment: u32,
        /// The memory.
        memory: u32,
        /// The import.
        import: Import,
    },
    /// A segment whose offset is the value of a global.
    #[error("the offset of data segment {segment} is the value of global {global}{}", imported_as(import.as_ref()))]
    GlobalOffset {
        /// The data segment.
        segment: u32,
        /// The global.
        global: u32,
        /// The import of the global, if it is imported.
        import: Option<Import>,
    },
    /// A segment whose offset is an expression of several instructions.
    #[error("the offset of data segment {segment} is an extended constant expression, not a single constant")]
    ExtendedOffset {
        /// The data segment.
        segment: u32,
    },
    /// A segment whose offset does not have the type of addresses. Such a module is invalid.
    #[error("the offset of data segment {segment} is not an address of {} bits", width.pointer_bits())]
    OffsetType {
        /// The data segment.
        segment: u32,
        /// The width of addresses.
        width: Width,
    },
    /// A segment of a memory whose minimum size is 2^64 bytes or more.
    #[error("the minimum size of memory {memory}, which data segment {segment} initializes, is 2^64 bytes or more")]
    MinimumSize {
        /// The data segment.
        segment: u32,
        /// The memory.
        memory: u32,
    },
    /// A segment that does not end within the minimum size of its memory. This includes empty segments.
    #[error(
        "data segment {segment}, {bytes} bytes at {offset:#x}, ends outside of the minimum size of memory {memory}, \
         {minimum:#x} bytes"
    )]
    OutOfBounds {
        /// The data segment.
        segment: u32,
        /// The memory.
        memory: u32,
        /// The offset of the segment.
        offset: u64,
        /// The size of the segment in bytes.
        bytes: u64,
        /// The minimum size of the memory in bytes.
        minimum: u64,
    },
    /// A memory with data whose pages are smaller than those of the host.
    #[error("the page size of memory {memory}, {page_size}, is below the host's, {host}")]
    PageSize {
        /// The memory.
        memory: u32,
        /// Its page size in bytes.
        page_size: u64,
        /// The host's page size in bytes.
        host: u64,
    },
    /// A memory whose data is spread too far.
    #[error(
        "the data of memory {memory} is sparse: {data} bytes span {span} bytes, from data segment {first} to data segment \
         {last}; the span must be less than {} bytes",
        data.saturating_mul(2).max(*allowance)
    )]
    Sparse {
        /// The memory.
        memory: u32,
        /// The sum of the sizes of its segments in bytes.
        data: u64,
        /// The number of bytes from the start of the first segment to the end of the last one.
        span: u64,
        /// The segment at the lowest address.
        first: u32,
        /// The segment that ends at the highest address.
        last: u32,
        /// Spans of less than this number of bytes are always allowed.
        allowance: u64,
    },
}

impl Reason {
    /// The data segment that the reason is about, if it is about one.
    pub fn segment(&self) -> Option<u32> {
        match self {
            Reason::UnknownMemory { segment, .. }
            | Reason::ImportedMemory { segment, .. }
            | Reason::GlobalOffset { segment, .. }
            | Reason::ExtendedOffset { segment }
            | Reason::OffsetType { segment, .. }
            | Reason::MinimumSize { segment, .. }
            | Reason::OutOfBounds { segment, .. } => Some(*segment),
            Reason::HostPageSize { .. } | Reason::PageSize { .. } | Reason::Sparse { .. } => None,
        }
    }
}

fn imported_as(import: Option<&Import>) -> String {
    import.map(|import| format!(", which is imported as {import}")).unwrap_or_default()
}
