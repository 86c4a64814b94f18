//! Code that is written when a function ends, because it depends on the whole function.

use crate::engine::knowledge::frames::{DefinitionId, FrameId, RegionId, Slot};
use crate::engine::maker::Maker;
use crate::engine::number_id::{NumbersId, PartUse};
use crate::engine::wrappers::{CrossingLabel, WrapperId};
use crate::index::LocalIndex;
use crate::segment::Part;
use crate::statics::StaticSegment;

/// Code that is determined at the end of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Late {
    /// The instructions that push top, and keep it as the start of a frame.
    FrameStart(FrameId),
    /// The instruction that pushes the size of a frame.
    FrameBytes(FrameId),
    /// The instruction that copies the header on the stack to the local of its region, if code reads that local.
    KeepHeader(RegionId),
    /// The instructions that load the header of the innermost region into its local, if code reads that local.
    TakeHeader(RegionId),
    /// The instructions that zero a frame, starting at this offset.
    ClearFrame(FrameId, u32),
    /// The instructions that assign a segment of a frame to its local, if code reads the local.
    Definition(DefinitionId),
    /// The code that packs a segment whose address is on the stack begins here. It is removed if code does not read the local
    /// that [`Result`](Late::Result) assigns.
    Packing,
    /// The instruction that assigns the segment on the stack, which was just allocated, to a local, or drops it if code does
    /// not read the local. Its code may begin at [`Packing`](Late::Packing).
    Result(LocalIndex),
    /// The instructions that assign the handle of the region that was just opened to a local, if code reads the local.
    Handle(LocalIndex),
    /// The instructions that unpack the parts of parameters that are segments, and round those that are sizes.
    Parameters,
    /// The instructions that unpack the parts of the segment that was just assigned to a local.
    Assigned(LocalIndex),
    /// The instructions that push a part of the segment in a local.
    Part(LocalIndex, Part),
    /// The instructions that push whether a byte of the segment in a local may be free.
    MayBeFree(LocalIndex),
    /// The instructions that push an address in the segment in a local: that of this byte or of a later one.
    Byte(LocalIndex, u32),
    /// The instructions that push an address in the segment in the first local: the offset in the second local plus
    /// this distance, or a later address.
    ByteAt(LocalIndex, LocalIndex, u32),
    /// The instructions that push a segment of a frame.
    Slot(Slot),
    /// The instruction that pushes a segment over static data.
    Static(StaticSegment),
    /// The instructions that assign a segment of a static frame to a local, if code reads the local.
    StaticDefinition(LocalIndex, StaticSegment),
    /// The instruction that assigns a handle to a local whose region is part of a static frame, if code reads the local.
    StaticHandle(LocalIndex),
    /// The instruction that pushes the address of a segment over static data.
    StaticAddress(StaticSegment),
    /// The run of stores of constants with this number.
    Stores(usize),
    /// The instructions that keep the region of a frame as a structure, if code needs it.
    KeepScope(FrameId, Maker),
    /// The instructions that push whether the region of a frame is closed.
    IsClosed(FrameId),
    /// The opening of the wrapper of a scope, if the wrapper is needed.
    Wrapper(WrapperId),
    /// The number of a label that may cross wrappers.
    Label(CrossingLabel),
    /// The instructions that push whether the segment in a local has fewer than this many bytes.
    Shorter(LocalIndex, u32),
    /// The code that pushes a part of a new segment, or assigns it.
    NewPart(PartUse),
    /// The instruction that pops one of the numbers of a segment.
    KeepNumber(LocalIndex),
    /// The instructions that copy one of the numbers of a segment to another local, if code reads that local.
    CopyNumber(LocalIndex, LocalIndex),
    /// The instructions that select one of two locals, if code reads the local that is assigned.
    Choose {
        /// The two locals.
        numbers: (LocalIndex, LocalIndex),
        /// The local with the condition.
        condition: LocalIndex,
        /// The local that is assigned.
        to: LocalIndex,
    },
    /// The instructions that assign the numbers of a segment of a frame.
    SlotNumbers(Slot, NumbersId),
    /// The instructions that assign the numbers of a segment over static data.
    StaticNumbers(StaticSegment, NumbersId),
}
