//! Checks of straight code that may become one.

use crate::engine::knowledge::scan::Check;
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use crate::segment::Part;

/// Checks that may be put together.
#[derive(Debug)]
pub(crate) struct Group {
    /// The position of the first.
    pub(crate) start: Position,
    /// The checks, in their order.
    pub(crate) checks: Vec<Check>,
    /// The parts of locals that they read, and how often, as it was estimated.
    pub(crate) reads: Vec<(LocalIndex, Part, u64)>,
}
