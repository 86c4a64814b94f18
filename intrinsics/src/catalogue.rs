//! The catalogue: one table of all intrinsics.
//!
//! [`for_each_intrinsic!`](crate::for_each_intrinsic) passes the whole table to a macro of the caller, so that code
//! that must cover every intrinsic can be derived from it. This crate derives the enum [`Intrinsic`] from it, with the
//! names, operands, results, violations, effects and documentation. The functions of WASI and the fields of its records have
//! their own tables, in [`wasi`]. [`Intrinsic`] has one variant for all functions, one for reading fields, and one for
//! writing them.

use crate::access::Access;
use crate::array::Elements;
use crate::atomic::{Atomic, Word};
use crate::effects::{Effect, Effects};
use crate::operand::Operand;
use crate::text::Encoding;
use crate::violation::Violation;
use crate::wasi;

/// What an intrinsic does, grouped by family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Open a region.
    Open,
    /// Allocate with an alignment of 8.
    Allocate,
    /// Allocate with a given alignment.
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
    /// Allocate, and copy elements of an array to the segment.
    AllocateArray,
    /// Copy elements of an array to a segment.
    CopyFromArray,
    /// Copy bytes of a segment to elements of an array.
    CopyToArray,
    /// A new array with bytes of a segment.
    ToArray,
    /// Allocate, and encode the text of an array to the segment.
    AllocateText(Encoding),
    /// Encode the text of an array to a segment.
    SetText(Encoding),
    /// A new array with the decoded text of a segment.
    GetText(Encoding),
    /// The size of the encoded text of an array.
    TextSize(Encoding),
    /// Read, write or wait for a word of a segment atomically.
    OnWord(Atomic, Word),
    /// Wake threads that wait for a word of a segment.
    Notify,
    /// Order the accesses of memory before it before those after it.
    Fence,
    /// Call the host's `fd_write` until all bytes are written.
    WriteAll,
    /// Call the host's `fd_read` until the segment is full or the file ends.
    ReadExact,
    /// Call the host's `fd_read` until the file ends.
    ReadToEnd,
    /// The list of arguments.
    Args,
    /// The list of the environment variables.
    Environ,
    /// An element of a list.
    Item,
    /// Call the host's `path_open` with the preopened directory that contains the path.
    OpenPath,
    /// Write the text of an array to a file.
    Print,
    /// Call the host's `fd_read` until the file ends, and make an array of the bytes.
    ReadBytes,
    /// Call the host's `fd_read` until the file ends, and make an array of the decoded text.
    ReadText,
    /// Call the host's `path_open` with the preopened directory that contains the path in an array.
    OpenText,
    /// An array of the arguments.
    ArgsArray,
    /// An array of the environment variables.
    EnvironArray,
    /// The errno of the last lifted call.
    LastErrno,
    /// One call of a function of the host.
    Host(wasi::Function),
    /// Read a field of a record.
    GetField(wasi::Field),
    /// Write a field of a record.
    SetField(wasi::Field),
}

