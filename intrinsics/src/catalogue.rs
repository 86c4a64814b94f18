//! The catalogue: one table of everything that can be asked.
//!
//! [`for_each_intrinsic!`](crate::for_each_intrinsic) hands the whole table to a macro of the caller, so that whatever
//! must know every intrinsic can be derived from it. Within this workspace the enum [`Intrinsic`], its names, operands,
//! results, violations and documentation are.

use crate::access::Access;
use crate::violation::Violation;

/// What an operand or a result stands for. Its type follows from it, given how segments are represented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// The handle of an open region.
    Allocator,
    /// A segment.
    Segment,
    /// A distance from the start of a segment, in bytes, unsigned.
    Offset,
    /// A size in bytes, unsigned.
    Bytes,
    /// An alignment in bytes.
    Alignment,
    /// An address in linear memory.
    Address,
    /// A byte value; the low eight bits count.
    Byte,
    /// A value as the access reads or writes it.
    Value(Access),
    /// A file descriptor of the host.
    Descriptor,
    /// An error number of WASI; 0 is success.
    Errno,
    /// How many bytes the host transferred.
    Count,
}

impl Operand {
    /// The word that documents the operand in a signature.
    pub const fn word(self) -> &'static str {
        match self {
            Operand::Allocator => "allocator",
            Operand::Segment => "seg",
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
}

/// What an intrinsic does, by family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Open a region.
    Open,
    /// Allocate with the alignment of 8.
    Allocate,
    /// Allocate with an alignment of choice.
    AllocateAligned,
    /// Close a region.
    Close,
    /// Read a value from a segment.
    Get(Access),
    /// Write a value to a segment.
    Set(Access),
    /// The start address of a segment.
    Address,
    /// The size of a segment.
    Size,
    /// A part of a segment.
    Slice,
    /// A segment over memory that the program vouches for.
    OfAddress,
    /// Set the bytes of a part of a segment to one value.
    Fill,
    /// Copy bytes between segments.
    Copy,
    /// One call of the host's `fd_write`.
    FdWrite,
    /// One call of the host's `fd_read`.
    FdRead,
    /// Calls of the host's `fd_write` until all bytes are written.
    WriteAll,
}

