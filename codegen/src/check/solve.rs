//! The least states that agree with every branch: a worklist over leaders.
//!
//! Leaders wait in the order of the code, so that what comes before a place is mostly settled when it is looked at. A
//! state only ever grows, and has few steps to grow by (four bits a region, and what slots hold), so that a leader is
//! looked at a handful of times however deep loops nest. What could still be made expensive on purpose has a bound.

use super::graph::{Branch, Graph, Leader, Step};
use super::regions::Regions;
use super::state::State;
use super::transfer::Uses;
use linmem_allocator::Nesting;
use std::collections::BTreeSet;

/// How much work every step of a function entitles to. A step that is made is one, a state that is copied, compared or
/// joined is as much as it has entries. Functions with few regions need between one and five, with sixty-four of them
/// up to fifty.
const WORK_PER_STEP: u64 = 128;

/// The work that every function is entitled to.
const LEAST_WORK: u64 = 1 << 20;

/// How many entries the states of all leaders may have together: about a hundred megabytes.
const MOST_ENTRIES: u64 = 1 << 22;

/// What is known at every leader.
#[derive(Debug)]
pub(super) struct Solution {
    /// By leader; nothing where control does not come.
    pub(super) states: Vec<Option<State>>,
    /// How uncertain handles were used.
    pub(super) uses: Uses,
}

impl Solution {
    /// Solves a graph; nothing if that takes too much work. The regions in `given_up` are those of which nothing shall
    /// be said once a handle of theirs is uncertain.
    pub(super) fn compute(graph: &Graph, nesting: Nesting, given_up: Regions) -> Option<Solution> {
        let states = (0..graph.leader_count()).map(|_| None).collect();
        let mut solver = Solver {
            solution: Solution { states, uses: Uses::default() },
            given_up,
            waiting: BTreeSet::new(),
            work: LEAST_WORK.saturating_add(WORK_PER_STEP.saturating_mul(graph.steps.len() as u64)),
            entries: MOST_ENTRIES,
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
    /// The leaders whose state has changed since they were followed, and where they begin.
    waiting: BTreeSet<(usize, Leader)>,
    /// The work that is left.
    work: u64,
    /// The entries that are left.
    entries: u64,
}

impl Solver {
    /// Makes the steps from a leader on.
    fn follow(&mut self, graph: &Graph, leader: Leader) -> Option<()> {
        let Some(Some(state)) = self.solution.states.get(leader as usize) else { return Some(()) };
        let mut state = state.clone();
        self.spend(state.weight())?;
        for step in graph.steps_from(leader) {
            // To open a region is to look at every slot; a slot that comes or goes moves others.
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

    /// Takes a state along a branch.
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
