//! The errors of the memory library. Each names the place in the memory or the function of the guest that it is about.

use std::sync::Arc;
use thiserror::Error;

/// Why an operation on the memory of a guest failed.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The instance does not export a memory of this name.
    #[error("the instance does not export a memory `{name}`; it exports {}", list(exports))]
    NoMemory {
        /// The requested name.
        name: String,
        /// The names of all exports; those of memories come first and say so.
        exports: Vec<String>,
    },
    /// The caller of a function of the host does not export a memory of this name.
    #[error("the caller does not export a memory `{name}`; of the names of allocators, it exports {}", list(exports))]
    NoMemoryOfCaller {
        /// The requested name.
        name: String,
        /// The exports that were found. The exports of a caller cannot be listed: these are those with a name that
        /// [`Source`](super::Source) knows.
        exports: Vec<String>,
    },
    /// A range is not inside the memory.
    #[error("{len} bytes at address {address} are outside of the memory, which has {size} bytes")]
    OutOfBounds {
        /// The address of the first byte.
        address: u64,
        /// The number of bytes.
        len: u64,
        /// The size of the memory in bytes.
        size: u64,
    },
    /// The requested alignment cannot be provided.
    #[error("the alignment {align} is not a power of two up to 65536")]
    BadAlignment {
        /// The alignment.
        align: u64,
    },
    /// Bytes of a shared memory cannot be borrowed, since other threads can change them.
    #[error("the memory is shared: its bytes can be copied, but not borrowed")]
    Shared,
    /// This shared memory cannot be copied from and to.
    #[error("the shared memory cannot be accessed: {reason}")]
    Unsupported {
        /// The error of the engine.
        reason: String,
    },
    /// A string is not valid UTF-8.
    #[error("the {len} bytes at address {address} are not UTF-8: byte {valid} begins an invalid sequence")]
    NotUtf8 {
        /// The address of the string.
        address: u64,
        /// Its length in bytes.
        len: u64,
        /// The length of its valid prefix in bytes.
        valid: u64,
    },
    /// A string is not valid UTF-16.
    #[error("the {units} code units at address {address} are not UTF-16: they contain a lone surrogate")]
    NotUtf16 {
        /// The address of the string.
        address: u64,
        /// Its length in code units.
        units: u64,
    },
    /// A string has no end.
    #[error("the string at address {address} has no NUL within {searched} bytes")]
    NoNul {
        /// The address of the string.
        address: u64,
        /// The number of bytes that were searched.
        searched: u64,
    },
    /// A function that allocates or frees does not exist, or does not have a usable type.
    #[error("the guest has no usable function `{name}`: {reason}")]
    Function {
        /// The name of the export.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No free range is large enough, and the memory was not grown.
    #[error("out of memory: no {len} bytes are free, and the memory of {size} bytes {reason}")]
    OutOfMemory {
        /// The number of bytes.
        len: u64,
        /// The size of the memory in bytes.
        size: u64,
        /// Why it was not grown.
        reason: &'static str,
    },
    /// The allocator of the guest has no memory left.
    #[error("out of memory: `{function}` of the guest did not allocate {len} bytes")]
    Refused {
        /// The function of the guest.
        function: String,
        /// The number of bytes.
        len: u64,
    },
    /// A size or an address cannot be represented in this memory, or in this form of a segment.
    #[error("{value} does not fit in {bits} bits")]
    TooLarge {
        /// The size or address.
        value: u64,
        /// The number of bits.
        bits: u32,
    },
    /// The guest returned a block that cannot be right. Nothing was written to it.
    #[error("`{function}` of the guest returned {len} bytes at address {address}: {lie}")]
    BadBlock {
        /// The function of the guest.
        function: String,
        /// The returned address.
        address: u64,
        /// The number of bytes.
        len: u64,
        /// What is wrong.
        lie: Lie,
    },
    /// A function of the guest trapped, or a function of the host that it called failed.
    #[error("`{function}` of the guest failed: {}", error.root_cause())]
    Trapped {
        /// The function of the guest.
        function: String,
        /// The error, from which the trap can be downcast.
        error: Arc<wasmtime::Error>,
    },
    /// An allocation was not freed, because the guest has opened a region after it and has not closed it. It is freed when one of
    /// the next allocations is made or freed, if that region is closed then.
    #[error(
        "the {len} bytes at address {address} are not freed: the guest opened a region after they were allocated, and \
         allocated in it; close that region first, or link the guest with `--nesting outermost`"
    )]
    RegionOpen {
        /// The address of the allocation.
        address: u64,
        /// The number of bytes.
        len: u64,
    },
    /// The guest has freed an allocation of the host, by closing a region that it had opened before, or it has written past the
    /// end of the allocation. Nothing was read or written.
    #[error(
        "the {len} bytes at address {address} belong to the guest again: it closed a region that was open when they were \
         allocated, or wrote past their end; free them before, or link the guest with `--nesting outermost`"
    )]
    FreedByGuest {
        /// The address of the allocation.
        address: u64,
        /// The number of bytes.
        len: u64,
    },
    /// The memory cannot be grown.
    #[error("the memory of {size} bytes cannot be grown by {pages} pages: {reason}")]
    NotGrown {
        /// The number of pages.
        pages: u64,
        /// The size of the memory in bytes.
        size: u64,
        /// The error of the engine.
        reason: String,
    },
    /// A segment that is a reference was requested as an `i32` or `i64`, or the other way round.
    #[error("the allocation cannot be passed as {form}")]
    NotConvertible {
        /// The requested form.
        form: &'static str,
    },
}

/// What is wrong with a block that a guest returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lie {
    /// The block is not inside the memory.
    OutOfBounds {
        /// The size of the memory in bytes.
        size: u64,
    },
    /// The block overlaps one that the host holds.
    Overlaps {
        /// The address of the block that the host holds.
        address: u64,
        /// Its size in bytes.
        len: u64,
    },
    /// The address is not aligned as the allocator has to align it.
    Misaligned {
        /// The alignment.
        align: u64,
    },
    /// The segment has another size than was requested.
    WrongSize {
        /// The requested size.
        requested: u64,
    },
}

impl std::fmt::Display for Lie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Lie::OutOfBounds { size } => write!(f, "the memory has {size} bytes"),
            Lie::Overlaps { address, len } => write!(f, "the host holds {len} bytes at address {address}"),
            Lie::Misaligned { align } => write!(f, "the address is not a multiple of {align}"),
            Lie::WrongSize { requested } => write!(f, "{requested} bytes were requested"),
        }
    }
}

impl Error {
    pub(super) fn trapped(function: &str, error: wasmtime::Error) -> Error {
        Error::Trapped { function: function.to_string(), error: Arc::new(error) }
    }

    /// The trap that caused this error, if any.
    pub fn trap(&self) -> Option<wasmtime::Trap> {
        match self {
            Error::Trapped { error, .. } => error.downcast_ref().copied(),
            _ => None,
        }
    }
}

fn list(exports: &[String]) -> String {
    match exports {
        [] => "nothing".to_string(),
        _ => exports.join(", "),
    }
}
