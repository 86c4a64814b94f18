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

use super::facts::visit;
use super::graph::{Branch, Exit, Graph, Origin, Step, Way};
use super::read::{self, How};
use super::regions::{Region, Regions};
use super::solve::Solution;
use super::state::{Slot, State};
use super::throws::Throws;
use super::transfer::Uses;
use crate::error::Error;
use crate::link::input::{Body, Input};
use crate::planted::{self, Bug};
use linmem_allocator::Nesting;
use linmem_allocator::layout::{ALIGNMENT, is_alignment};
use linmem_intrinsics::Intrinsic;

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
}

/// The regions of a function that could be parts of static frames, in the order of the code.
pub(crate) fn confined(input: &Input<'_>, body: &Body<'_>, throws: &Throws) -> Result<Vec<Confined>, Error> {
    let Some(calls) = &body.calls else { return Ok(Vec::new()) };
    let Some(graph) = read::graph(input, body, calls, throws, How::Expanded)? else { return Ok(Vec::new()) };
    // Regions need no order.
    let Some(solution) = Solution::of(&graph, Nesting::Forbid) else { return Ok(Vec::new()) };
    let mut finder = Finder {
        graph: &graph,
        refused: solution.uses.uncertain | solution.uses.stale,
        regions: (0..graph.regions.len()).map(|_| Confined::default()).collect(),
    };
    visit(&graph, &solution, |state, step| finder.step(state, step));
    Ok(finder.finish())
}

struct Finder<'g> {
    graph: &'g Graph,
    /// The regions that do not qualify.
    refused: Regions,
    /// By region.
    regions: Vec<Confined>,
}

impl Finder<'_> {
    fn step(&mut self, state: &State, step: &Step) {
        match *step {
            Step::New { region, .. } => self.open(state, region),
            Step::Allocate { at, intrinsic, offset } => {
                let Some(region) = self.used(state, at) else { return };
                match self.allocation(region, intrinsic, offset) {
                    Some(allocation) => self.regions[usize::from(region)].allocations.push(allocation),
                    None => self.refused |= Regions::of(region),
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
            Step::Call { way, .. } if way != Way::None => self.each(state, |region| region.thrown_over = true),
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
        let held = state.get(Slot::Stack(at))?;
        match held.region() {
            Some(region) if state.surely_open().contains(region) => Some(region),
            _ => {
                self.refused |= held.current | held.stale;
                None
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
            (Intrinsic::AllocatorAllocate, [.., bytes]) => Allocation { offset, bytes: *bytes, alignment: ALIGNMENT },
            (Intrinsic::AllocatorAllocateAligned, [.., bytes, alignment]) if is_alignment(u64::from(*alignment)) => {
                Allocation { offset, bytes: *bytes, alignment: ALIGNMENT.max(*alignment) }
            }
            _ => return None,
        };
        runs_once.then_some(allocation)
    }

    fn finish(self) -> Vec<Confined> {
        let Finder { graph, refused, regions } = self;
        let mut found = Vec::new();
        for ((number, origin), mut region) in (0_u8..).zip(&graph.regions).zip(regions) {
            let Origin::New(open) = *origin else { continue };
            if !refused.contains(number) {
                region.allocations.sort_by_key(|allocation| allocation.offset);
                found.push(Confined { open, number, ..region });
            }
        }
        found
    }
}
