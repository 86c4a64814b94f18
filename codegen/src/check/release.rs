//! What lowering adds to functions so that exceptions close regions.
//!
//! A region that is managed has a home: the local of the program that its handle is stored in, or a local that lowering
//! adds. A home holds the handle if the region is open, and zero if it is not, wherever an exception may be thrown.

use super::backward::Live;
use super::decide::{Decider, innermost_first};
use super::facts::{Arrivals, Facts};
use super::graph::{Branch, Callee, Graph, Leader, Step};
use super::homes::{Close, Failure, Flags, Homes, bit};
use super::read::{self, How};
use super::regions::{Region, Regions};
use super::solve::Solution;
use super::throws::Throws;
use super::uses::{opens, uses_regions};
use crate::error::Error;
use crate::link::input::{Body, Input};
use linmem_allocator::Nesting;
use std::collections::{BTreeMap, BTreeSet};

/// The code that a function needs.
#[derive(Debug, Default)]
pub(crate) struct Release {
    /// The homes: locals of the program, or `None` for a local that lowering adds.
    pub(crate) homes: Vec<Option<u32>>,
    /// The homes that lowering adds, by the offset of the `MemoryAllocator.new` whose handle they hold.
    pub(crate) shadows: BTreeMap<usize, usize>,
    /// The homes to set to zero after the `MemoryAllocator.free` at an offset.
    pub(crate) resets: BTreeMap<usize, usize>,
    /// What an exception closes that leaves the function. If it is empty, the function needs no handler.
    pub(crate) leaving: Vec<Close>,
    /// What an exception closes that enters a handler: by the offset of the `try_table` and the number of the clause, or by
    /// the offset of the `catch` or `catch_all`.
    pub(crate) handlers: BTreeMap<(usize, u32), Vec<Close>>,
}

/// The functions of a module that open regions.
#[derive(Debug, Default)]
pub(crate) struct Releases {
    functions: BTreeMap<u32, Function>,
    nests: bool,
}

#[derive(Debug)]
struct Function {
    /// Its graph, in which branches to handlers close regions.
    graph: Graph,
    /// The facts if no exception closes regions.
    before: Facts,
    /// The facts if exceptions do.
    after: Facts,
    managed: Regions,
    /// The regions that each handler closes, by the number of the handler.
    closes: Vec<Regions>,
}

impl Releases {
    /// Analyses all functions.
    pub(crate) fn compute(input: &Input<'_>, throws: &Throws, nesting: Nesting) -> Result<Releases, Error> {
        let mut releases = Releases { nests: nesting != Nesting::Outermost, ..Releases::default() };
        // Whether a function may leave a region open that no exception closes.
        let mut leaves_open = vec![false; input.function_count as usize];
        for body in &input.bodies {
            let function = Function::read(input, body, throws)?;
            if function.is_none() && opens(input, body) {
                leaves_open[body.index as usize] = true;
            }
            releases.functions.extend(function.map(|function| (body.index, function)));
        }
        if input.shims.iter().any(|import| is_open(input, *import)) {
            // Other code can open regions.
            leaves_open.iter_mut().for_each(|leaves_open| *leaves_open = true);
        }
        loop {
            for (index, function) in &mut releases.functions {
                if function.decide(nesting).is_none() {
                    (function.managed, function.closes) = (Regions::NONE, Vec::new());
                }
                let kept = (function.graph.own() - function.managed) | function.after.lost | function.after.returned;
                if let Some(leaves_open) = leaves_open.get_mut(*index as usize) {
                    *leaves_open |= !kept.is_empty();
                }
            }
            if !releases.shrink(input, throws, nesting, &leaves_open) {
                return Ok(releases);
            }
        }
    }

