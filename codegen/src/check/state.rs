//! The abstract state at one place of a function: the facts that hold on all paths to it.
//!
//! A slot (a local or an operand) that is not listed holds nothing that is tracked. A region is in the set of every
//! state that it may have; it is in exactly one set if its state is certain. A handle names the region that its `new`
//! opened last: if that `new` runs again, earlier handles become stale.

use super::graph::{Branch, Graph, Origin};
use super::regions::{Region, Regions};
use linmem_allocator::Nesting;

/// A place that can hold a handle. Locals are ordered before the stack, and the top of the stack is last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    /// A local.
    Local(u32),
    /// An operand, by its position.
    Stack(u32),
}

/// The possible contents of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// The current handle of one of these regions.
    pub(super) current: Regions,
    /// The handle that one of these regions had in an earlier loop iteration.
    pub(super) stale: Regions,
    /// Whether it may be something else.
    pub(super) other: bool,
}

impl Held {
    pub(super) fn exactly(region: Region) -> Held {
        Held { current: Regions::of(region), stale: Regions::NONE, other: false }
    }

    /// The region whose current handle it is, if that is certain.
    pub(super) fn region(self) -> Option<Region> {
        if self.other || !self.stale.is_empty() { None } else { self.current.single() }
    }

    fn join(self, other: Held) -> Held {
        Held {
            current: self.current | other.current,
            stale: self.stale | other.stale,
            other: self.other || other.other,
        }
    }
}

/// The regions that were opened while another region was open or possibly open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Inner {
    /// On some path.
    pub(super) may: Regions,
    /// On every path.
    pub(super) must: Regions,
}

/// The abstract state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// The slots that may hold handles, in order.
    pub(super) slots: Vec<(Slot, Held)>,
    /// The regions that this function has possibly not opened yet.
    pub(super) unopened: Regions,
    /// The regions that may be open, and that no other code can close.
    pub(super) open: Regions,
    /// The regions that may be closed.
    pub(super) closed: Regions,
    /// The regions that other code may have closed, or may still close.
    pub(super) elsewhere: Regions,
    /// By region, the regions that were opened inside it; empty if the nesting policy requires no order.
    pub(super) inner: Vec<Inner>,
}

impl State {
    /// The state at the start of the function.
    pub(super) fn at_start(graph: &Graph, nesting: Nesting) -> State {
        let ordered = if nesting == Nesting::Stack { graph.regions.len() } else { 0 };
        let mut state = State {
            slots: Vec::new(),
            unopened: Regions::NONE,
            open: Regions::NONE,
            closed: Regions::NONE,
            elsewhere: Regions::NONE,
            inner: vec![Inner::default(); ordered],
        };
        for (region, origin) in (0..).zip(&graph.regions) {
            match *origin {
                Origin::New(_) => state.unopened |= Regions::of(region),
                Origin::Parameter(local) => {
                    state.elsewhere |= Regions::of(region);
                    state.put(Slot::Local(local), Some(Held::exactly(region)));
                }
            }
        }
        state
    }

    /// The cost of copying or comparing the state.
    pub(super) fn weight(&self) -> u64 {
        1 + self.slots.len() as u64 + self.inner.len() as u64 / 2
    }

    /// The contents of a slot, if it may hold a tracked handle.
    pub(super) fn get(&self, slot: Slot) -> Option<Held> {
        let position = self.slots.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
        self.slots.get(position).map(|(_, held)| *held)
    }

    /// Sets the contents of a slot.
    pub(super) fn put(&mut self, slot: Slot, held: Option<Held>) {
        match (self.slots.binary_search_by_key(&slot, |(slot, _)| *slot), held) {
            (Ok(position), Some(held)) => {
                if let Some(entry) = self.slots.get_mut(position) {
                    entry.1 = held;
                }
            }
            (Ok(position), None) => {
                self.slots.remove(position);
            }
            (Err(position), Some(held)) => self.slots.insert(position, (slot, held)),
            (Err(_), None) => {}
        }
    }

