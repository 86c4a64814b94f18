//! What the programs reached.

use crate::program::{Compare, Loop, Shape};
use std::collections::{BTreeMap, BTreeSet};

/// What one program reached.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub accesses: usize,
    /// Accesses that end exactly where their segment does.
    pub near: usize,
    /// Accesses at offsets of 2^31 and more, and of the last 64 KiB.
    pub far: usize,
    pub last: usize,
    /// Accesses of a local inside of, or beyond, what was accessed before.
    pub covered: usize,
    pub wider: usize,
    /// Uses of segments whose region is closed.
    pub stale: usize,
    pub branches: usize,
    /// Blocks and loops that were left early.
    pub left: usize,
    pub calls: usize,
    /// Segments that end where addresses do.
    pub whole: usize,
    /// Loops by their shapes, if they ran more than once.
    pub loops: BTreeMap<(Shape, Compare), usize>,
    pub steps: BTreeSet<u32>,
    ends: BTreeMap<(usize, usize), u64>,
}

impl Seen {
    /// A check was passed.
    pub fn checked(&mut self, offset: u32, bytes: u32, size: u32) {
        self.accesses += 1;
        self.near += usize::from(bytes > 0 && offset.checked_add(bytes) == Some(size));
    }

    /// Notes an offset, of whatever use.
    pub fn far(&mut self, offset: u32) {
        self.far += usize::from(offset >= 1 << 31);
        self.last += usize::from(offset >= 0xffff_0000);
    }

    pub fn assigned(&mut self, depth: usize, local: usize) {
        self.ends.remove(&(depth, local));
    }

    pub fn accessed(&mut self, depth: usize, local: usize, end: u64) {
        match self.ends.get(&(depth, local)) {
            Some(known) if end <= *known => self.covered += 1,
            known => {
                self.wider += usize::from(known.is_some());
                self.ends.insert((depth, local), end);
            }
        }
    }

    pub fn ran(&mut self, counted: &Loop, trips: usize) {
        if trips > 1 {
            *self.loops.entry((counted.shape, counted.compare)).or_default() += 1;
            self.steps.insert(counted.step);
        }
    }
}

/// What all of them reached.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    pub programs: usize,
    pub runs: BTreeMap<String, usize>,
    /// How they ended, by what segments are and how much is checked.
    pub ends: BTreeMap<(String, &'static str), usize>,
    /// Violations in loops, and elsewhere.
    pub in_loops: usize,
    pub elsewhere: usize,
    /// Violations that the linker may know.
    pub certain: usize,
    /// Values that were compared, and that could not be.
    pub values: usize,
    pub unspecified: usize,
    /// Programs whose memory is in more than one chunk.
    pub chunked: usize,
    /// Functions with a loop whose checks are made before it.
    pub hoisted: usize,
    pub intrinsics: BTreeMap<String, usize>,
    pub total: Seen,
}

impl Reach {
    pub fn saw(&mut self, seen: &Seen) {
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

    /// Adds what another thread reached.
    pub fn add(&mut self, other: &Reach) {
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

    /// How many runs of these types ended so.
    pub fn ended(&self, is_type: impl Fn(&str) -> bool, end: &str) -> usize {
        let counts = |((kind, found), count): (&(String, &'static str), &usize)| {
            (is_type(kind) && *found == end).then_some(*count)
        };
        self.ends.iter().filter_map(counts).sum()
    }

    /// What was reached, as a table.
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