/// Hands the table to the macro `$then`, as rows of
/// `Name, "import name", (operation), [operands], [results], [violations], "documentation";`.
#[macro_export]
macro_rules! for_each_intrinsic {
    ($then:ident) => {
        $then! {
            AllocatorNew, "MemoryAllocator.new", (Open), [], [Allocator], [Nested, OutOfMemory],
                "open a region";
            AllocatorAllocate, "MemoryAllocator.allocate", (Allocate), [Allocator, Bytes], [Segment],
                [OutOfMemory, NotInnermost, UseAfterFree],
                "allocate bytes aligned to 8; their contents are unspecified unless `zero` says otherwise";
            AllocatorAllocateAligned, "MemoryAllocator.allocateAligned", (AllocateAligned),
                [Allocator, Bytes, Alignment], [Segment], [OutOfMemory, BadAlignment, NotInnermost, UseAfterFree],
                "allocate bytes aligned to a power of two up to 65536";
            AllocatorFree, "MemoryAllocator.free", (Close), [Allocator], [], [AlreadyFreed, NotInnermost, Corrupted],
                "close the region and free all that was allocated since it was opened";
            SegmentGetByte, "MemorySegment.getByte", (Get(Access::Byte)), [Segment, Offset],
                [Value(Access::Byte)], [OutOfBounds, UseAfterFree, Forged],
                "read one byte, extended with its sign";
            SegmentGetUByte, "MemorySegment.getUByte", (Get(Access::UByte)), [Segment, Offset],
                [Value(Access::UByte)], [OutOfBounds, UseAfterFree, Forged],
                "read one byte, extended with zeros";
            SegmentGetShort, "MemorySegment.getShort", (Get(Access::Short)), [Segment, Offset],
                [Value(Access::Short)], [OutOfBounds, UseAfterFree, Forged],
                "read two bytes, extended with their sign";
            SegmentGetUShort, "MemorySegment.getUShort", (Get(Access::UShort)), [Segment, Offset],
                [Value(Access::UShort)], [OutOfBounds, UseAfterFree, Forged],
                "read two bytes, extended with zeros";
            SegmentGetInt, "MemorySegment.getInt", (Get(Access::Int)), [Segment, Offset],
                [Value(Access::Int)], [OutOfBounds, UseAfterFree, Forged],
                "read four bytes";
            SegmentGetLong, "MemorySegment.getLong", (Get(Access::Long)), [Segment, Offset],
                [Value(Access::Long)], [OutOfBounds, UseAfterFree, Forged],
                "read eight bytes";
            SegmentGetFloat, "MemorySegment.getFloat", (Get(Access::Float)), [Segment, Offset],
                [Value(Access::Float)], [OutOfBounds, UseAfterFree, Forged],
                "read four bytes as a float";
            SegmentGetDouble, "MemorySegment.getDouble", (Get(Access::Double)), [Segment, Offset],
                [Value(Access::Double)], [OutOfBounds, UseAfterFree, Forged],
                "read eight bytes as a float";
            SegmentGetVector, "MemorySegment.getVector", (Get(Access::Vector)), [Segment, Offset],
                [Value(Access::Vector)], [OutOfBounds, UseAfterFree, Forged],
                "read sixteen bytes";
            SegmentSetByte, "MemorySegment.setByte", (Set(Access::Byte)),
                [Segment, Offset, Value(Access::Byte)], [], [OutOfBounds, UseAfterFree, Forged],
                "write the low eight bits of the value";
            SegmentSetShort, "MemorySegment.setShort", (Set(Access::Short)),
                [Segment, Offset, Value(Access::Short)], [], [OutOfBounds, UseAfterFree, Forged],
                "write the low sixteen bits of the value";
            SegmentSetInt, "MemorySegment.setInt", (Set(Access::Int)),
                [Segment, Offset, Value(Access::Int)], [], [OutOfBounds, UseAfterFree, Forged],
                "write four bytes";
            SegmentSetLong, "MemorySegment.setLong", (Set(Access::Long)),
                [Segment, Offset, Value(Access::Long)], [], [OutOfBounds, UseAfterFree, Forged],
                "write eight bytes";
            SegmentSetFloat, "MemorySegment.setFloat", (Set(Access::Float)),
                [Segment, Offset, Value(Access::Float)], [], [OutOfBounds, UseAfterFree, Forged],
                "write a float as four bytes";
            SegmentSetDouble, "MemorySegment.setDouble", (Set(Access::Double)),
                [Segment, Offset, Value(Access::Double)], [], [OutOfBounds, UseAfterFree, Forged],
                "write a float as eight bytes";
            SegmentSetVector, "MemorySegment.setVector", (Set(Access::Vector)),
                [Segment, Offset, Value(Access::Vector)], [], [OutOfBounds, UseAfterFree, Forged],
                "write sixteen bytes";
            SegmentAddress, "MemorySegment.address", (Address), [Segment], [Address], [Forged],
                "the start address";
            SegmentSize, "MemorySegment.size", (Size), [Segment], [Bytes], [Forged],
                "the size in bytes";
            SegmentSlice, "MemorySegment.slice", (Slice), [Segment, Offset, Bytes], [Segment],
                [OutOfBounds, UseAfterFree, Forged],
                "a part of the segment, over the same memory";
            SegmentOfAddress, "MemorySegment.ofAddress", (OfAddress), [Address, Bytes], [Segment], [OutOfBounds],
                "a segment over memory that the program vouches for";
            SegmentFill, "MemorySegment.fill", (Fill), [Segment, Offset, Bytes, Byte], [],
                [OutOfBounds, UseAfterFree, Forged],
                "set bytes to one value";
            SegmentCopy, "MemorySegment.copy", (Copy), [Segment, Offset, Segment, Offset, Bytes], [],
                [OutOfBounds, UseAfterFree, Forged],
                "copy bytes to the first segment from the second; they may overlap";
            WasiFdWrite, "wasi.fd_write", (FdWrite), [Descriptor, Segment], [Errno, Count],
                [OutOfMemory, UseAfterFree, Forged],
                "write the segment by one host call, which may write less";
            WasiFdRead, "wasi.fd_read", (FdRead), [Descriptor, Segment], [Errno, Count],
                [OutOfMemory, UseAfterFree, Forged],
                "read into the segment by one host call, which may read less";
            WasiWriteAll, "wasi.write_all", (WriteAll), [Descriptor, Segment], [Errno],
                [OutOfMemory, UseAfterFree, Forged],
                "write the whole segment, however many host calls that takes";
        }
    };
}

