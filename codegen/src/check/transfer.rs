//! The effects of steps on states.

use super::graph::Step;
use super::regions::{Region, Regions};
use super::state::{Held, Inner, Slot, State};

/// The uses of uncertain handles in a whole function: handles whose region is not certain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Uses {
    /// The regions that such a use may have closed or passed to other code.
    pub(super) uncertain: Regions,
    /// The regions for which such a use may have affected a region opened in an earlier loop iteration.
    pub(super) stale: Regions,
}

impl Uses {
    fn add(&mut self, held: Held) {
        if held.region().is_none() {
            self.uncertain |= held.current;
        }
        self.stale |= held.stale;
    }
}

impl State {
    /// Applies a step. Branches are not followed.
    pub(super) fn apply(&mut self, step: &Step, uses: &mut Uses) {
        match *step {
            Step::Get { local, at } => {
                let held = self.get(Slot::Local(local));
                self.put(Slot::Stack(at), held);
            }
            Step::Set { local, at } => {
                let held = self.get(Slot::Stack(at));
                self.pop(at);
                self.put(Slot::Local(local), held);
            }
            Step::Tee { local, at } => {
                let held = self.get(Slot::Stack(at));
                self.put(Slot::Local(local), held);
            }
            Step::Forget { local } => self.put(Slot::Local(local), None),
            Step::New { region, at } => self.open(region, at),
            Step::Free { at, .. } => {
                if let Some(held) = self.get(Slot::Stack(at)) {
                    uses.add(held);
                    match held.region() {
                        Some(region) => self.close(region),
                        None => self.give_up(held.current),
                    }
                }
                self.pop(at);
            }
            Step::Allocate { at, .. } | Step::Drop { at } => self.pop(at),
            Step::Consume { at } => {
                let consumed = self.consumed(at, u32::MAX, uses);
                self.give_up(consumed);
                self.pop(at);
            }
            Step::Leave { at, count, .. } => {
                self.consumed(at, count, uses);
            }
            Step::Call { .. }
            | Step::UseUnknown
            | Step::Touch { .. }
            | Step::Look { .. }
            | Step::Put { .. }
            | Step::Enter { .. }
            | Step::Branch(_)
            | Step::Stop => {}
        }
    }

    /// The regions whose handles may be among `count` operands from a position upwards, which are passed to other code.
    pub(super) fn consumed(&self, at: u32, count: u32, uses: &mut Uses) -> Regions {
        let mut consumed = Regions::NONE;
        for (slot, held) in self.above(at) {
            if matches!(*slot, Slot::Stack(position) if position - at < count) {
                uses.add(*held);
                consumed |= held.current;
            }
        }
        consumed
    }

    fn close(&mut self, region: Region) {
        let region = Regions::of(region);
        self.unopened -= region;
        self.open -= region;
        self.elsewhere -= region;
        self.closed |= region;
    }

    fn open(&mut self, region: Region, at: u32) {
        let opened = Regions::of(region);
        // The region that this `new` opened in an earlier iteration is not the one that it opens now.
        for (_, held) in &mut self.slots {
            if held.current.contains(region) {
                held.current -= opened;
                held.stale |= opened;
            }
        }
        let around = self.open | self.elsewhere;
        let surely_around = around - self.closed - self.unopened;
        for (outer, inner) in (0..).zip(&mut self.inner) {
            let member = |set: Regions| if set.contains(outer) { opened } else { Regions::NONE };
            inner.may = (inner.may - opened) | member(around);
            inner.must = (inner.must - opened) | member(surely_around);
        }
        if let Some(inner) = self.inner.get_mut(usize::from(region)) {
            *inner = Inner::default();
        }
        self.unopened -= opened;
        self.closed -= opened;
        self.elsewhere -= opened;
        self.open |= opened;
        self.put(Slot::Stack(at), Some(Held::exactly(region)));
    }
}
