//! What random programs with exceptions reached.

use std::collections::BTreeMap;

/// What the programs reached.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// How many programs were run.
    pub programs: usize,
    /// How many exceptions the host threw.
    pub thrown_by_host: usize,
    /// How often a handler began.
    pub caught: usize,
    /// How many regions exceptions closed.
    pub closed: usize,
    /// How many regions stayed open when a handler began.
    pub kept: usize,
    /// How many regions an exception left open.
    pub left_open: usize,
    /// How many regions were closed otherwise.
    pub ended: usize,
    /// The largest number of open regions.
    pub depth: usize,
    /// The number of allocations.
    pub allocations: usize,
    /// How many values were read from segments.
    pub reads: usize,
    /// How many values were carried out of scopes, blocks and functions.
    pub carried: usize,
    /// How often each construct was written, at the library door.
    pub written: BTreeMap<&'static str, usize>,
}

impl Reach {
    /// Adds what other programs reached.
    pub fn add(&mut self, other: &Reach) {
        self.programs += other.programs;
        self.thrown_by_host += other.thrown_by_host;
        self.caught += other.caught;
        self.closed += other.closed;
        self.kept += other.kept;
        self.left_open += other.left_open;
        self.ended += other.ended;
        self.depth = self.depth.max(other.depth);
        self.allocations += other.allocations;
        self.reads += other.reads;
        self.carried += other.carried;
        for (construct, count) in &other.written {
            *self.written.entry(construct).or_default() += count;
        }
    }
}
