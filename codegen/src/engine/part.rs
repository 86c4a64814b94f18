//! The parts of a packed segment that code reads.

/// A part of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The start address, an `i32`.
    Start,
    /// The size, an `i32`.
    Size,
    /// The size, as an `i64`.
    WideSize,
    /// The address of its last byte, an `i32`; or the last one of all, where there is none, or it is beyond that.
    Last,
}
