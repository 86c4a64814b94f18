//! What the operands and results of intrinsics mean.

use crate::access::Access;
use crate::wasi::records::Record;

/// The meaning of an operand or a result. Together with the representation of segments, it determines the value type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// The handle of an open region.
    Allocator,
    /// A segment.
    Segment,
    /// A segment with a name.
    Buffer(&'static str),
    /// A segment that starts with a record.
    Record(Record),
    /// A named number, an `i32`.
    Int(&'static str),
    /// A named number, an `i64`.
    Long(&'static str),
    /// A GC array.
    Array,
    /// A GC array of texts, which are GC arrays.
    Texts,
    /// A position in a list or an array, counted from 0.
    Index,
    /// A distance from the start of a segment, in bytes, unsigned.
    Offset,
    /// A size in bytes, unsigned.
    Bytes,
    /// An alignment in bytes.
    Alignment,
    /// An address in linear memory.
    Address,
    /// A byte value; only the low eight bits are used.
    Byte,
    /// A value that an access reads or writes.
    Value(Access),
    /// A file descriptor of the host.
    Descriptor,
    /// An error number of WASI; 0 is success.
    Errno,
    /// The number of bytes that the host transferred.
    Count,
}

impl Operand {
    /// The name of the operand in a signature.
    pub const fn word(self) -> &'static str {
        match self {
            Operand::Allocator => "allocator",
            Operand::Segment => "seg",
            Operand::Buffer(word) | Operand::Int(word) | Operand::Long(word) => word,
            Operand::Record(record) => record.name(),
            Operand::Array => "arr",
            Operand::Texts => "texts",
            Operand::Index => "index",
            Operand::Offset => "offset",
            Operand::Bytes => "bytes",
            Operand::Alignment => "alignment",
            Operand::Address => "address",
            Operand::Byte => "byte",
            Operand::Value(_) => "value",
            Operand::Descriptor => "fd",
            Operand::Errno => "errno",
            Operand::Count => "count",
        }
    }

    /// Whether the operand is a segment.
    pub const fn is_segment(self) -> bool {
        matches!(self, Operand::Segment | Operand::Buffer(_) | Operand::Record(_))
    }

    /// Whether the operand is a segment whose size matters. If the representation does not carry the size, an operand
    /// for the size follows it.
    pub const fn is_sized(self) -> bool {
        matches!(self, Operand::Segment | Operand::Buffer(_))
    }
}
