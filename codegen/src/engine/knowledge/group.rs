//! Checks of straight-line code that may be guarded by one test.

use crate::engine::knowledge::scan::{Check, Read};
use crate::engine::tape::Position;

/// A group of checks.
#[derive(Debug)]
pub(crate) struct Group {
    /// The position of the first check.
    pub(crate) start: Position,
    /// The checks, in the order of the code.
    pub(crate) checks: Vec<Check>,
    /// What the checks read.
    pub(crate) reads: Vec<Read>,
}