    /// Stops managing regions inside which a region may stay open. Returns whether there are any.
    fn shrink(&mut self, input: &Input<'_>, throws: &Throws, nesting: Nesting, leaves_open: &[bool]) -> bool {
        if !self.nests {
            return false;
        }
        let any = leaves_open.contains(&true);
        let mut seeds = leaves_open.to_vec();
        for (position, body) in input.bodies.iter().enumerate() {
            if let Some(seed) = seeds.get_mut(body.index as usize) {
                *seed |= any && throws.calls_unknown(position);
            }
        }
        for (import, seed) in (0..input.imports.function_count()).zip(&mut seeds) {
            *seed |= any && input.imports.may_throw(import);
        }
        let reaching = throws.callers(input, seeds, |_| false);
        let mut changed = false;
        for function in self.functions.values_mut() {
            let mut lost = match Decider::new(&function.graph, &function.before, nesting) {
                Some(decider) => decider.unmanageable(&function.after, function.managed),
                None => function.managed,
            };
            for (callee, open) in &function.after.calls {
                let leaves_open = match callee {
                    Callee::Known(callee) => reaching.get(*callee as usize).copied().unwrap_or(true),
                    Callee::Unknown => any,
                };
                if leaves_open {
                    lost |= *open;
                }
            }
            let managed = function.managed - lost;
            changed |= managed != function.managed;
            function.managed = managed;
        }
        changed
    }

    /// The graph of a function in which exceptions close regions, and the regions that an exception closes that leaves the
    /// function. `None` if they close none.
    pub(super) fn graph(&self, function: u32) -> Option<(&Graph, Regions)> {
        let function = self.functions.get(&function)?;
        (!function.managed.is_empty()).then_some((&function.graph, function.managed))
    }

    /// The code that a function needs; `None` if it needs none. If `shares` is set, locals of the program are homes if
    /// possible.
    pub(crate) fn of(&self, function: u32, nesting: Nesting, shares: bool) -> Option<Release> {
        let function = self.functions.get(&function)?;
        if function.managed.is_empty() {
            return None;
        }
        let decider = Decider::new(&function.graph, &function.before, nesting)?;
        let mut excluded = BTreeSet::new();
        loop {
            match function.release(&decider, shares, &excluded) {
                Ok(release) => return Some(release),
                Err(Failure::Read(local)) if excluded.insert(local) => {}
                Err(_) => return function.release(&decider, false, &excluded).ok(),
            }
        }
    }
}

/// Whether a function is `MemoryAllocator.new`.
fn is_open(input: &Input<'_>, function: u32) -> bool {
    input.intrinsic(function).is_some_and(|signature| signature.intrinsic.effects().opens())
}

impl Function {
    /// Reads a function that opens regions; `None` if it opens none, or exceeds a limit.
    fn read(input: &Input<'_>, body: &Body<'_>, throws: &Throws) -> Result<Option<Function>, Error> {
        let Some(calls) = body.calls.as_ref().filter(|_| uses_regions(input, body) && opens(input, body)) else {
            return Ok(None);
        };
        let Some(graph) = read::graph(input, body, calls, throws, How::Precise)? else { return Ok(None) };
        let before = solution(&graph).and_then(|solution| Facts::of(&graph, &solution));
        let (Some(before), false) = (before, graph.has_untracked) else { return Ok(None) };
        let managed = graph.own() - before.escaped;
        Ok(Some(Function { graph, before, after: Facts::default(), managed, closes: Vec::new() }))
    }

    /// Decides what handlers close: as much as possible. `None` if a limit is exceeded.
    fn decide(&mut self, nesting: Nesting) -> Option<()> {
        let mut closes = Decider::new(&self.graph, &self.before, nesting)?.unreachable(self.managed);
        loop {
            for step in &mut self.graph.steps {
                if let Step::Branch(Branch { catch: Some(catch), closes: closed, .. }) = step {
                    *closed = closes.get(*catch as usize).copied().unwrap_or_default();
                }
            }
            self.after = Facts::of(&self.graph, &solution(&self.graph)?)?;
            if !Decider::new(&self.graph, &self.before, nesting)?.keep_blocked(&self.after, &mut closes) {
                self.closes = closes;
                return Some(());
            }
        }
    }

