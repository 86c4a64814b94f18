//! Finds the regions that could be parts of static frames: a function opens and closes them, no other code knows their handles,
//! and everything that they contain has a constant size and is allocated at most once while the region is open.
//!
//! # Invariants
//!
//! A region that is found has these properties, on every path in the control-flow graph:
//!
//! 1. Each use of one of its handles is an allocation, a close or a `drop`, and it is certain that the handle is that of the
//!    region that was opened last.
//! 2. It is closed where it is opened, open where it is allocated from or closed, and not open where the function returns.
//! 3. Each allocation runs at most once between an open and the next close, since every loop around the allocation is also
//!    around the open. Suppose that the allocation runs again before the region is opened again. The path from one to the other
//!    passes through the start of a loop around both, and leads from there to the allocation without the open. The start of
//!    that loop is first reached before the region was ever opened, so that it would not be certain at the allocation that the
//!    region is open.
//!
//! Whether the function can be entered again while the region is open is not examined here.

use super::backward::Live;
use super::facts::visit;
use super::graph::{Branch, Callee, Exit, Graph, Leader, Origin, Step, Way};
use super::read::{self, How};
use super::regions::{Region, Regions};
use super::segments::{Param, Source};
use super::solve::Solution;
use super::state::{Slot, State};
use super::throws::Throws;
use super::transfer::Uses;
use super::uses::uses_regions;
use crate::error::Error;
use crate::link::input::{Body, Input};
use crate::planted::{self, Bug};
use linmem_allocator::Nesting;
use linmem_allocator::layout::{ALIGNMENT, is_alignment};
use linmem_intrinsics::Intrinsic;
use std::collections::{BTreeMap, BTreeSet};

/// The limit on the number of locals that hold segments. Regions of functions with more are not parts of static frames where
/// segments are checked.
const MAX_LOCALS: usize = 64;

/// An allocation of a constant size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allocation {
    /// The offset of its call in the binary.
    pub(crate) offset: usize,
    /// Its size in bytes.
    pub(crate) bytes: u32,
    /// Its alignment.
    pub(crate) alignment: u32,
}

/// A region that could be a part of a static frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct Confined {
    /// The offset of the call that opens it.
    pub(crate) open: usize,
    /// Its allocations, in the order of the code.
    pub(crate) allocations: Vec<Allocation>,
    /// The offsets of the calls that close it.
    pub(crate) closes: Vec<usize>,
    /// Its number among the regions of the function.
    pub(crate) number: u8,
    /// The regions of the function that may be open at the same time, each by its bit.
    pub(crate) beside: u64,
    /// Whether an exception may leave the function while the region is open.
    pub(crate) thrown_over: bool,
    /// Whether an exception may enter a handler of the function while the region is open.
    pub(crate) caught: bool,
    /// The functions that may be called while the region is open.
    pub(crate) calls: BTreeSet<Callee>,
    /// Whether a handle of another region is used, or another region is possibly open inside of it, where checks require that
    /// this region is the innermost one.
    pub(crate) interleaved: bool,
    /// Whether its segments may be used when it is closed, if segments are followed.
    pub(crate) escapes: bool,
    /// The parameters that its segments are passed to.
    pub(crate) passes: BTreeSet<Param>,
}

/// The regions of a function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    /// Those that could be parts of static frames, in the order of the code.
    pub(crate) regions: Vec<Confined>,
    /// Whether all regions that the function uses are opened by it, and closed when it returns, even if it throws.
    pub(crate) is_contained: bool,
}

/// What checks may tell about a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// Nothing.
    Nothing,
    /// Whether it is open and the innermost one.
    Regions,
    /// That, and whether segments are used after it is closed.
    Segments,
}

/// The regions of a function that could be parts of static frames.
pub(crate) fn confined(input: &Input<'_>, body: &Body<'_>, throws: &Throws, checked: Checked) -> Result<Own, Error> {
    let none = Own { is_contained: true, ..Own::default() };
    let Some(calls) = body.calls.as_ref().filter(|_| uses_regions(input, body)) else { return Ok(none) };
    let how = if checked == Checked::Segments { How::Followed } else { How::Expanded };
    let Some(graph) = read::graph(input, body, calls, throws, how)? else { return Ok(Own::default()) };
    if graph.has_untracked {
        return Ok(Own::default());
    }
    // If it does not matter which region is inside, regions need no order.
    let nesting = if checked == Checked::Nothing { Nesting::Forbid } else { Nesting::Stack };
    let Some(solution) = Solution::of(&graph, nesting) else { return Ok(Own::default()) };
    let mut finder = Finder {
        graph: &graph,
        refused: solution.uses.uncertain | solution.uses.stale,
        unsuitable: Regions::NONE,
        is_lost: false,
        touched: Vec::new(),
        allocated: BTreeMap::new(),
        regions: (0..graph.regions.len()).map(|_| Confined::default()).collect(),
    };
    visit(&graph, &solution, |state, step| finder.step(state, step));
    if checked == Checked::Segments {
        finder.follow();
    }
    Ok(finder.finish())
}

