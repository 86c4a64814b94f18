//! Code that is written when a function ends, because only the end of the function decides what it is.

use crate::engine::knowledge::frames::{DefinitionId, FrameId, RegionId, Slot};
use crate::engine::maker::Maker;
use crate::index::LocalIndex;
use crate::segment::Part;

/// What only the end of a function tells.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Late {
    /// The size of a frame, as the immediate of an `i32.const`.
    FrameBytes(FrameId),
    /// The instruction that keeps the header on the stack in its region's local, if code reads it there.
    KeepHeader(RegionId),
    /// The instructions that put the header of the innermost region into its local, if code reads it there.
    TakeHeader(RegionId),
    /// The instructions that set a frame to zero, from this offset on.
    ClearFrame(FrameId, u32),
    /// The instructions that put a segment of a frame into its local, if code reads it there.
    Definition(DefinitionId),
    /// The instructions that put the handle of the region that was just opened into a local, if code reads it there.
    Handle(LocalIndex),
    /// The instructions that keep the parts of the segments that parameters are.
    Parameters,
    /// The instructions that keep the parts of the segment that was just assigned to a local.
    Assigned(LocalIndex),
    /// The instructions that push a part of the segment that a local holds.
    Part(LocalIndex, Part),
    /// The instructions that push whether a byte of the segment that a local holds may be free.
    MayBeFree(LocalIndex),
    /// The instructions that push an address in the segment that a local holds: of this byte or of a later one.
    Byte(LocalIndex, u32),
    /// The instructions that push an address in the segment that a local holds: so far behind the offset that another one
    /// holds, or later.
    ByteAt(LocalIndex, LocalIndex, u32),
    /// A segment of a frame.
    Slot(Slot),
    /// The instructions that keep the region of a frame, if code needs it as a structure.
    KeepScope(FrameId, Maker),
    /// The region of a frame, as a structure.
    Scope(FrameId),
    /// The instructions that push whether the region of a frame is closed.
    IsClosed(FrameId),
    /// The instructions that push whether the segment that a local holds has fewer bytes than this.
    Shorter(LocalIndex, u32),
}
