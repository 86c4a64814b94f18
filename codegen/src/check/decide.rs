//! Decides which regions of a function exceptions close.
//!
//! An exception that leaves the function closes all regions that are managed: those whose handles no other code knows. One
//! that enters a handler closes the managed regions whose handles the handler makes unreachable: no path from the handler
//! reads them before it assigns them. If the handle was already unreachable when the scope began, the program has chosen to
//! leave the region open, and so it stays.
//!
//! If regions nest, closing a region frees what was allocated since it was opened. So a region stays open if a region inside
//! it stays open.

use super::backward::Live;
use super::facts::{Arrivals, Facts};
use super::graph::{Graph, Leader, Step};
use super::regions::{Region, Regions};
use crate::planted::{self, Bug};
use linmem_allocator::Nesting;
use std::collections::BTreeMap;

/// What the decisions about a function depend on.
pub(super) struct Decider<'g> {
    graph: &'g Graph,
    /// Whether a region must be closed before the regions around it.
    nests: bool,
    /// The facts if no exception closes regions.
    facts: &'g Facts,
    /// The handles that are live at each leader.
    live: Live,
    /// The handles that are live at the start of each scope of exceptions.
    live_in_scope: BTreeMap<u32, u64>,
}

impl<'g> Decider<'g> {
    /// `None` if a limit is exceeded.
    pub(super) fn new(graph: &'g Graph, facts: &'g Facts, nesting: Nesting) -> Option<Decider<'g>> {
        let live = Live::compute(graph, |step, live| facts.bits.step(step, live))?;
        let mut live_in_scope = BTreeMap::new();
        for leader in 0..graph.leader_count() as Leader {
            let step = |step: &Step, live| facts.bits.step(step, live);
            live.walk(graph, leader, step, |step, live| {
                if let Step::Enter { scope } = *step {
                    live_in_scope.insert(scope, live);
                }
            });
        }
        Some(Decider { graph, nests: nesting != Nesting::Outermost, facts, live, live_in_scope })
    }

    /// Whether the program reads the handles in a local after a step, given what is live after it.
    pub(super) fn live(&self) -> &Live {
        &self.live
    }

    /// The regions whose handles each handler makes unreachable, by the number of the handler.
    pub(super) fn unreachable(&self, managed: Regions) -> Vec<Regions> {
        let none = Arrivals::default();
        let numbers = 0..self.graph.catches.len() as u32;
        numbers.map(|number| self.lost(number, self.facts.catches.get(&number).unwrap_or(&none), managed)).collect()
    }

    fn lost(&self, number: u32, arrivals: &Arrivals, managed: Regions) -> Regions {
        let Some(catch) = self.graph.catches.get(number as usize) else { return Regions::NONE };
        if planted::has(Bug::UnwindSkipsHandler) && number == 0 {
            return Regions::NONE;
        }
        let live = self.live.at(catch.to);
        let is_dead = |region: &Region| {
            let held = arrivals.holders.get(usize::from(*region)).copied().unwrap_or(u64::MAX);
            let is_held = held & live != 0 && !planted::has(Bug::UnwindClosesLiveHandle);
            !is_held && !arrivals.on_stack.contains(*region) && !self.was_dead(*region, catch.scope)
        };
        let dead = (arrivals.open & managed).iter().filter(is_dead);
        dead.fold(Regions::NONE, |dead, region| dead | Regions::of(region))
    }

    /// Removes from what handlers close the regions inside which a region stays open. `facts` are those of a function whose
    /// handlers close these regions. Returns whether anything was removed.
    pub(super) fn keep_blocked(&self, facts: &Facts, closes: &mut [Regions]) -> bool {
        let mut removed = false;
        for (number, closed) in (0..).zip(closes) {
            let Some(arrivals) = facts.catches.get(&number).filter(|_| self.nests) else { continue };
            let is_blocked = |region: &Region, closed| {
                arrivals.open.contains(*region) && !((arrivals.inside(*region) & arrivals.present) - closed).is_empty()
            };
            while let Some(region) = closed.iter().find(|region| is_blocked(region, *closed)) {
                *closed -= Regions::of(region);
                removed = true;
            }
        }
        removed
    }

    /// Whether nothing reads the handle of a region any more when a scope begins in which the region is open.
    fn was_dead(&self, region: Region, scope: u32) -> bool {
        let Some(arrivals) = self.facts.scopes.get(&scope) else { return false };
        let live = self.live_in_scope.get(&scope).copied().unwrap_or(u64::MAX);
        let held = arrivals.holders.get(usize::from(region)).copied().unwrap_or(u64::MAX);
        arrivals.open.contains(region)
            && !self.graph.is_opened_in(region, scope)
            && held & live == 0
            && !arrivals.on_stack.contains(region)
    }

    /// The regions that cannot be managed, since a region that is not managed may be open inside them, or since the order in
    /// which they are opened is unknown. `facts` take into account what handlers close.
    pub(super) fn unmanageable(&self, facts: &Facts, managed: Regions) -> Regions {
        if !self.nests {
            return Regions::NONE;
        }
        let kept = (self.graph.own() - managed) | facts.lost;
        let mut unmanageable = Regions::NONE;
        for arrivals in facts.catches.values().chain([&facts.leaving]) {
            for region in (arrivals.open & managed).iter() {
                let inside = arrivals.inside(region) & (arrivals.present | facts.lost);
                if !(inside & kept).is_empty() {
                    unmanageable |= Regions::of(region);
                }
            }
            if let Err(regions) = innermost_first(arrivals.open & managed, arrivals) {
                unmanageable |= regions;
            }
        }
        unmanageable
    }
}

/// Sorts regions so that each comes before those around it. The regions whose order is unknown are an error.
pub(super) fn innermost_first(regions: Regions, arrivals: &Arrivals) -> Result<Vec<Region>, Regions> {
    let mut left = regions;
    let mut sorted = Vec::new();
    while !left.is_empty() {
        let is_innermost = |region: &Region| (arrivals.inside(*region) & left).is_empty();
        let region = left.iter().find(is_innermost).ok_or(left)?;
        sorted.push(region);
        left -= Regions::of(region);
    }
    Ok(sorted)
}