struct Finder<'g> {
    graph: &'g Graph,
    /// The regions that are not opened and closed as they must be.
    refused: Regions,
    /// The regions with allocations that do not qualify.
    unsuitable: Regions,
    /// Whether a handle is used whose region is not known.
    is_lost: bool,
    /// The segments that are used, each with the regions that are certainly open.
    touched: Vec<(Source, Regions)>,
    /// The region of each allocation, by its offset.
    allocated: BTreeMap<usize, Region>,
    /// By region.
    regions: Vec<Confined>,
}

impl Finder<'_> {
    fn step(&mut self, state: &State, step: &Step) {
        match *step {
            Step::New { region, .. } => self.open(state, region),
            Step::Allocate { at, intrinsic, offset } => {
                let Some(region) = self.used(state, at) else { return };
                self.allocated.insert(offset, region);
                match self.allocation(region, intrinsic, offset) {
                    Some(allocation) => self.regions[usize::from(region)].allocations.push(allocation),
                    None => self.unsuitable |= Regions::of(region),
                }
            }
            Step::Free { at, offset } => {
                if let Some(region) = self.used(state, at) {
                    self.regions[usize::from(region)].closes.push(offset);
                }
            }
            Step::Consume { at } => self.refuse(state, at, u32::MAX),
            Step::Leave { at, count, way, exit, .. } => {
                self.refuse(state, at, count);
                match (exit, way) {
                    (_, Way::None) => {}
                    (Exit::Normal, _) => self.refused |= state.open,
                    (Exit::Exception, _) => self.each(state, |region| region.thrown_over = true),
                }
            }
            Step::Call { callee, way, .. } => self.each(state, |region| {
                region.calls.insert(callee);
                region.thrown_over |= way != Way::None;
            }),
            Step::UseUnknown => {
                self.is_lost = true;
                self.compare_order(state, None);
            }
            Step::Touch { source } => self.touched.push((source, state.surely_open())),
            Step::Branch(Branch { catch: Some(_), .. }) => self.each(state, |region| region.caught = true),
            _ => {}
        }
    }

    /// Does something with each region that may be open.
    fn each(&mut self, state: &State, act: impl Fn(&mut Confined)) {
        for region in state.open.iter() {
            self.regions.get_mut(usize::from(region)).into_iter().for_each(&act);
        }
    }

    fn open(&mut self, state: &State, region: Region) {
        if (state.open | state.elsewhere).contains(region) {
            self.refused |= Regions::of(region);
        }
        let bit = |region: Region| 1_u64.checked_shl(u32::from(region)).unwrap_or(0);
        for other in (state.open | state.elsewhere).iter() {
            for (one, beside) in [(region, other), (other, region)] {
                if let Some(one) = self.regions.get_mut(usize::from(one)) {
                    one.beside |= bit(beside);
                }
            }
        }
    }

    /// The region whose handle is used at a position, if that is certain, and if the region is certainly open.
    fn used(&mut self, state: &State, at: u32) -> Option<Region> {
        let held = state.get(Slot::Stack(at));
        let region = held.and_then(|held| held.region()).filter(|region| state.surely_open().contains(*region));
        self.compare_order(state, region);
        if region.is_none() {
            self.is_lost = true;
            self.refused |= held.map_or(Regions::NONE, |held| held.current | held.stale);
        }
        region
    }

    /// Finds the regions for which it matters that a region is used, if checks require that it is the innermost one.
    fn compare_order(&mut self, state: &State, used: Option<Region>) {
        let inner = |region: Region| state.inner.get(usize::from(region)).copied().unwrap_or_default();
        let may_be_open = state.open | state.elsewhere;
        for other in state.open.iter() {
            let is_wrong = match used {
                Some(region) if region == other => !(inner(region).may & may_be_open).is_empty(),
                Some(region) => !inner(other).must.contains(region),
                None => true,
            };
            if let Some(other) = self.regions.get_mut(usize::from(other)) {
                other.interleaved |= is_wrong;
            }
        }
    }

    /// Finds out where the segments of each region go.
    fn follow(&mut self) {
        if self.graph.segments.is_too_large(self.allocated.len()) {
            self.regions.iter_mut().for_each(|region| region.escapes = true);
            return;
        }
        let mut by_local: BTreeMap<u32, Regions> = BTreeMap::new();
        for (offset, region) in &self.allocated {
            let source = Source::Allocation(*offset);
            for local in self.graph.segments.locals_of(source) {
                *by_local.entry(local).or_default() |= Regions::of(*region);
            }
            let (escapes, passes) = self.graph.segments.fate(source);
            if let Some(region) = self.regions.get_mut(usize::from(*region)) {
                region.escapes |= escapes;
                region.passes.extend(passes);
            }
        }
        self.refuse_earlier(&by_local);
        for (source, open) in &self.touched {
            let regions = match source {
                Source::Local(local) => by_local.get(local).copied().unwrap_or_default(),
                Source::Allocation(offset) => self.allocated.get(offset).map_or(Regions::NONE, |it| Regions::of(*it)),
            };
            for region in (regions - *open).iter() {
                self.regions.get_mut(usize::from(region)).into_iter().for_each(|region| region.escapes = true);
            }
        }
    }

    /// Refuses the regions whose handles may be among `count` operands from a position upwards.
    fn refuse(&mut self, state: &State, at: u32, count: u32) {
        self.refused |= state.consumed(at, count, &mut Uses::default());
        for (slot, held) in state.above(at) {
            if matches!(*slot, Slot::Stack(position) if position - at < count) {
                self.refused |= held.stale;
            }
        }
    }

    /// An allocation from a region, if it has a constant size, and runs at most once while the region is open.
    fn allocation(&self, region: Region, intrinsic: Intrinsic, offset: usize) -> Option<Allocation> {
        let site = self.graph.sites.get(&offset)?;
        let opened = self.graph.sites.get(&self.graph.opened(region)?)?;
        let runs_once = self.graph.contains(site.inside, opened.inside) || planted::has(Bug::StaticFrameInLoop);
        let allocation = match (intrinsic, &site.constants[..]) {
            (Intrinsic::AllocatorAllocate, [.., Some(bytes)]) => {
                Allocation { offset, bytes: *bytes, alignment: ALIGNMENT }
            }
            (Intrinsic::AllocatorAllocateAligned, [.., Some(bytes), Some(alignment)])
                if is_alignment(u64::from(*alignment)) =>
            {
                Allocation { offset, bytes: *bytes, alignment: ALIGNMENT.max(*alignment) }
            }
            _ => return None,
        };
        runs_once.then_some(allocation)
    }

    /// Finds the regions whose segments may be read after the region was opened again: from a local that is not assigned since.
    fn refuse_earlier(&mut self, by_local: &BTreeMap<u32, Regions>) {
        let bits: BTreeMap<u32, u64> = by_local.keys().copied().zip((0..64).map(|bit| 1 << bit)).collect();
        let bit = |local: u32| bits.get(&local).copied().unwrap_or(0);
        let step = |step: &Step, live: u64| match *step {
            Step::Look { local } => live | bit(local),
            Step::Put { local } => live & !bit(local),
            _ => live,
        };
        let found = if by_local.len() <= MAX_LOCALS { Live::compute(self.graph, step) } else { None };
        let Some(found) = found else {
            return self.regions.iter_mut().for_each(|region| region.escapes = true);
        };
        let mut earlier = Regions::NONE;
        for leader in 0..self.graph.leader_count() as Leader {
            found.walk(self.graph, leader, step, |step, live| {
                if let Step::New { region, .. } = *step {
                    let mut of_region = by_local.iter().filter(|(_, regions)| regions.contains(region));
                    if of_region.any(|(local, _)| live & bit(*local) != 0) {
                        earlier |= Regions::of(region);
                    }
                }
            });
        }
        for region in earlier.iter() {
            self.regions.get_mut(usize::from(region)).into_iter().for_each(|region| region.escapes = true);
        }
    }

    fn finish(self) -> Own {
        let Finder { graph, refused, unsuitable, is_lost, regions, .. } = self;
        let thrown_over = regions.iter().any(|region| region.thrown_over);
        let is_contained = !is_lost && refused.is_empty() && !thrown_over;
        let mut found = Vec::new();
        for ((number, origin), mut region) in (0_u8..).zip(&graph.regions).zip(regions) {
            let Origin::New(open) = *origin else { continue };
            if !(refused | unsuitable).contains(number) {
                region.allocations.sort_by_key(|allocation| allocation.offset);
                found.push(Confined { open, number, ..region });
            }
        }
        Own { regions: found, is_contained }
    }
}
