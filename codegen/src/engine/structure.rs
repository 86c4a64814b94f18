//! The open control structures of a function.

/// A control structure that is open.
#[derive(Debug)]
pub(super) struct Control {
    /// The number of operands below it.
    pub(super) floor: usize,
    /// The number of operands that it pops.
    pub(super) params: u32,
    /// The number of operands that it pushes.
    pub(super) results: u32,
    /// The number of open loops, including this structure.
    pub(super) loops: u32,
}

impl Control {
    /// The structure that contains the body of a function with `results` results.
    pub(super) fn of_function(results: u32) -> Control {
        Control { floor: 0, params: 0, results, loops: 0 }
    }
}