/// Passes the table to the macro `$then`, as rows of
/// `Name, "import name", (operation), [operands], [results], [violations], [effects], "documentation";`.
#[macro_export]
macro_rules! for_each_intrinsic {
    ($then:ident) => {
        $then! {
            AllocatorNew, "MemoryAllocator.new", (Open), [], [Allocator], [Nested, OutOfMemory], [Opens, Grows],
                "open a region";
            AllocatorAllocate, "MemoryAllocator.allocate", (Allocate), [Allocator, Bytes], [Segment],
                [OutOfMemory, NotInnermost, UseAfterFree], [Allocates, Grows],
                "allocate bytes aligned to 8; their contents are unspecified unless `zero` says otherwise";
            AllocatorAllocateAligned, "MemoryAllocator.allocateAligned", (AllocateAligned),
                [Allocator, Bytes, Alignment], [Segment], [OutOfMemory, BadAlignment, NotInnermost, UseAfterFree],
                [Allocates, Grows],
                "allocate bytes aligned to a power of two up to 65536";
            AllocatorAllocateArray, "MemoryAllocator.allocateArray", (AllocateArray),
                [Allocator, Array, Index, Int("count")], [Segment], [OutOfMemory, NotInnermost, UseAfterFree],
                [Allocates, Grows, UsesArrays],
                "allocate a segment with count elements of the array, starting with that at index";
            AllocatorAllocateUtf8, "MemoryAllocator.allocateUtf8", (AllocateText(Encoding::Utf8)),
                [Allocator, Array, Index, Int("count")], [Segment], [OutOfMemory, NotInnermost, UseAfterFree],
                [Allocates, Grows, UsesArrays],
                "allocate a segment with count elements of the array, starting with that at index, as UTF-8, with U+FFFD in place of ill-formed input";
            AllocatorAllocateWtf8, "MemoryAllocator.allocateWtf8", (AllocateText(Encoding::Wtf8)),
                [Allocator, Array, Index, Int("count")], [Segment], [OutOfMemory, NotInnermost, UseAfterFree],
                [Allocates, Grows, UsesArrays],
                "allocate a segment with count elements of the array, starting with that at index, as WTF-8, which preserves lone surrogates";
            AllocatorAllocateLatin1, "MemoryAllocator.allocateLatin1", (AllocateText(Encoding::Latin1)),
                [Allocator, Array, Index, Int("count")], [Segment], [OutOfMemory, NotInnermost, UseAfterFree],
                [Allocates, Grows, UsesArrays],
                "allocate a segment with count elements of the array, starting with that at index, as Latin-1, with `?` in place of other characters";
            AllocatorFree, "MemoryAllocator.free", (Close), [Allocator], [], [AlreadyFreed, NotInnermost, Corrupted],
                [Closes],
                "close the region and free everything that was allocated since it was opened";
            SegmentGetByte, "MemorySegment.getByte", (Get(Access::Byte)), [Segment, Offset],
                [Value(Access::Byte)], [OutOfBounds, UseAfterFree, Forged], [],
                "read one byte, sign-extended";
            SegmentGetUByte, "MemorySegment.getUByte", (Get(Access::UByte)), [Segment, Offset],
                [Value(Access::UByte)], [OutOfBounds, UseAfterFree, Forged], [],
                "read one byte, zero-extended";
            SegmentGetShort, "MemorySegment.getShort", (Get(Access::Short)), [Segment, Offset],
                [Value(Access::Short)], [OutOfBounds, UseAfterFree, Forged], [],
                "read two bytes, sign-extended";
            SegmentGetUShort, "MemorySegment.getUShort", (Get(Access::UShort)), [Segment, Offset],
                [Value(Access::UShort)], [OutOfBounds, UseAfterFree, Forged], [],
                "read two bytes, zero-extended";
            SegmentGetInt, "MemorySegment.getInt", (Get(Access::Int)), [Segment, Offset],
                [Value(Access::Int)], [OutOfBounds, UseAfterFree, Forged], [],
                "read four bytes";
            SegmentGetLong, "MemorySegment.getLong", (Get(Access::Long)), [Segment, Offset],
                [Value(Access::Long)], [OutOfBounds, UseAfterFree, Forged], [],
                "read eight bytes";
            SegmentGetFloat, "MemorySegment.getFloat", (Get(Access::Float)), [Segment, Offset],
                [Value(Access::Float)], [OutOfBounds, UseAfterFree, Forged], [],
                "read four bytes as a float";
            SegmentGetDouble, "MemorySegment.getDouble", (Get(Access::Double)), [Segment, Offset],
                [Value(Access::Double)], [OutOfBounds, UseAfterFree, Forged], [],
                "read eight bytes as a float";
            SegmentGetVector, "MemorySegment.getVector", (Get(Access::Vector)), [Segment, Offset],
                [Value(Access::Vector)], [OutOfBounds, UseAfterFree, Forged], [],
                "read sixteen bytes";
            SegmentSetByte, "MemorySegment.setByte", (Set(Access::Byte)),
                [Segment, Offset, Value(Access::Byte)], [], [OutOfBounds, UseAfterFree, Forged], [],
                "write the low eight bits of the value";
            SegmentSetShort, "MemorySegment.setShort", (Set(Access::Short)),
                [Segment, Offset, Value(Access::Short)], [], [OutOfBounds, UseAfterFree, Forged], [],
                "write the low sixteen bits of the value";
            SegmentSetInt, "MemorySegment.setInt", (Set(Access::Int)),
                [Segment, Offset, Value(Access::Int)], [], [OutOfBounds, UseAfterFree, Forged], [],
                "write four bytes";
            SegmentSetLong, "MemorySegment.setLong", (Set(Access::Long)),
                [Segment, Offset, Value(Access::Long)], [], [OutOfBounds, UseAfterFree, Forged], [],
                "write eight bytes";
            SegmentSetFloat, "MemorySegment.setFloat", (Set(Access::Float)),
                [Segment, Offset, Value(Access::Float)], [], [OutOfBounds, UseAfterFree, Forged], [],
                "write a float as four bytes";
            SegmentSetDouble, "MemorySegment.setDouble", (Set(Access::Double)),
                [Segment, Offset, Value(Access::Double)], [], [OutOfBounds, UseAfterFree, Forged], [],
                "write a float as eight bytes";
            SegmentSetVector, "MemorySegment.setVector", (Set(Access::Vector)),
                [Segment, Offset, Value(Access::Vector)], [], [OutOfBounds, UseAfterFree, Forged], [],
                "write sixteen bytes";
            SegmentAddress, "MemorySegment.address", (Address), [Segment], [Address], [Forged], [],
                "the start address";
            SegmentSize, "MemorySegment.size", (Size), [Segment], [Bytes], [Forged], [],
                "the size in bytes";
            SegmentSlice, "MemorySegment.slice", (Slice), [Segment, Offset, Bytes], [Segment],
                [OutOfBounds, UseAfterFree, Forged], [],
                "a part of the segment, over the same memory";
            SegmentOfAddress, "MemorySegment.ofAddress", (OfAddress), [Address, Bytes], [Segment], [OutOfBounds], [],
                "a segment over memory that the program vouches for";
            SegmentFill, "MemorySegment.fill", (Fill), [Segment, Offset, Bytes, Byte], [],
                [OutOfBounds, UseAfterFree, Forged], [],
                "set bytes to a value";
            SegmentCopy, "MemorySegment.copy", (Copy), [Segment, Offset, Segment, Offset, Bytes], [],
                [OutOfBounds, UseAfterFree, Forged], [],
                "copy bytes from the second segment to the first; the segments may overlap";
            SegmentCopyFromArray, "MemorySegment.copyFromArray", (CopyFromArray),
                [Segment, Offset, Array, Index, Int("count")], [], [OutOfBounds, UseAfterFree, Forged], [UsesArrays],
                "copy count elements of the array, starting with that at index, to bytes at the offset, little-endian";
            SegmentCopyToArray, "MemorySegment.copyToArray", (CopyToArray),
                [Segment, Offset, Array, Index, Int("count")], [], [OutOfBounds, UseAfterFree, Forged], [UsesArrays],
                "copy bytes at the offset to count elements of the array, starting with that at index, little-endian";
            SegmentToArray, "MemorySegment.toArray", (ToArray), [Segment, Offset, Int("count")], [Array],
                [OutOfBounds, UseAfterFree, Forged], [UsesArrays],
                "a new array of count elements, copied from bytes at the offset, little-endian";
            SegmentSetUtf8, "MemorySegment.setUtf8", (SetText(Encoding::Utf8)),
                [Segment, Offset, Array, Index, Int("count")], [Bytes], [OutOfBounds, UseAfterFree, Forged], [UsesArrays],
                "write count elements of the array, starting with that at index, as UTF-8, with U+FFFD in place of ill-formed input; the result is \
                 the number of bytes written";
            SegmentSetWtf8, "MemorySegment.setWtf8", (SetText(Encoding::Wtf8)),
                [Segment, Offset, Array, Index, Int("count")], [Bytes], [OutOfBounds, UseAfterFree, Forged], [UsesArrays],
                "write count elements of the array, starting with that at index, as WTF-8, which preserves lone surrogates; the result is \
                 the number of bytes written";
            SegmentSetLatin1, "MemorySegment.setLatin1", (SetText(Encoding::Latin1)),
                [Segment, Offset, Array, Index, Int("count")], [Bytes], [OutOfBounds, UseAfterFree, Forged], [UsesArrays],
                "write count elements of the array, starting with that at index, as Latin-1, with `?` in place of other characters; the result is \
                 the number of bytes written";
            SegmentGetUtf8, "MemorySegment.getUtf8", (GetText(Encoding::Utf8)), [Segment, Offset, Bytes], [Array],
                [OutOfBounds, UseAfterFree, Forged], [UsesArrays],
                "a new array with the text of bytes at the offset, which are UTF-8, with U+FFFD in place of ill-formed bytes";
            SegmentGetWtf8, "MemorySegment.getWtf8", (GetText(Encoding::Wtf8)), [Segment, Offset, Bytes], [Array],
                [OutOfBounds, UseAfterFree, Forged], [UsesArrays],
                "a new array with the text of bytes at the offset, which are WTF-8, which preserves lone surrogates";
            SegmentGetLatin1, "MemorySegment.getLatin1", (GetText(Encoding::Latin1)), [Segment, Offset, Bytes], [Array],
                [OutOfBounds, UseAfterFree, Forged], [UsesArrays],
                "a new array with the text of bytes at the offset, which are Latin-1";
            TextUtf8Size, "Text.utf8Size", (TextSize(Encoding::Utf8)), [Array, Index, Int("count")], [Bytes], [],
                [UsesArrays],
                "the number of bytes of count elements of the array, starting with that at index, as UTF-8";
            TextWtf8Size, "Text.wtf8Size", (TextSize(Encoding::Wtf8)), [Array, Index, Int("count")], [Bytes], [],
                [UsesArrays],
                "the number of bytes of count elements of the array, starting with that at index, as WTF-8";
            TextLatin1Size, "Text.latin1Size", (TextSize(Encoding::Latin1)), [Array, Index, Int("count")], [Bytes], [],
                [UsesArrays],
                "the number of bytes of count elements of the array, starting with that at index, as Latin-1";
            SegmentGetVolatileInt, "MemorySegment.getVolatileInt", (OnWord(Atomic::Get, Word::Int)),
                [Segment, Offset], [Value(Access::Int)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "read four bytes atomically";
            SegmentSetVolatileInt, "MemorySegment.setVolatileInt", (OnWord(Atomic::Set, Word::Int)),
                [Segment, Offset, Value(Access::Int)], [],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "write four bytes atomically";
            SegmentGetAndAddInt, "MemorySegment.getAndAddInt", (OnWord(Atomic::GetAndAdd, Word::Int)),
                [Segment, Offset, Value(Access::Int)], [Value(Access::Int)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "add to four bytes atomically; the result is the old value";
            SegmentGetAndSetInt, "MemorySegment.getAndSetInt", (OnWord(Atomic::GetAndSet, Word::Int)),
                [Segment, Offset, Value(Access::Int)], [Value(Access::Int)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "replace four bytes atomically; the result is the old value";
            SegmentGetAndBitwiseAndInt, "MemorySegment.getAndBitwiseAndInt", (OnWord(Atomic::GetAndAnd, Word::Int)),
                [Segment, Offset, Value(Access::Int)], [Value(Access::Int)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "replace four bytes by their bitwise and with the value atomically; the result is the old value";
            SegmentGetAndBitwiseOrInt, "MemorySegment.getAndBitwiseOrInt", (OnWord(Atomic::GetAndOr, Word::Int)),
                [Segment, Offset, Value(Access::Int)], [Value(Access::Int)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "replace four bytes by their bitwise or with the value atomically; the result is the old value";
            SegmentGetAndBitwiseXorInt, "MemorySegment.getAndBitwiseXorInt", (OnWord(Atomic::GetAndXor, Word::Int)),
                [Segment, Offset, Value(Access::Int)], [Value(Access::Int)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "replace four bytes by their exclusive or with the value atomically; the result is the old value";
            SegmentCompareAndExchangeInt, "MemorySegment.compareAndExchangeInt",
                (OnWord(Atomic::CompareAndExchange, Word::Int)),
                [Segment, Offset, Int("expected"), Value(Access::Int)], [Value(Access::Int)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "replace four bytes atomically if they have the expected value; the result is the old value";
            SegmentCompareAndSetInt, "MemorySegment.compareAndSetInt", (OnWord(Atomic::CompareAndSet, Word::Int)),
                [Segment, Offset, Int("expected"), Value(Access::Int)], [Int("changed")],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "replace four bytes atomically if they have the expected value; the result is 1 if they had, else 0";
            SegmentWaitInt, "MemorySegment.waitInt", (OnWord(Atomic::Wait, Word::Int)),
                [Segment, Offset, Int("expected"), Long("timeout")], [Int("outcome")],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "wait until another thread notifies four bytes: 0 if one did, 1 if their value is not the expected one, \
                 2 after the timeout in nanoseconds, which is infinite if it is negative";
            SegmentGetVolatileLong, "MemorySegment.getVolatileLong", (OnWord(Atomic::Get, Word::Long)),
                [Segment, Offset], [Value(Access::Long)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "read eight bytes atomically";
            SegmentSetVolatileLong, "MemorySegment.setVolatileLong", (OnWord(Atomic::Set, Word::Long)),
                [Segment, Offset, Value(Access::Long)], [],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "write eight bytes atomically";
            SegmentGetAndAddLong, "MemorySegment.getAndAddLong", (OnWord(Atomic::GetAndAdd, Word::Long)),
                [Segment, Offset, Value(Access::Long)], [Value(Access::Long)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "add to eight bytes atomically; the result is the old value";
            SegmentGetAndSetLong, "MemorySegment.getAndSetLong", (OnWord(Atomic::GetAndSet, Word::Long)),
                [Segment, Offset, Value(Access::Long)], [Value(Access::Long)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "replace eight bytes atomically; the result is the old value";
            SegmentGetAndBitwiseAndLong, "MemorySegment.getAndBitwiseAndLong", (OnWord(Atomic::GetAndAnd, Word::Long)),
                [Segment, Offset, Value(Access::Long)], [Value(Access::Long)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "replace eight bytes by their bitwise and with the value atomically; the result is the old value";
            SegmentGetAndBitwiseOrLong, "MemorySegment.getAndBitwiseOrLong", (OnWord(Atomic::GetAndOr, Word::Long)),
                [Segment, Offset, Value(Access::Long)], [Value(Access::Long)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "replace eight bytes by their bitwise or with the value atomically; the result is the old value";
            SegmentGetAndBitwiseXorLong, "MemorySegment.getAndBitwiseXorLong", (OnWord(Atomic::GetAndXor, Word::Long)),
                [Segment, Offset, Value(Access::Long)], [Value(Access::Long)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "replace eight bytes by their exclusive or with the value atomically; the result is the old value";
            SegmentCompareAndExchangeLong, "MemorySegment.compareAndExchangeLong",
                (OnWord(Atomic::CompareAndExchange, Word::Long)),
                [Segment, Offset, Long("expected"), Value(Access::Long)], [Value(Access::Long)],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "replace eight bytes atomically if they have the expected value; the result is the old value";
            SegmentCompareAndSetLong, "MemorySegment.compareAndSetLong", (OnWord(Atomic::CompareAndSet, Word::Long)),
                [Segment, Offset, Long("expected"), Value(Access::Long)], [Int("changed")],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "replace eight bytes atomically if they have the expected value; the result is 1 if they had, else 0";
            SegmentWaitLong, "MemorySegment.waitLong", (OnWord(Atomic::Wait, Word::Long)),
                [Segment, Offset, Long("expected"), Long("timeout")], [Int("outcome")],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "wait until another thread notifies eight bytes: 0 if one did, 1 if their value is not the expected one, \
                 2 after the timeout in nanoseconds, which is infinite if it is negative";
            SegmentNotify, "MemorySegment.notify", (Notify), [Segment, Offset, Int("count")], [Int("woken")],
                [OutOfBounds, UseAfterFree, Forged], [Synchronizes],
                "wake up to count threads that wait for the bytes at the offset; the result is their number";
            SegmentFence, "MemorySegment.fence", (Fence), [], [], [], [Synchronizes],
                "order all accesses of memory before it before all accesses after it";
            WasiWriteAll, "wasi.write_all", (WriteAll), [Descriptor, Segment], [Errno],
                [OutOfMemory, UseAfterFree, Forged], [Grows, CallsHost],
                "write the whole segment, repeating the host call as needed";
            WasiReadExact, "wasi.read_exact", (ReadExact), [Descriptor, Segment], [Errno, Count],
                [OutOfMemory, UseAfterFree, Forged], [Grows, CallsHost],
                "fill the segment, repeating the host call as needed; the count is less than the size only at the end of \
                 the file or with an errno";
            WasiReadToEnd, "wasi.read_to_end", (ReadToEnd), [Allocator, Descriptor], [Errno, Segment],
                [OutOfMemory, NotInnermost, UseAfterFree], [Allocates, Grows, CallsHost],
                "read the rest of a file into a segment of the region; FBIG or NOMEM if the memory cannot hold it";
            WasiArgs, "wasi.args", (Args), [Allocator], [Errno, Buffer("list")],
                [OutOfMemory, NotInnermost, UseAfterFree], [Allocates, Grows, CallsHost],
                "the arguments, the name of the program first, as a list in the region";
            WasiEnviron, "wasi.environ", (Environ), [Allocator], [Errno, Buffer("list")],
                [OutOfMemory, NotInnermost, UseAfterFree], [Allocates, Grows, CallsHost],
                "the environment variables, as a list of texts `NAME=value` in the region";
            WasiListItem, "wasi.list.item", (Item), [Buffer("list"), Index], [Segment],
                [OutOfBounds, UseAfterFree, Forged], [],
                "one text of a list, without its terminating NUL";
            WasiOpen, "wasi.open", (OpenPath), [Buffer("path"), Int("flags")], [Errno, Int("fd")],
                [OutOfMemory, UseAfterFree, Forged], [Grows, CallsHost],
                "open a path in the preopened directory whose name is the longest prefix of the path; \
                 flags are those of wasi-libc's open";
            WasiPrint, "wasi.print", (Print), [Descriptor, Array], [Errno], [OutOfMemory], [Grows, CallsHost, UsesArrays],
                "write the whole text of an array, encoded as UTF-8 with U+FFFD in place of ill-formed input, repeating the host \
                 call as needed";
            WasiReadBytes, "wasi.read_bytes", (ReadBytes), [Descriptor], [Errno, Array], [OutOfMemory],
                [Grows, CallsHost, UsesArrays],
                "read the rest of a file into a new array of bytes; null if the call fails";
            WasiReadText, "wasi.read_text", (ReadText), [Descriptor], [Errno, Array], [OutOfMemory],
                [Grows, CallsHost, UsesArrays],
                "read the rest of a file, which is UTF-8, into a new array of text, with U+FFFD in place of ill-formed bytes; \
                 null if the call fails";
            WasiOpenText, "wasi.open_text", (OpenText), [Array, Int("flags")], [Errno, Int("fd")], [OutOfMemory],
                [Grows, CallsHost, UsesArrays],
                "open the path in an array as wasi.open does, encoded as UTF-8 with U+FFFD in place of ill-formed input";
            WasiArgsArray, "wasi.args_array", (ArgsArray), [], [Errno, Texts], [OutOfMemory],
                [Grows, CallsHost, UsesArrays],
                "the arguments, the name of the program first, as a new array of texts; null if the call fails";
            WasiEnvironArray, "wasi.environ_array", (EnvironArray), [], [Errno, Texts], [OutOfMemory],
                [Grows, CallsHost, UsesArrays],
                "the environment variables, as a new array of texts `NAME=value`; null if the call fails";
            WasiLastErrno, "wasi.last_errno", (LastErrno), [], [Errno], [], [],
                "the errno of the last lifted call, or 0 if it succeeded";
        }
    };
}

macro_rules! define_intrinsics {
    ($($name:ident, $import:literal, ($($operation:tt)+), [$($operand:expr),*], [$($result:expr),*],
        [$($violation:ident),*], [$($effect:ident),*], $doc:literal;)+) => {
        /// An intrinsic, in the order of the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Intrinsic {
            $(#[doc = concat!("`", $import, "`: ", $doc, ".")] $name,)+
            /// `wasi.<name>`: the lifted form of a function of WASI.
            Host(wasi::Function),
            /// `wasi.<record>.<name>`: read a field of a record.
            Get(wasi::Field),
            /// `wasi.<record>.set_<name>`: write a field of a record.
            Set(wasi::Field),
        }

        /// The intrinsics that have a row in the table.
        const ROWS: &[Intrinsic] = &[$(Intrinsic::$name),+];

        impl Intrinsic {
            /// The name of the import from the module `linmem`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Intrinsic::$name => $import,)+
                    Intrinsic::Host(function) => function.lifted_name(),
                    Intrinsic::Get(field) => field.getter(),
                    Intrinsic::Set(field) => field.setter(),
                }
            }

            /// The operation that the intrinsic performs.
            pub const fn operation(self) -> Operation {
                use Operation::*;
                match self {
                    $(Intrinsic::$name => $($operation)+,)+
                    Intrinsic::Host(function) => Host(function),
                    Intrinsic::Get(field) => GetField(field),
                    Intrinsic::Set(field) => SetField(field),
                }
            }

            /// The intrinsic that performs `operation`.
            pub const fn from_operation(operation: Operation) -> Option<Intrinsic> {
                use Operation::*;
                match operation {
                    $($($operation)+ => Some(Intrinsic::$name),)+
                    // A store does not extend, so unsigned stores do not exist.
                    Set(Access::UByte | Access::UShort) => None,
                    Host(function) => Some(Intrinsic::Host(function)),
                    GetField(field) => Some(Intrinsic::Get(field)),
                    SetField(field) => Some(Intrinsic::Set(field)),
                }
            }

            /// The operands, first to last.
            pub const fn operands(self) -> &'static [Operand] {
                use Operand::*;
                match self {
                    $(Intrinsic::$name => const { &[$($operand),*] },)+
                    Intrinsic::Host(function) => function.operands(),
                    Intrinsic::Get(field) => field.getter_operands(),
                    Intrinsic::Set(field) => field.setter_operands(),
                }
            }

            /// The results, first to last.
            pub const fn results(self) -> &'static [Operand] {
                use Operand::*;
                match self {
                    $(Intrinsic::$name => const { &[$($result),*] },)+
                    Intrinsic::Host(function) => function.results(),
                    Intrinsic::Get(field) => field.getter_results(),
                    Intrinsic::Set(_) => &[],
                }
            }

            /// The violations that a use can cause, at the highest safety level.
            pub const fn violations(self) -> &'static [Violation] {
                use Violation::*;
                match self {
                    $(Intrinsic::$name => const { &[$($violation),*] },)+
                    Intrinsic::Host(function) => function.violations(),
                    Intrinsic::Get(_) | Intrinsic::Set(_) => &[OutOfBounds, UseAfterFree, Forged],
                }
            }

            /// What it does besides computing its results.
            pub const fn effects(self) -> Effects {
                match self {
                    $(Intrinsic::$name => const { Effects::of(&[$(Effect::$effect),*]) },)+
                    Intrinsic::Host(function) => function.effects(),
                    Intrinsic::Get(_) | Intrinsic::Set(_) => Effects::of(&[]),
                }
            }

            /// One line of documentation.
            pub const fn doc(self) -> &'static str {
                match self {
                    $(Intrinsic::$name => $doc,)+
                    Intrinsic::Host(function) => function.doc(),
                    Intrinsic::Get(field) => field.getter_doc(),
                    Intrinsic::Set(field) => field.setter_doc(),
                }
            }
        }
    };
}

for_each_intrinsic!(define_intrinsics);

/// The number of intrinsics.
const COUNT: usize = {
    let mut count = ROWS.len() + wasi::Function::ALL.len() + wasi::Field::ALL.len();
    let mut position = 0;
    while position < wasi::Field::ALL.len() {
        count += wasi::Field::ALL[position].is_set() as usize;
        position += 1;
    }
    count
};

/// All intrinsics: the rows of the table, the functions of WASI, and the fields of its records.
const CATALOGUE: [Intrinsic; COUNT] = {
    let mut all = [Intrinsic::AllocatorNew; COUNT];
    let mut count = 0;
    let mut position = 0;
    while position < ROWS.len() {
        all[count] = ROWS[position];
        count += 1;
        position += 1;
    }
    position = 0;
    while position < wasi::Function::ALL.len() {
        all[count] = Intrinsic::Host(wasi::Function::ALL[position]);
        count += 1;
        position += 1;
    }
    position = 0;
    while position < wasi::Field::ALL.len() {
        let field = wasi::Field::ALL[position];
        all[count] = Intrinsic::Get(field);
        count += 1;
        if field.is_set() {
            all[count] = Intrinsic::Set(field);
            count += 1;
        }
        position += 1;
    }
    all
};

impl Intrinsic {
    /// The whole catalogue.
    pub const ALL: &'static [Intrinsic] = &CATALOGUE;

    /// The intrinsic with the import name `name`; aliases are not considered.
    pub fn from_name(name: &str) -> Option<Intrinsic> {
        Intrinsic::ALL.iter().copied().find(|intrinsic| intrinsic.name() == name)
    }

    /// Whether the intrinsic calls the host.
    pub const fn is_host_call(self) -> bool {
        self.effects().calls_host()
    }

    /// Whether it does nothing that can be observed but read and write memory and globals, where its operands say. An element
    /// of a list is somewhere else: its place is read from memory, and so are the numbers that are checked.
    pub const fn is_access(self) -> bool {
        self.effects().is_empty() && !matches!(self.operation(), Operation::Item)
    }

    /// Whether a size follows each segment that does not carry its own.
    pub const fn takes_sizes(self) -> bool {
        self.is_host_call()
            || matches!(self.operation(), Operation::Item | Operation::AllocateArray | Operation::AllocateText(_))
    }

    /// Whether one of its operands or results is a GC array.
    pub fn has_array(self) -> bool {
        self.operands().iter().chain(self.results()).any(|operand| *operand == Operand::Array)
    }

    /// Whether its array is text that a string of JavaScript can replace.
    pub const fn takes_strings(self) -> bool {
        matches!(
            self.operation(),
            Operation::AllocateText(_) | Operation::SetText(_) | Operation::GetText(_) | Operation::TextSize(_)
        )
    }

    /// Whether its result is an array of texts.
    pub const fn has_texts(self) -> bool {
        matches!(self.operation(), Operation::ArgsArray | Operation::EnvironArray)
    }

    /// Whether it assigns elements, so that the type of its array must be mutable.
    pub const fn writes_array(self) -> bool {
        matches!(
            self.operation(),
            Operation::CopyToArray
                | Operation::ToArray
                | Operation::GetText(_)
                | Operation::ReadBytes
                | Operation::ReadText
        )
    }

    /// Whether its array is a result that is null if the call fails, so that it must be nullable.
    pub fn returns_null_array(self) -> bool {
        self.is_host_call() && self.results().contains(&Operand::Array)
    }

    /// What the elements of its array can be.
    pub const fn elements(self) -> Elements {
        match self.operation() {
            Operation::AllocateText(_)
            | Operation::SetText(_)
            | Operation::GetText(_)
            | Operation::TextSize(_)
            | Operation::Print
            | Operation::ReadText
            | Operation::OpenText => Elements::Units,
            Operation::ReadBytes => Elements::Bytes,
            _ => Elements::Any,
        }
    }

    /// The names of operands and results: `(seg, offset) -> value`.
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
    fn names_are_unique_and_round_trip() {
        let names: BTreeSet<&str> = Intrinsic::ALL.iter().map(|intrinsic| intrinsic.name()).collect();
        assert_eq!(names.len(), Intrinsic::ALL.len());
        for &intrinsic in Intrinsic::ALL {
            assert_eq!(Intrinsic::from_name(intrinsic.name()), Some(intrinsic));
            assert_eq!(Intrinsic::from_operation(intrinsic.operation()), Some(intrinsic));
        }
    }

    #[test]
    fn signatures_match_documentation() {
        assert_eq!(Intrinsic::SegmentGetInt.signature(), "(seg, offset) -> value");
        assert_eq!(Intrinsic::Host(wasi::Function::FdWrite).signature(), "(fd, seg) -> (errno, count)");
        assert_eq!(Intrinsic::AllocatorFree.signature(), "(allocator) -> ()");
    }
}
