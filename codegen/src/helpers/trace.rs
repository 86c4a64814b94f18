//! The events that a traced module passes to its host.
//!
//! An access is an event only if the memory that shadows the accessed one says that a byte must not be accessed. The host
//! writes that memory, of which each byte describes the byte at the same address:
//!
//! ```text
//!   0        accessible, or not linmem's
//!   other    not accessible; the host chooses the value
//! ```
//!
//! Every event ends with the number of its site in the section `linmem.sites`. The result of `close` is the address that
//! becomes top: the host can keep freed memory from being used again by returning top as it was before.

use crate::choices::Choices;
use linmem_allocator::Nesting;
use linmem_intrinsics::{FunctionType, ValueType};

/// The module that events are imported from.
pub(crate) const MODULE: &str = "linmem_trace";

/// The export name of the memory that shadows the traced one.
pub(crate) const SHADOW: &str = "linmem_trace.shadow";

/// The number of pages of that memory: it covers all addresses, so that an access that does not trap is in it.
pub(crate) const SHADOW_PAGES: u64 = 65536;

/// The number of bytes after each allocation that belong to none.
pub(super) const GAP: u32 = 8;

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TraceEvent {
    /// A region was opened: its handle, its mark or header, the address of home's header, the end of home while top is in
    /// home, else 0, and the [policy](policy).
    Open,
    /// Bytes were allocated: the handle, the address or 0, the number of bytes, the address of the gap after them or 0, and the
    /// end of home as above.
    Allocate,
    /// A region was closed: its handle, top before and after, and the end of home. The result is the new top.
    Close,
    /// A load or store of bytes that must not be accessed: an address, a constant to add, the number of bytes and the
    /// transfer.
    Access,
    /// An operation on any number of bytes: the address, the number and the transfer.
    Range,
    /// An access outside of its segment: the start of the segment, the offset, the number of bytes and the transfer.
    Outside,
    /// The host reads a list of buffers: its address, the number of buffers and their transfer.
    Vectors,
}

impl TraceEvent {
    /// The name of its import.
    pub(crate) fn name(self) -> &'static str {
        match self {
            TraceEvent::Open => "open",
            TraceEvent::Allocate => "allocate",
            TraceEvent::Close => "close",
            TraceEvent::Access => "access",
            TraceEvent::Range => "range",
            TraceEvent::Outside => "outside",
            TraceEvent::Vectors => "vectors",
        }
    }

    /// Its type; numbers other than the policy, the transfer and the site have the memory's pointer type.
    pub(crate) fn function_type(self, pointer: ValueType) -> FunctionType {
        let (pointers, others) = match self {
            TraceEvent::Open => (4, 2),
            TraceEvent::Allocate => (5, 1),
            TraceEvent::Close => (4, 1),
            TraceEvent::Access | TraceEvent::Outside => (3, 2),
            TraceEvent::Range | TraceEvent::Vectors => (2, 2),
        };
        let params = std::iter::repeat_n(pointer, pointers).chain(std::iter::repeat_n(ValueType::I32, others));
        let result = (self == TraceEvent::Close).then_some(pointer);
        FunctionType { params: params.collect(), results: result.into_iter().collect() }
    }
}

/// The direction of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transfer {
    /// The bytes are read.
    Read,
    /// The bytes are written, and perhaps read.
    Write,
    /// Either: the host decides, or the event is the check of a range.
    Either,
}

impl Transfer {
    /// The transfer of a store, or of a load.
    pub(crate) fn of_store(is_store: bool) -> Transfer {
        if is_store { Transfer::Write } else { Transfer::Read }
    }

    /// Its number in events.
    pub(crate) fn code(self) -> i32 {
        match self {
            Transfer::Read => 0,
            Transfer::Write => 1,
            Transfer::Either => 2,
        }
    }
}

/// The number that tells the host how regions are tracked: the nesting policy, and in bit 2 whether regions have headers.
pub(super) fn policy(choices: Choices) -> i32 {
    let nesting = match choices.nesting {
        Nesting::Stack => 0,
        Nesting::Outermost => 1,
        Nesting::Forbid => 2,
    };
    nesting | i32::from(choices.checks_regions()) << 2
}

/// What a function of WASI does with memory that its operands point to. Operands are given by their positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pointer {
    /// A constant number of bytes.
    Fixed { address: usize, bytes: u32, transfer: Transfer },
    /// As many bytes as another operand says.
    Sized { address: usize, bytes: usize, transfer: Transfer },
    /// The buffers of a list, and the list itself, which is read.
    Vectors { list: usize, count: usize, transfer: Transfer },
}
