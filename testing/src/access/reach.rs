//! What the programs reached.

use crate::access::program::{Compare, Loop, Shape};
use std::collections::{BTreeMap, BTreeSet};

/// What one program reached.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Checks that were passed.
    pub accesses: usize,
    /// Accesses that end exactly where their segment does.
    pub near: usize,
    /// Uses at offsets of 2^31 and more.
    pub far: usize,
    /// Uses at offsets in the last 64 KiB of the address space.
    pub last: usize,
    /// Accesses of a local that do not end after all earlier ones of the local.
    pub covered: usize,
    /// Accesses of a local that end after all earlier ones of the local.
    pub wider: usize,
    /// Uses of segments whose region is closed.
    pub stale: usize,
    /// Conditional statements.
    pub branches: usize,
    /// Blocks and loops that were left early.
    pub left: usize,
    /// Calls of functions of the program.
    pub calls: usize,
    /// Segments that end at 2^32.
    pub whole: usize,
    /// Loops with more than one iteration, by their shape and comparison.
    pub loops: BTreeMap<(Shape, Compare), usize>,
    /// The steps of these loops.
    pub steps: BTreeSet<u32>,
    /// Where the accesses of a local end, by the call depth and the local.
    ends: BTreeMap<(usize, usize), u64>,
}

impl Seen {
    /// Counts a passed check.
    pub(crate) fn checked(&mut self, offset: u32, bytes: u32, size: u32) {
        self.accesses += 1;
        self.near += usize::from(bytes > 0 && offset.checked_add(bytes) == Some(size));
    }

    /// Counts a large offset of a use.
    pub(crate) fn far(&mut self, offset: u32) {
        self.far += usize::from(offset >= 1 << 31);
        self.last += usize::from(offset >= 0xffff_0000);
    }

    pub(crate) fn assigned(&mut self, depth: usize, local: usize) {
        self.ends.remove(&(depth, local));
    }

    pub(crate) fn accessed(&mut self, depth: usize, local: usize, end: u64) {
        match self.ends.get(&(depth, local)) {
            Some(known) if end <= *known => self.covered += 1,
            known => {
                self.wider += usize::from(known.is_some());
                self.ends.insert((depth, local), end);
            }
        }
    }

    pub(crate) fn ran(&mut self, counted: &Loop, trips: usize) {
        if trips > 1 {
            *self.loops.entry((counted.shape, counted.compare)).or_default() += 1;
            self.steps.insert(counted.step);
        }
    }
}

/// What all programs reached.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// How many programs were generated.
    pub programs: usize,
    /// How many runs each variant had.
    pub runs: BTreeMap<String, usize>,
    /// How many runs had each end, by the type of segments and the safety level.
    pub ends: BTreeMap<(String, &'static str), usize>,
    /// Violations in loops.
    pub in_loops: usize,
    /// Violations outside of loops.
    pub elsewhere: usize,
    /// Violations that the linker may find.
    pub certain: usize,
    /// Values that were compared.
    pub values: usize,
    /// Values that are unspecified, and were not compared.
    pub unspecified: usize,
    /// Runs whose memory consists of more than one chunk.
    pub chunked: usize,
    /// Functions with a loop whose checks are made before it.
    pub hoisted: usize,
    /// How many violations each intrinsic had.
    pub intrinsics: BTreeMap<String, usize>,
    /// The sum over all runs.
    pub total: Seen,
}

impl Reach {
    pub(crate) fn saw(&mut self, seen: &Seen) {
        let total = &mut self.total;
        total.accesses += seen.accesses;
        total.near += seen.near;
        total.far += seen.far;
        total.last += seen.last;
        total.covered += seen.covered;
        total.wider += seen.wider;
        total.stale += seen.stale;
        total.branches += seen.branches;
        total.left += seen.left;
        total.calls += seen.calls;
        total.whole += seen.whole;
        for (shape, count) in &seen.loops {
            *total.loops.entry(*shape).or_default() += count;
        }
        total.steps.extend(&seen.steps);
    }

    /// Adds what other programs reached.
    pub(crate) fn add(&mut self, other: &Reach) {
        self.programs += other.programs;
        for (variant, count) in &other.runs {
            *self.runs.entry(variant.clone()).or_default() += count;
        }
        for (end, count) in &other.ends {
            *self.ends.entry(end.clone()).or_default() += count;
        }
        for (name, count) in &other.intrinsics {
            *self.intrinsics.entry(name.clone()).or_default() += count;
        }
        self.in_loops += other.in_loops;
        self.elsewhere += other.elsewhere;
        self.certain += other.certain;
        self.values += other.values;
        self.unspecified += other.unspecified;
        self.chunked += other.chunked;
        self.hoisted += other.hoisted;
        self.saw(&other.total);
    }

    /// How many runs had this end, among the types and safety levels that `is_type` selects.
    pub fn ended(&self, is_type: impl Fn(&str) -> bool, end: &str) -> usize {
        let counts = |((kind, found), count): (&(String, &'static str), &usize)| {
            (is_type(kind) && *found == end).then_some(*count)
        };
        self.ends.iter().filter_map(counts).sum()
    }

    /// Formats what was reached as a table.
    pub fn histogram(&self) -> String {
        let Reach { programs, total, in_loops, elsewhere, certain, values, unspecified, chunked, hoisted, .. } = self;
        let Seen { accesses, near, far, last, covered, wider, stale, branches, left, calls, whole, .. } = total;
        let runs: String = self.runs.iter().map(|(variant, count)| format!("\n  {count:6} {variant}")).collect();
        let ends: String =
            self.ends.iter().map(|((kind, end), count)| format!("\n  {count:6} {kind}: {end}")).collect();
        format!(
            "{programs} programs; runs by variant{runs}\nruns by end{ends}\n\
             violations in loops {in_loops}, elsewhere {elsewhere}, known when linking {certain}; by intrinsic {:?}\n\
             checks passed {accesses}, to the last byte {near}, offsets from 2^31 on {far}, in the last page {last}\n\
             accesses inside of earlier ones {covered}, beyond them {wider}; of closed regions {stale}\n\
             branches {branches}, left early {left}, calls {calls}, segments up to 2^32 {whole}, runs of many chunks \
             {chunked}\n\
             functions with checks before a loop {hoisted}\n\
             loops {:?}, steps {:?}\n\
             values compared {values}, not specified {unspecified}",
            self.intrinsics, total.loops, total.steps
        )
    }
}
