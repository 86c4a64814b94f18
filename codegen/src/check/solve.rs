//! Computes the least states that are consistent with every branch, with a worklist of leaders.
//!
//! Leaders are processed in code order, so that most predecessors of a leader are final before it is processed. A state
//! only grows, and only in few steps (four bits per region, and the contents of slots), so a leader is processed only a
//! few times, however deeply loops nest. A bound on the work protects against hostile input.

use super::graph::{Branch, Graph, Leader, Step};
use super::regions::Regions;
use super::state::State;
use super::transfer::Uses;
use linmem_allocator::Nesting;
use std::collections::BTreeSet;

/// The work allowed per step of a function. Applying a step costs one unit; copying, comparing or joining a state costs
/// as many units as it has entries. Functions with few regions need one to five units per step; those with sixty-four
/// regions need up to fifty.
const WORK_PER_STEP: u64 = 128;

/// The work allowed for every function, whatever its size.
const LEAST_WORK: u64 = 1 << 20;

/// The limit on the number of entries in the states of all leaders: about a hundred megabytes.
const MAX_ENTRIES: u64 = 1 << 22;

/// The states of all leaders.
#[derive(Debug)]
pub(super) struct Solution {
    /// By leader; `None` if the leader is unreachable.
    pub(super) states: Vec<Option<State>>,
    /// The uses of uncertain handles.
    pub(super) uses: Uses,
}

impl Solution {
    /// Solves a graph, and solves it again if uncertain handles were used: the second time, the regions of such handles are
    /// given up where the handles become uncertain. `None` if that exceeds the limits.
    pub(super) fn of(graph: &Graph, nesting: Nesting) -> Option<Solution> {
        let first = Solution::compute(graph, nesting, Regions::NONE)?;
        if first.uses.uncertain.is_empty() {
            return Some(first);
        }
        // Which handles are uncertain does not depend on the states of regions, so it is the same the second time.
        Solution::compute(graph, nesting, first.uses.uncertain)
    }

    /// Solves a graph; `None` if that exceeds the limits. The regions in `given_up` are no longer analysed after one of
    /// their handles becomes uncertain.
    pub(super) fn compute(graph: &Graph, nesting: Nesting, given_up: Regions) -> Option<Solution> {
        let states = (0..graph.leader_count()).map(|_| None).collect();
        let mut solver = Solver {
            solution: Solution { states, uses: Uses::default() },
            given_up,
            waiting: BTreeSet::new(),
            work: LEAST_WORK.saturating_add(WORK_PER_STEP.saturating_mul(graph.steps.len() as u64)),
            entries: MAX_ENTRIES,
        };
        let start = State::at_start(graph, nesting);
        solver.flow(graph, &start, &Branch::plain(0, 0))?;
        while let Some((_, leader)) = solver.waiting.pop_first() {
            solver.follow(graph, leader)?;
        }
        Some(solver.solution)
    }
}

struct Solver {
    solution: Solution,
    given_up: Regions,
    /// The leaders whose state has changed since they were processed, ordered by their position.
    waiting: BTreeSet<(usize, Leader)>,
    /// The remaining work.
    work: u64,
    /// The remaining entries.
    entries: u64,
}

impl Solver {
    /// Applies the steps from a leader on.
    fn follow(&mut self, graph: &Graph, leader: Leader) -> Option<()> {
        let Some(Some(state)) = self.solution.states.get(leader as usize) else { return Some(()) };
        let mut state = state.clone();
        self.spend(state.weight())?;
        for step in graph.steps_from(leader) {
            // Opening a region visits every slot; adding or removing a slot moves others.
            self.spend(match step {
                Step::New { .. } => state.weight(),
                _ => 1 + state.slots.len() as u64 / 16,
            })?;
            match step {
                Step::Branch(branch) => self.flow(graph, &state, branch)?,
                Step::Stop => break,
                step => state.apply(step, &mut self.solution.uses),
            }
        }
        Some(())
    }

    /// Propagates a state along a branch.
    fn flow(&mut self, graph: &Graph, state: &State, branch: &Branch) -> Option<()> {
        let known = self.solution.states.get(branch.to as usize).and_then(Option::as_ref).map_or(0, State::weight);
        self.spend(state.weight() + known)?;
        let arriving = state.along(branch);
        let Some(known) = self.solution.states.get_mut(branch.to as usize) else { return Some(()) };
        let changed = match known {
            Some(known) => {
                let before = known.weight();
                let changed = known.join(&arriving, self.given_up);
                self.entries = self.entries.checked_sub(known.weight().saturating_sub(before))?;
                changed
            }
            None => {
                self.entries = self.entries.checked_sub(arriving.weight())?;
                *known = Some(arriving);
                true
            }
        };
        if changed {
            self.waiting.insert((graph.start(branch.to), branch.to));
        }
        Some(())
    }

    fn spend(&mut self, work: u64) -> Option<()> {
        self.work = self.work.checked_sub(work)?;
        Some(())
    }
}
