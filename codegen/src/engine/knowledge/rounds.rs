//! Analyzes loops while they are lowered: what they allocate in each iteration, and an upper bound of how many iterations
//! they begin.
//!
//! The loop must be straight-line code apart from conditional branches: its own branch back to the start, and branches
//! out of it, which only end it earlier. It contains no call, and no region is opened or closed in it. Then each iteration
//! begins every frame at most once, and nothing else moves top.
//!
//! # The number of iterations
//!
//! The index is assigned once in the loop, its own value plus or minus one. Let `i` be its value before the loop, and `t`
//! the number at which the comparison of some branch is known to end the loop: the bound `b` for `<`, `>` and `!=`, the
//! number after the bound for `<=` (`b + 1`) and `>=` (`b - 1`). The bound of `<=` is not the largest number, and that of
//! `>=` not the smallest, so that `t` does not satisfy the comparison. All numbers are modulo 2^32, and the index passes
//! all of them, one after another, until the loop ends. Let `d` be the distance from `i` to `t` in the direction of the
//! step, below 2^32.
//!
//! - If an iteration compares before its step, the first one compares `i`, the one after it the next number. The
//!   iteration `d + 1` compares `t`, so that it is the last one. If the branch leaves the loop before anything is
//!   allocated, `d` iterations allocate.
//! - If it compares after its step, the first iteration compares the number after `i`. If `d > 0`, the iteration `d`
//!   compares `t`. If `d = 0`, the iteration 2^32 does. Both are `(d - 1 mod 2^32) + 1`.
//!
//! The step and the comparison precede the conditional branch back to the start: the code behind it runs only before the loop
//! ends, and so once.
//!
//! A branch that is taken earlier, or a trap, only makes the number smaller. So it is an upper bound in any case, also if
//! the index moves away from the bound.

use crate::engine::compare::{Comparison, Relation, Sign, Term};
use crate::engine::knowledge::frames::FrameId;
use crate::engine::tape::{Mark, Position};
use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use std::collections::BTreeMap;

/// An allocation in a loop that begins a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reserved {
    /// The frame.
    pub(crate) frame: FrameId,
    /// The start and the end of the code that reserves it.
    pub(crate) code: (Position, Position),
}

/// A conditional branch in a loop.
#[derive(Clone, Copy, Debug)]
struct Branch {
    /// The comparison of the index while which the loop goes on, if it is one.
    goes_on: Option<Comparison>,
    /// Whether nothing is allocated before it.
    is_first: bool,
}

/// A loop that may allocate a number of bytes that is known before it begins.
#[derive(Debug)]
pub(crate) struct Rounds {
    /// The place before the loop.
    pub(crate) start: Mark,
    /// The number of control structures that are open inside it.
    pub(super) depth: usize,
    pub(crate) reserved: Vec<Reserved>,
    /// The branches out of the loop, each with the start and the end of its instruction.
    pub(crate) exits: Vec<(Position, Position)>,
    branches: Vec<Branch>,
    /// The number of assignments to each local.
    assigned: BTreeMap<LocalIndex, u32>,
    steps: BTreeMap<LocalIndex, (u32, Position)>,
    /// Whether the loop has a conditional branch back to its start.
    repeats: bool,
    /// Whether the loop ends with an unconditional branch back.
    closed: bool,
}

/// An upper bound of the number of iterations of a loop that allocate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trips {
    pub(crate) index: LocalIndex,
    /// Whether the index is decremented.
    pub(crate) is_down: bool,
    /// The bound: a constant or a local of the program.
    pub(crate) bound: Term,
    /// What is added to the distance from the index to the bound, before and after it becomes 64 bits wide.
    pub(crate) before: i32,
    pub(crate) after: i64,
    /// A bound that the local must not have, if the number holds only then.
    pub(crate) except: Option<u32>,
}

/// The maximum number of frames, and of branches, of a loop that reserves before it.
const MAX_PARTS: usize = 32;

