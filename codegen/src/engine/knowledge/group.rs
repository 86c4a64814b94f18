//! Checks of straight-line code that may be guarded by one test.

use crate::engine::knowledge::scan::Check;
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use crate::segment::Part;

/// A group of checks.
#[derive(Debug)]
pub(crate) struct Group {
    /// The position of the first check.
    pub(crate) start: Position,
    /// The checks, in the order of the code.
    pub(crate) checks: Vec<Check>,
    /// The parts of locals that the checks read, and the estimate of how often.
    pub(crate) reads: Vec<(LocalIndex, Part, u64)>,
}