    /// The code that the function needs. Locals in `excluded` are not homes.
    fn release(&self, decider: &Decider<'_>, shares: bool, excluded: &BTreeSet<u32>) -> Result<Release, Failure> {
        let locals = if shares { self.shared_locals(excluded) } else { BTreeMap::new() };
        let mut homes = Homes::default();
        for region in self.managed.iter() {
            homes.add(region, locals.get(&region).copied());
        }
        let leaving = self.close(&homes, &self.after.leaving, self.managed).ok_or(Failure::Order)?;
        let mut handlers = Vec::new();
        for (number, regions) in (0..).zip(self.closes.iter().copied()) {
            let Some(arrivals) = self.after.catches.get(&number) else { continue };
            let closes = self.close(&homes, arrivals, regions).ok_or(Failure::Order)?;
            if !closes.is_empty() {
                handlers.push((number, closes));
            }
        }
        let flags = Flags::new(&self.graph, &homes, &leaving, &handlers).ok_or(Failure::Limit)?;
        let used = leaving.iter().chain(handlers.iter().flat_map(|(_, closes)| closes));
        let used: u64 = used.fold(0, |used, close| used | bit(close.home));
        let mut release = Release { homes: homes.locals.clone(), leaving, ..Release::default() };
        for (number, mut closes) in handlers {
            let Some(catch) = self.graph.catches.get(number as usize) else { continue };
            closes.iter_mut().for_each(|close| close.resets = flags.live.at(catch.to) & bit(close.home) != 0);
            release.handlers.insert((catch.offset, catch.clause), closes);
        }
        let freed_live = self.live_after_free(decider.live());
        for (offset, home) in flags.frees(&self.graph, &homes, &self.after.frees) {
            let local = homes.locals.get(home).copied().flatten();
            if let Some(local) = local
                && freed_live.get(&offset).is_none_or(|live| live & self.before.bits.get(local) != 0)
            {
                return Err(Failure::Read(local));
            }
            release.resets.insert(offset, home);
        }
        for (region, home) in &homes.of {
            let is_added = homes.locals.get(*home).is_some_and(Option::is_none);
            if let (Some(opened), true) = (self.graph.opened(*region), is_added && used & bit(*home) != 0) {
                release.shadows.insert(opened, *home);
            }
        }
        Ok(release)
    }

    /// By region, the local of the program that its handle is stored in immediately after it is opened. Nothing else is
    /// stored in that local, except handles of other managed regions.
    fn shared_locals(&self, excluded: &BTreeSet<u32>) -> BTreeMap<Region, u32> {
        let mut found = BTreeMap::new();
        let mut others = excluded.clone();
        let mut opened: Option<(Region, u32)> = None;
        for step in &self.graph.steps {
            let previous = opened.take();
            match *step {
                Step::New { region, at } => opened = Some((region, at)),
                Step::Set { local, at } | Step::Tee { local, at } => match previous {
                    Some((region, opened)) if opened == at && self.managed.contains(region) => {
                        found.insert(region, local);
                    }
                    _ => _ = others.insert(local),
                },
                Step::Forget { local } => _ = others.insert(local),
                _ => {}
            }
        }
        found.retain(|_, local| !others.contains(local) && *local >= self.graph.params);
        found
    }

    /// By the offset of each `MemoryAllocator.free`, the handles that are live after it.
    fn live_after_free(&self, live: &Live) -> BTreeMap<usize, u64> {
        let mut after = BTreeMap::new();
        for leader in 0..self.graph.leader_count() as Leader {
            let step = |step: &Step, live| self.before.bits.step(step, live);
            live.walk(&self.graph, leader, step, |step, live| {
                if let Step::Free { offset, .. } = *step {
                    after.insert(offset, live);
                }
            });
        }
        after
    }

    /// The closing of those of the regions that may be open, the innermost one first. `None` if these homes do not allow that
    /// order.
    fn close(&self, homes: &Homes, arrivals: &Arrivals, regions: Regions) -> Option<Vec<Close>> {
        let regions = regions & arrivals.open;
        let sorted = innermost_first(regions, arrivals).unwrap_or_else(|_| regions.iter().collect());
        let mut closes: Vec<Close> = Vec::new();
        for region in &sorted {
            let home = *homes.of.get(region)?;
            let is_open = arrivals.surely_open().contains(*region);
            match closes.iter_mut().find(|close| close.home == home) {
                Some(close) => close.may_be_closed &= !is_open,
                None => {
                    let opened = self.graph.opened(*region)?;
                    closes.push(Close { home, may_be_closed: !is_open, resets: false, opened });
                }
            }
        }
        // Regions that share a home are closed together.
        let position = |region: &Region| {
            let home = homes.of.get(region);
            closes.iter().position(|close| Some(&close.home) == home)
        };
        let in_order = sorted
            .iter()
            .all(|outer| (arrivals.inside(*outer) & regions).iter().all(|inner| position(&inner) <= position(outer)));
        in_order.then_some(closes)
    }
}

/// The solution of a graph. It orders the regions, whatever the nesting policy is.
fn solution(graph: &Graph) -> Option<Solution> {
    Solution::of(graph, Nesting::Stack)
}
