//! Analyzes loops while they are lowered: detects counted loops and collects their checks.
//!
//! A counted loop adds a constant step to an index, once in each iteration, and continues while the index compares to a
//! bound that does not change. Two shapes are recognized:
//!
//! ```wasm
//! loop                                     loop
//!   ;; accesses at the index                 ;; the index compares: br_if out
//!   ;; the index moves                       ;; accesses at the index
//!   ;; the index compares: br_if 0           ;; the index moves
//! end                                        br 0
//!                                          end
//! ```
//!
//! Everything else in the loop must be straight-line code without effects visible from outside: no call, no other
//! branch, no allocation. Then every iteration that begins reaches each access in it, unless it traps.

use crate::engine::compare::{Comparison, Relation, Term};
use crate::engine::knowledge::frames::Slot;
use crate::engine::knowledge::proven::{From, Subject};
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use crate::segment::Part;
use crate::segment::SegmentTypes;
use crate::segment::{Extent, Start};
use std::collections::BTreeMap;

/// The property that a check tests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Checked {
    /// A range of bytes is inside a segment.
    Bounds(Extent),
    /// The bytes of a packed segment are not free.
    Live(Start),
    /// A segment at an address ends at or below 2^32.
    Fits,
    /// The region of a segment of a frame is open.
    Open(Slot),
    /// The region of the segment that a local holds as a structure is open.
    OpenStructure(SegmentTypes, LocalIndex),
    /// The region in a local is open.
    OpenRegion(LocalIndex),
}

/// A check in a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Check {
    /// The start and the end of its code.
    pub(crate) code: (Position, Position),
    pub(crate) subject: Subject,
    pub(crate) from: From,
    pub(crate) bytes: u32,
    pub(crate) checked: Checked,
}

/// A part of a local that a check reads, and the estimate of how often.
pub(crate) type Read = (LocalIndex, Part, u64);

/// A cast in a loop of the reference in a local to a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cast {
    pub(crate) code: (Position, Position),
    pub(crate) local: LocalIndex,
    /// The local that holds the segment as a structure.
    pub(crate) held: LocalIndex,
}

/// A loop that may be a counted one.
#[derive(Debug)]
pub(crate) struct Scan {
    /// The position before the loop.
    pub(crate) start: Position,
    /// The number of control structures that are open inside it.
    pub(crate) depth: usize,
    pub(crate) checks: Vec<Check>,
    pub(crate) casts: Vec<Cast>,
    /// What the checks read.
    pub(crate) reads: Vec<Read>,
    /// The number of assignments to each local.
    assigned: BTreeMap<LocalIndex, u32>,
    steps: BTreeMap<LocalIndex, (u32, Position)>,
    /// The comparison of the branch out of the loop, negated, and its position.
    exit: Option<(Comparison, Position)>,
    /// The comparison of the conditional branch back to the start, and its position.
    back: Option<(Comparison, Position)>,
    /// Whether the loop ends with an unconditional branch back.
    closed: bool,
}

/// A counted loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) index: LocalIndex,
    /// A power of two.
    pub(crate) step: u32,
    /// The comparison of the index and the bound; the loop continues while it holds.
    pub(crate) goes_on: Comparison,
    /// Whether the loop compares before its first iteration.
    pub(crate) tests_first: bool,
}

/// The maximum number of checks of a loop that are hoisted.
const MAX_CHECKS: usize = 128;

/// The maximum step. A larger step is not an access to every element of something.
const MAX_STEP: u32 = 4096;

impl Scan {
    /// Begins the analysis of a loop.
    pub(super) fn new(start: Position, depth: usize) -> Scan {
        Scan {
            start,
            depth,
            checks: Vec::new(),
            casts: Vec::new(),
            reads: Vec::new(),
            assigned: BTreeMap::new(),
            steps: BTreeMap::new(),
            exit: None,
            back: None,
            closed: false,
        }
    }

    /// Records an assignment. `step` is set if the new value is the old one plus a constant.
    pub(super) fn assign(&mut self, local: LocalIndex, step: Option<u32>, at: Position) {
        *self.assigned.entry(local).or_default() += 1;
        if let Some(step) = step {
            self.steps.insert(local, (step, at));
        }
    }

    /// Records a conditional branch. Returns whether the loop may still be a counted one.
    pub(super) fn branch_if(&mut self, label: u32, condition: Option<Comparison>, at: Position) -> bool {
        let Some(condition) = condition else { return false };
        if self.back.is_some() || self.exit.is_some() {
            return false;
        }
        if label == 0 {
            self.back = Some((condition, at));
        } else {
            // Checks before the exit would run once more than there are iterations.
            if !self.checks.is_empty() || !self.casts.is_empty() || !self.assigned.is_empty() {
                return false;
            }
            self.exit = Some((condition.negated(), at));
        }
        true
    }

    /// Records an unconditional branch. Returns whether the loop may still be a counted one.
    pub(super) fn branch(&mut self, label: u32) -> bool {
        self.closed = label == 0;
        self.closed
    }

    /// Returns the counted loop, if it is one and all its checks can be hoisted.
    pub(crate) fn counted(&self) -> Option<Counted> {
        if self.checks.len() + self.casts.len() > MAX_CHECKS {
            return None;
        }
        let (comparison, at, tests_first) = match (self.back, self.exit, self.closed) {
            (Some((comparison, at)), None, false) => (comparison, at, false),
            (None, Some((comparison, at)), true) => (comparison, at, true),
            _ => return None,
        };
        let is_assigned = |local: LocalIndex| self.assigned.contains_key(&local);
        let (index, step, moved, goes_on) = self.steps.iter().find_map(|(local, (step, moved))| {
            let comparison = comparison.of_index(*local)?;
            let once = self.assigned.get(local) == Some(&1);
            // The index that is compared is the one that the next iteration starts with.
            let in_order = if tests_first { comparison.at < *moved } else { *moved < comparison.at };
            let is_step = step.is_power_of_two() && *step <= MAX_STEP;
            (once && in_order && is_step).then_some((*local, *step, *moved, comparison))
        })?;
        let is_bound = match goes_on.right {
            Term::Constant(_) => true,
            Term::Local(bound) | Term::Size(bound) => {
                bound != index && (!is_assigned(bound) || planted::has(Bug::HoistAssignedBound))
            }
        };
        let is_limit = match goes_on.relation {
            Relation::Less | Relation::LessOrEqual => true,
            Relation::NotEqual => step == 1,
            Relation::Equal | Relation::Greater | Relation::GreaterOrEqual => false,
        };
        let in_round = |code: (Position, Position)| if tests_first { at < code.0 } else { code.1 < at };
        let stays = |subject: &Subject| match subject {
            Subject::Local(local) | Subject::At { address: local, .. } => {
                !is_assigned(*local) || planted::has(Bug::HoistAssignedSegment)
            }
            Subject::Slot(_) | Subject::Static(_) => true,
        };
        let can_move = |check: &Check| {
            let offset = match check.from {
                From::Constant(_) => true,
                From::Local(local) => local == index && (check.code.1 < moved || planted::has(Bug::HoistAfterStep)),
            };
            offset && stays(&check.subject) && in_round(check.code)
        };
        let casts = self.casts.iter().all(|cast| !is_assigned(cast.local) && in_round(cast.code));
        let all = casts && self.checks.iter().all(can_move);
        (is_bound && is_limit && all).then_some(Counted { index, step, goes_on, tests_first })
    }
}
