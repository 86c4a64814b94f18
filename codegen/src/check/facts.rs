//! What the states of a function say about exceptions: which regions are open where one may leave the function or enter a
//! handler, and which handles other code may know.

use super::graph::{Branch, Callee, Exit, Graph, Step, Way};
use super::regions::{Region, Regions};
use super::solve::Solution;
use super::state::{Held, Slot, State};
use super::transfer::Uses;
use std::collections::BTreeMap;

/// The limit on the number of locals that hold handles. Functions with more are not analysed.
const MAX_LOCALS: usize = 64;

/// The locals that may hold handles, each with its bit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits(BTreeMap<u32, u64>);

impl Bits {
    fn of(graph: &Graph, solution: &Solution) -> Option<Bits> {
        let mut bits = Bits::default();
        visit(graph, solution, |state, step| {
            if let Step::Set { local, at } | Step::Tee { local, at } = *step
                && state.get(Slot::Stack(at)).is_some()
            {
                let next = 1_u64.checked_shl(bits.0.len() as u32).unwrap_or(0);
                bits.0.entry(local).or_insert(next);
            }
        });
        (bits.0.len() <= MAX_LOCALS).then_some(bits)
    }

    /// The bit of a local; 0 if it never holds a handle.
    pub(super) fn get(&self, local: u32) -> u64 {
        self.0.get(&local).copied().unwrap_or(0)
    }

    /// The live handles before a step, given those after it.
    pub(super) fn step(&self, step: &Step, live: u64) -> u64 {
        match *step {
            Step::Get { local, .. } => live | self.get(local),
            Step::Set { local, .. } | Step::Tee { local, .. } | Step::Forget { local } => live & !self.get(local),
            _ => live,
        }
    }
}

/// The states of all paths on which exceptions reach a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrivals {
    /// The regions that may be open.
    pub(super) open: Regions,
    /// The regions that may be open, or that other code may have closed.
    pub(super) present: Regions,
    /// The regions that are certainly open, on every path so far; `None` if there is no path yet.
    surely: Option<Regions>,
    /// By region, the regions that may have been opened inside it.
    inner: Vec<Regions>,
    /// By region, the locals that may hold its handle.
    pub(super) holders: Vec<u64>,
    /// The regions whose handles may be on the operand stack that stays.
    pub(super) on_stack: Regions,
}

impl Arrivals {
    /// The regions that are certainly open.
    pub(super) fn surely_open(&self) -> Regions {
        self.surely.unwrap_or(Regions::NONE)
    }

    /// The regions that may have been opened inside a region.
    pub(super) fn inside(&self, region: Region) -> Regions {
        self.inner.get(usize::from(region)).copied().unwrap_or(Regions::NONE)
    }

    fn add(&mut self, state: &State, bits: &Bits, height: u32) {
        self.open |= state.open;
        self.present |= state.open | state.elsewhere;
        self.surely = Some(self.surely.map_or(state.surely_open(), |surely| surely & state.surely_open()));
        self.inner.resize(state.inner.len(), Regions::NONE);
        for (known, inner) in self.inner.iter_mut().zip(&state.inner) {
            *known |= inner.may;
        }
        self.holders.resize(state.inner.len(), 0);
        for (slot, held) in &state.slots {
            match *slot {
                Slot::Local(local) => {
                    for region in held.current.iter() {
                        if let Some(holders) = self.holders.get_mut(usize::from(region)) {
                            *holders |= bits.get(local);
                        }
                    }
                }
                Slot::Stack(position) if position < height => self.on_stack |= held.current,
                Slot::Stack(_) => {}
            }
        }
    }
}

/// The facts about one function. Its solution must order the regions, whatever the nesting policy is.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) bits: Bits,
    /// The regions whose handles other code may know, or that may have been closed by an uncertain handle.
    pub(super) escaped: Regions,
    /// The regions that may have been opened again while the one of an earlier iteration was open.
    pub(super) lost: Regions,
    /// The regions that may be open after the function has returned.
    pub(super) returned: Regions,
    /// The regions that may be open during calls.
    pub(super) calls: BTreeMap<Callee, Regions>,
    /// The regions that calls of `MemoryAllocator.free` close, by offset.
    pub(super) frees: BTreeMap<usize, Region>,
    /// Exceptions that leave the function.
    pub(super) leaving: Arrivals,
    /// Exceptions that enter handlers, by the number of the handler.
    pub(super) catches: BTreeMap<u32, Arrivals>,
    /// The starts of scopes of exceptions.
    pub(super) scopes: BTreeMap<u32, Arrivals>,
}

impl Facts {
    /// Collects the facts; `None` if a limit is exceeded.
    pub(super) fn of(graph: &Graph, solution: &Solution) -> Option<Facts> {
        let bits = Bits::of(graph, solution)?;
        let mut facts = Facts { escaped: solution.uses.uncertain | solution.uses.stale, ..Facts::default() };
        visit(graph, solution, |state, step| facts.add(&bits, state, step));
        Some(Facts { bits, ..facts })
    }

    fn add(&mut self, bits: &Bits, state: &State, step: &Step) {
        match *step {
            Step::Consume { at } => self.escape(state, at, u32::MAX),
            Step::Free { at, offset } => self.free(state.get(Slot::Stack(at)), offset),
            Step::New { region, .. } => {
                self.lost |= (state.open | state.elsewhere) & Regions::of(region);
            }
            Step::Call { callee, way, .. } => {
                *self.calls.entry(callee).or_default() |= state.open;
                if way != Way::None {
                    self.leaving.add(state, bits, 0);
                }
            }
            Step::Leave { exit: Exit::Exception, way: Way::None, .. } => {}
            Step::Leave { exit: Exit::Exception, .. } => self.leaving.add(state, bits, 0),
            Step::Leave { at, count, .. } => {
                self.escape(state, at, count);
                self.returned |= state.open | state.elsewhere;
            }
            Step::Branch(Branch { catch: Some(catch), height, .. }) => {
                self.catches.entry(catch).or_default().add(state, bits, height);
            }
            Step::Enter { scope } => self.scopes.entry(scope).or_default().add(state, bits, u32::MAX),
            _ => {}
        }
    }

    /// Records that other code may know the handles of operands, unless their regions are closed.
    fn escape(&mut self, state: &State, at: u32, count: u32) {
        let known = state.consumed(at, count, &mut Uses::default());
        self.escaped |= known - state.surely_closed();
    }

    /// Records that the regions of a handle may be closed, unless it is certain which region that is.
    fn free(&mut self, held: Option<Held>, offset: usize) {
        let Some(held) = held else { return };
        match held.region() {
            Some(region) => _ = self.frees.insert(offset, region),
            None => self.escaped |= held.current | held.stale,
        }
    }
}

/// Visits all reachable steps, each with the state before it.
pub(super) fn visit(graph: &Graph, solution: &Solution, mut visit: impl FnMut(&State, &Step)) {
    for (leader, state) in (0..).zip(&solution.states) {
        let Some(state) = state else { continue };
        let mut state = state.clone();
        for step in graph.steps_from(leader) {
            if let Step::Stop = step {
                break;
            }
            visit(&state, step);
            state.apply(step, &mut Uses::default());
        }
    }
}
