//! Backward data flow over a graph: for each place, the bits that some path from it reads before it writes them.

use super::graph::{Graph, Leader, Step};

/// The limit on the number of passes over a graph. Each pass follows one more level of nested loops.
const MAX_PASSES: usize = 64;

/// The bits that are live at the start of each leader.
#[derive(Debug)]
pub(super) struct Live(Vec<u64>);

impl Live {
    /// Solves a graph. `step` returns the bits that are live before a step, given those after it; it need not follow
    /// branches. `None` if the limit is exceeded.
    pub(super) fn compute(graph: &Graph, step: impl Fn(&Step, u64) -> u64) -> Option<Live> {
        let mut leaders: Vec<Leader> = (0..graph.leader_count() as Leader).collect();
        leaders.sort_by_key(|leader| std::cmp::Reverse(graph.start(*leader)));
        let mut live = Live(vec![0; leaders.len()]);
        for _ in 0..MAX_PASSES {
            let mut changed = false;
            for leader in &leaders {
                let before = live.walk(graph, *leader, &step, |_, _| ());
                if let Some(known) = live.0.get_mut(*leader as usize)
                    && *known != before
                {
                    *known = before;
                    changed = true;
                }
            }
            if !changed {
                return Some(live);
            }
        }
        None
    }

    /// The bits that are live at a leader.
    pub(super) fn at(&self, leader: Leader) -> u64 {
        self.0.get(leader as usize).copied().unwrap_or(u64::MAX)
    }

    /// Visits the steps of a leader, the last one first, each with the bits that are live after it.
    /// Returns the bits that are live before the first.
    pub(super) fn walk(
        &self,
        graph: &Graph,
        leader: Leader,
        step: impl Fn(&Step, u64) -> u64,
        mut visit: impl FnMut(&Step, u64),
    ) -> u64 {
        let steps = graph.steps_from(leader);
        let count = steps.iter().position(|step| matches!(step, Step::Stop)).unwrap_or(steps.len());
        let mut live = 0;
        for current in steps.iter().take(count).rev() {
            visit(current, live);
            if let Step::Branch(branch) = current {
                live |= self.at(branch.to);
            }
            live = step(current, live);
        }
        live
    }
}