macro_rules! define_intrinsics {
    ($($name:ident, $import:literal, ($($operation:tt)+), [$($operand:expr),*], [$($result:expr),*],
        [$($violation:ident),*], $doc:literal;)+) => {
        /// Something that a program can ask of linmem, in the order of the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Intrinsic {
            $(#[doc = concat!("`", $import, "`: ", $doc, ".")] $name,)+
        }

        impl Intrinsic {
            /// The whole catalogue.
            pub const ALL: &'static [Intrinsic] = &[$(Intrinsic::$name),+];

            /// The name that the intrinsic is imported by, from the module `linmem`.
            pub const fn name(self) -> &'static str {
                match self { $(Intrinsic::$name => $import),+ }
            }

            /// What it does.
            pub const fn operation(self) -> Operation {
                use Operation::*;
                match self { $(Intrinsic::$name => $($operation)+),+ }
            }

            /// The intrinsic that does `operation`.
            pub const fn from_operation(operation: Operation) -> Option<Intrinsic> {
                use Operation::*;
                match operation {
                    $($($operation)+ => Some(Intrinsic::$name),)+
                    // There is nothing to write without a sign that would differ from what is written with one.
                    Set(Access::UByte | Access::UShort) => None,
                }
            }

            /// What it takes, first to last.
            pub const fn operands(self) -> &'static [Operand] {
                use Operand::*;
                match self { $(Intrinsic::$name => const { &[$($operand),*] }),+ }
            }

            /// What it gives, first to last.
            pub const fn results(self) -> &'static [Operand] {
                use Operand::*;
                match self { $(Intrinsic::$name => const { &[$($result),*] }),+ }
            }

            /// The violations that a use of it can be, at the highest safety level.
            pub const fn violations(self) -> &'static [Violation] {
                match self { $(Intrinsic::$name => const { &[$(Violation::$violation),*] }),+ }
            }

            /// One line on what it does.
            pub const fn doc(self) -> &'static str {
                match self { $(Intrinsic::$name => $doc),+ }
            }
        }
    };
}

for_each_intrinsic!(define_intrinsics);

impl Intrinsic {
    /// The intrinsic that is imported by `name`, aliases left aside.
    pub fn from_name(name: &str) -> Option<Intrinsic> {
        Intrinsic::ALL.iter().copied().find(|intrinsic| intrinsic.name() == name)
    }

    /// Whether it stands for a call of the host.
    pub const fn is_host_call(self) -> bool {
        matches!(self.operation(), Operation::FdWrite | Operation::FdRead | Operation::WriteAll)
    }

    /// Operands and results by their words: `(seg, offset) -> value`.
    pub fn signature(self) -> String {
        let words = |list: &[Operand]| list.iter().map(|operand| operand.word()).collect::<Vec<_>>().join(", ");
        let results = match self.results() {
            [single] => single.word().to_string(),
            several => format!("({})", words(several)),
        };
        format!("({}) -> {results}", words(self.operands()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_lead_back() {
        let names: BTreeSet<&str> = Intrinsic::ALL.iter().map(|intrinsic| intrinsic.name()).collect();
        assert_eq!(names.len(), Intrinsic::ALL.len());
        for &intrinsic in Intrinsic::ALL {
            assert_eq!(Intrinsic::from_name(intrinsic.name()), Some(intrinsic));
            assert_eq!(Intrinsic::from_operation(intrinsic.operation()), Some(intrinsic));
        }
    }

    #[test]
    fn signatures_read_as_documented() {
        assert_eq!(Intrinsic::SegmentGetInt.signature(), "(seg, offset) -> value");
        assert_eq!(Intrinsic::WasiFdWrite.signature(), "(fd, seg) -> (errno, count)");
        assert_eq!(Intrinsic::AllocatorFree.signature(), "(allocator) -> ()");
    }
}
