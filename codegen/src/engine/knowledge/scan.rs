//! Watching loops while they are lowered: whether one counts, and what it checks.
//!
//! A counted loop moves an index by a constant step, once in each round, and goes on while that compares to a bound that
//! does not change. Two shapes are known:
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
//! Whatever else is in the loop must be straight code that nobody outside can see run: no call, no other branch, no
//! allocation. Then each round that begins comes to every access in it, unless it traps.

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

/// What a check is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Checked {
    /// That so many bytes from an offset on are inside of a segment.
    Bounds(Extent),
    /// That the bytes of a packed segment are not free.
    Live(Start),
    /// That the region of a segment of a frame is open.
    Open(Slot),
    /// That the region of the segment that a local holds as a structure is open.
    OpenStructure(SegmentTypes, LocalIndex),
}

/// A check in a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Check {
    /// Where its code starts and ends.
    pub(crate) code: (Position, Position),
    pub(crate) subject: Subject,
    pub(crate) from: From,
    pub(crate) bytes: u32,
    pub(crate) checked: Checked,
}

/// A cast of what a local holds to a segment, in a loop.
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
    /// The place before the loop.
    pub(crate) start: Position,
    /// How many control structures are open in it.
    pub(crate) depth: usize,
    pub(crate) checks: Vec<Check>,
    pub(crate) casts: Vec<Cast>,
    /// What the checks read of locals, and how often they were thought to.
    pub(crate) reads: Vec<(LocalIndex, Part, u64)>,
    /// How often each local is assigned.
    assigned: BTreeMap<LocalIndex, u32>,
    steps: BTreeMap<LocalIndex, (u32, Position)>,
    /// The branch out of the loop, and where it is taken.
    exit: Option<(Comparison, Position)>,
    /// The branch back that may not be taken.
    back: Option<(Comparison, Position)>,
    /// Whether the loop ends with a branch back.
    closed: bool,
}

/// A counted loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) index: LocalIndex,
    /// A power of two.
    pub(crate) step: u32,
    /// The loop goes on while this holds, of the index and the bound.
    pub(crate) goes_on: Comparison,
    /// Whether the loop compares before its first round.
    pub(crate) tests_first: bool,
}

/// How many checks of a loop can be made before it.
const MOST_CHECKS: usize = 128;

/// The largest step. Anything larger is no access to every element of something.
const MOST_STEP: u32 = 4096;

impl Scan {
    /// Begins to watch a loop.
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

    /// A local is assigned; `step` if it is what it was plus a constant.
    pub(super) fn assign(&mut self, local: LocalIndex, step: Option<u32>, at: Position) {
        *self.assigned.entry(local).or_default() += 1;
        if let Some(step) = step {
            self.steps.insert(local, (step, at));
        }
    }

    /// A conditional branch. Says whether the loop may still be a counted one.
    pub(super) fn branch_if(&mut self, label: u32, condition: Option<Comparison>, at: Position) -> bool {
        let Some(condition) = condition else { return false };
        if self.back.is_some() || self.exit.is_some() {
            return false;
        }
        if label == 0 {
            self.back = Some((condition, at));
        } else {
            // What is checked before would be checked once more than there are rounds.
            if !self.checks.is_empty() || !self.casts.is_empty() || !self.assigned.is_empty() {
                return false;
            }
            self.exit = Some((condition.negated(), at));
        }
        true
    }

    /// A branch. Says whether the loop may still be a counted one.
    pub(super) fn branch(&mut self, label: u32) -> bool {
        self.closed = label == 0;
        self.closed
    }

    /// The loop, if it is a counted one and all its checks can be made before it.
    pub(crate) fn counted(&self) -> Option<Counted> {
        if self.checks.len() + self.casts.len() > MOST_CHECKS {
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
            // The index that is compared is the one that the next round begins with.
            let in_order = if tests_first { comparison.at < *moved } else { *moved < comparison.at };
            let is_step = step.is_power_of_two() && *step <= MOST_STEP;
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
            Subject::Local(local) => !is_assigned(*local) || planted::has(Bug::HoistAssignedSegment),
            Subject::Slot(_) => true,
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