    /// The entries of the stack from a position upwards.
    pub(super) fn above(&self, at: u32) -> &[(Slot, Held)] {
        self.slots.get(self.first_above(at)..).unwrap_or_default()
    }

    /// Pops everything from a position upwards.
    pub(super) fn pop(&mut self, at: u32) {
        let position = self.first_above(at);
        self.slots.truncate(position);
    }

    fn first_above(&self, at: u32) -> usize {
        self.slots.partition_point(|(slot, _)| *slot < Slot::Stack(at))
    }

    /// The regions that are certainly open.
    pub(super) fn surely_open(&self) -> Regions {
        self.open - self.closed - self.elsewhere - self.unopened
    }

    /// The regions that are certainly closed.
    pub(super) fn surely_closed(&self) -> Regions {
        self.closed - self.open - self.elsewhere - self.unopened
    }

    /// Records that other code may close these regions from now on.
    pub(super) fn give_up(&mut self, regions: Regions) {
        self.elsewhere |= self.open & regions;
        self.open -= regions;
    }

    /// The state at the target of a branch.
    pub(super) fn along(&self, branch: &Branch) -> State {
        let mut slots = self.slots.get(..self.first_above(branch.height)).unwrap_or_default().to_vec();
        for (slot, held) in self.above(branch.from) {
            match *slot {
                Slot::Stack(position) if position - branch.from < branch.count => {
                    slots.push((Slot::Stack(branch.height + (position - branch.from)), *held));
                }
                _ => break,
            }
        }
        let mut state = State { slots, inner: self.inner.clone(), ..*self };
        let closed = state.open & branch.closes;
        state.open -= closed;
        state.closed |= closed;
        state
    }

    /// Joins the state of another path to the same place. The regions in `given_up` are given up if one of their
    /// handles is uncertain. Returns whether the state has changed.
    pub(super) fn join(&mut self, other: &State, given_up: Regions) -> bool {
        let before = (self.unopened, self.open, self.closed, self.elsewhere);
        let mut changed = self.join_slots(&other.slots);
        self.unopened |= other.unopened;
        self.open |= other.open;
        self.closed |= other.closed;
        self.elsewhere |= other.elsewhere;
        self.give_up_uncertain(given_up);
        changed |= before != (self.unopened, self.open, self.closed, self.elsewhere);
        for (mine, other) in self.inner.iter_mut().zip(&other.inner) {
            let joined = Inner { may: mine.may | other.may, must: mine.must & other.must };
            changed |= *mine != joined;
            *mine = joined;
        }
        changed
    }

    /// Gives up those of the regions that have an uncertain handle in some slot.
    fn give_up_uncertain(&mut self, regions: Regions) {
        if regions.is_empty() {
            return;
        }
        let uncertain = self.slots.iter().filter(|(_, held)| held.region().is_none());
        let lost = uncertain.fold(Regions::NONE, |lost, (_, held)| lost | held.current);
        self.give_up(lost & regions);
    }

    fn join_slots(&mut self, others: &[(Slot, Held)]) -> bool {
        if self.slots == others {
            return false;
        }
        let uncertain = |held: Held| Held { other: true, ..held };
        let mut joined = Vec::with_capacity(self.slots.len().max(others.len()));
        let mut mine = self.slots.iter().copied().peekable();
        let mut others = others.iter().copied().peekable();
        loop {
            match (mine.peek().copied(), others.peek().copied()) {
                (Some((slot, held)), Some((other_slot, other_held))) if slot == other_slot => {
                    joined.push((slot, held.join(other_held)));
                    mine.next();
                    others.next();
                }
                (Some((slot, held)), other) if other.is_none_or(|(other_slot, _)| slot < other_slot) => {
                    joined.push((slot, uncertain(held)));
                    mine.next();
                }
                (_, Some((slot, held))) => {
                    joined.push((slot, uncertain(held)));
                    others.next();
                }
                (_, None) => break,
            }
        }
        let changed = joined != self.slots;
        self.slots = joined;
        changed
    }
}
