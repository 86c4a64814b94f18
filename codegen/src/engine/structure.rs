//! Control structures of a function.

/// A control structure that is open.
#[derive(Debug)]
pub(super) struct Control {
    /// How many operands lie below it.
    pub(super) floor: usize,
    /// How many operands it takes.
    pub(super) params: u32,
    /// How many operands it leaves.
    pub(super) results: u32,
    /// How many loops are open here.
    pub(super) loops: u32,
}

impl Control {
    /// What holds the body of a function with so many results.
    pub(super) fn of_function(results: u32) -> Control {
        Control { floor: 0, params: 0, results, loops: 0 }
    }
}