impl Rounds {
    /// Begins the analysis of a loop.
    pub(super) fn new(start: Mark, depth: usize) -> Rounds {
        Rounds {
            start,
            depth,
            reserved: Vec::new(),
            exits: Vec::new(),
            branches: Vec::new(),
            assigned: BTreeMap::new(),
            steps: BTreeMap::new(),
            repeats: false,
            closed: false,
        }
    }

    /// Records an assignment. `step` is set if the new value is the old one plus a constant.
    pub(super) fn assign(&mut self, local: LocalIndex, step: Option<u32>, at: Position) {
        *self.assigned.entry(local).or_default() += 1;
        if let Some(step) = step.filter(|_| self.runs_each_time()) {
            self.steps.insert(local, (step, at));
        }
    }

    /// Records a conditional branch. Returns whether the number of iterations may still have a bound.
    pub(super) fn branch_if(&mut self, label: u32, condition: Option<Comparison>, code: (Position, Position)) -> bool {
        let goes_on = if label == 0 { condition } else { condition.map(Comparison::negated) };
        if self.runs_each_time() {
            self.branches.push(Branch { goes_on, is_first: self.reserved.is_empty() });
        }
        if label > 0 {
            self.exits.push(code);
            return self.exits.len() <= MAX_PARTS;
        }
        // A second branch back could skip the step, or the comparison of the first.
        !std::mem::replace(&mut self.repeats, true)
    }

    /// Whether the current position is not behind the conditional branch back to the start.
    fn runs_each_time(&self) -> bool {
        !self.repeats || planted::has(Bug::ReserveBehindBranchBack)
    }

    /// Records an unconditional branch. Returns whether the number of iterations may still have a bound.
    pub(super) fn branch(&mut self, label: u32) -> bool {
        self.closed = label == 0;
        self.closed
    }

    /// Records an allocation.
    pub(super) fn reserve(&mut self, reserved: Reserved) -> bool {
        self.reserved.push(reserved);
        self.reserved.len() <= MAX_PARTS
    }

    /// An upper bound of the number of iterations that allocate, if there is one.
    pub(crate) fn trips(&self) -> Option<Trips> {
        if self.reserved.is_empty() || self.repeats == self.closed {
            return None;
        }
        self.branches.iter().find_map(|branch| self.trips_by(branch))
    }

    /// The number that a branch is the bound of.
    fn trips_by(&self, branch: &Branch) -> Option<Trips> {
        self.steps.iter().find_map(|(index, (step, moved))| {
            let goes_on = branch.goes_on?.of_index(*index)?;
            if self.assigned.get(index) != Some(&1) {
                return None;
            }
            let is_down = match *step {
                1 => false,
                u32::MAX => true,
                _ => return None,
            };
            let bound = match goes_on.right {
                Term::Constant(_) => goes_on.right,
                Term::Local(bound)
                    if bound != *index
                        && (!self.assigned.contains_key(&bound) || planted::has(Bug::ReserveAssignedBound)) =>
                {
                    goes_on.right
                }
                Term::Local(_) | Term::Size(_) => return None,
            };
            let inclusive = match (goes_on.relation, is_down) {
                (Relation::NotEqual, _) | (Relation::Less, false) | (Relation::Greater, true) => false,
                (Relation::LessOrEqual, false) | (Relation::GreaterOrEqual, true) => true,
                _ => return None,
            };
            let last = match (goes_on.sign, is_down) {
                (Sign::Unsigned, false) => u32::MAX,
                (Sign::Unsigned, true) => 0,
                (Sign::Signed, false) => i32::MAX as u32,
                (Sign::Signed, true) => i32::MIN as u32,
            };
            if inclusive && bound == Term::Constant(last) {
                return None;
            }
            let is_local = matches!(bound, Term::Local(_));
            let except = (inclusive && is_local && !planted::has(Bug::ReserveIgnoresLast)).then_some(last);
            let compares_first = goes_on.at < *moved;
            let skips = compares_first && branch.is_first && !self.repeats;
            let fewer = i64::from(planted::has(Bug::ReserveFewerTrips));
            Some(Trips {
                index: *index,
                is_down,
                bound,
                before: i32::from(inclusive) - i32::from(!compares_first),
                after: i64::from(!skips) - fewer,
                except,
            })
        })
    }
}
