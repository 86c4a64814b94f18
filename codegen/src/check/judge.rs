//! Derives the findings from the states of all leaders, in one pass over the reachable steps.

use super::flaw::Flaw;
use super::graph::{self, Graph, Step, Way};
use super::regions::{Region, Regions};
use super::solve::Solution;
use super::state::{Slot, State};
use super::transfer::Uses;
use crate::error::Severity;
use linmem_allocator::Nesting;
use linmem_intrinsics::{Intrinsic, Violation};
use std::collections::BTreeMap;

/// The limit on the number of warnings of a function, which keeps lists readable. Errors are not limited.
const MAX_WARNINGS: usize = 1000;

/// Whether regions are reported that a callee's exception leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exceptions {
    /// They are not.
    Unreported,
    /// They are, except for the regions in `released`, which every exception closes.
    Reported { released: Regions },
}

/// The flaws of a function, sorted by offset.
pub(super) fn flaws(graph: &Graph, solution: &Solution, nesting: Nesting, exceptions: Exceptions) -> Vec<Flaw> {
    let mut judge = Judge {
        graph,
        nesting,
        exceptions,
        reopened: solution.uses.stale,
        flaws: Vec::new(),
        exits: Vec::new(),
        thrown_over: BTreeMap::new(),
    };
    for (leader, state) in (0..).zip(&solution.states) {
        let Some(state) = state else { continue };
        let mut state = state.clone();
        for step in graph.steps_from(leader) {
            if let Step::Stop = step {
                break;
            }
            judge.step(&state, step);
            state.apply(step, &mut Uses::default());
        }
    }
    judge.left_open();
    judge.finish()
}

/// The states of regions at an exit of the function.
struct Exit {
    offset: usize,
    way: Way,
    /// The regions that may be left open.
    open: Regions,
    /// The regions that are possibly not left open: they may be closed, or known to other code.
    otherwise: Regions,
}

struct Judge<'g> {
    graph: &'g Graph,
    nesting: Nesting,
    /// The regions that may have been closed by a handle from an earlier loop iteration.
    reopened: Regions,
    flaws: Vec<Flaw>,
    exits: Vec<Exit>,
    /// By region, the first call whose exception leaves it open.
    thrown_over: BTreeMap<Region, usize>,
    exceptions: Exceptions,
}

impl Judge<'_> {
    /// Judges a step, from the state before it.
    fn step(&mut self, state: &State, step: &Step) {
        match *step {
            Step::New { region, .. } => self.open(state, region),
            Step::Free { at, offset } => {
                self.use_of(state, at, Intrinsic::AllocatorFree, offset, Violation::AlreadyFreed);
            }
            Step::Allocate { at, intrinsic, offset } => {
                self.use_of(state, at, intrinsic, offset, Violation::UseAfterFree);
            }
            Step::Leave { at, count, way, exit, offset } if way != Way::None => {
                let mut given = state.consumed(at, count, &mut Uses::default());
                if let (graph::Exit::Exception, Exceptions::Reported { released }) = (exit, self.exceptions) {
                    given |= released;
                }
                let otherwise = state.closed | state.elsewhere | (state.open & given);
                self.exits.push(Exit { offset, way, open: state.open - given, otherwise });
            }
            Step::Call { way, offset, .. } if way != Way::None => {
                if let Exceptions::Reported { released } = self.exceptions {
                    for region in (state.open - released).iter() {
                        let first = self.thrown_over.entry(region).or_insert(offset);
                        *first = offset.min(*first);
                    }
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, state: &State, region: Region) {
        let Some(offset) = self.graph.opened(region) else { return };
        let flaw = Flaw {
            severity: Severity::Warning,
            kind: None,
            intrinsic: Intrinsic::AllocatorNew,
            message: String::new(),
            offset,
            opened: Some(offset),
        };
        if self.nesting == Nesting::Forbid {
            let (severity, open, message) = match state.surely_open().first() {
                Some(open) => (Severity::Error, Some(open), "regions must not nest, but another region is open"),
                None => {
                    (Severity::Warning, state.open.first(), "regions must not nest, but another region may be open")
                }
            };
            if let Some(open) = open {
                let opened = self.graph.opened(open);
                let message = message.to_string();
                self.flaws.push(Flaw { severity, kind: Some(Violation::Nested), message, opened, ..flaw });
            }
        } else if (state.open - self.reopened).contains(region) {
            let message = "the region that an earlier iteration of the loop opened here may still be open".to_string();
            self.flaws.push(Flaw { message, ..flaw });
        }
    }

    /// Judges the use of a handle to close or to allocate.
    fn use_of(&mut self, state: &State, at: u32, intrinsic: Intrinsic, offset: usize, if_closed: Violation) {
        let Some(region) = state.get(Slot::Stack(at)).and_then(|held| held.region()) else { return };
        let mut report = |severity, kind, message: &str, about| {
            let (message, opened) = (message.to_string(), self.graph.opened(about));
            self.flaws.push(Flaw { severity, kind: Some(kind), intrinsic, message, offset, opened });
        };
        if state.surely_closed().contains(region) {
            report(Severity::Error, if_closed, "the region is already closed", region);
            return;
        }
        let may_be_closed = state.closed.contains(region);
        if may_be_closed {
            report(Severity::Warning, if_closed, "the region may already be closed", region);
        }
        let Some(inner) = state.inner.get(usize::from(region)) else { return };
        match (inner.must & state.surely_open()).first() {
            Some(inner) if !may_be_closed => {
                let message = "a region that was opened after this one is still open";
                report(Severity::Error, Violation::NotInnermost, message, inner);
            }
            _ => {
                if let Some(inner) = (inner.may & state.open).first() {
                    let message = "a region that was opened after this one may still be open";
                    report(Severity::Warning, Violation::NotInnermost, message, inner);
                }
            }
        }
    }

    /// Judges all exits together: a region that is left open on all of them is reported once, where it is opened.
    fn left_open(&mut self) {
        let exits = std::mem::take(&mut self.exits);
        let certain = exits.iter().filter(|exit| exit.way == Way::Certain);
        let open = certain.fold(Regions::NONE, |open, exit| open | exit.open);
        let everywhere = exits.iter().fold(open, |open, exit| open - exit.otherwise);
        let mut report = |severity, message: &str, offset, opened| {
            let (kind, intrinsic) = (None, Intrinsic::AllocatorNew);
            self.flaws.push(Flaw { severity, kind, intrinsic, message: message.to_string(), offset, opened });
        };
        for opened in everywhere.iter().filter_map(|region| self.graph.opened(region)) {
            let message = "the region opened here is not closed on any path out of the function";
            report(Severity::Error, message, opened, Some(opened));
        }
        for (&region, &offset) in &self.thrown_over {
            if !everywhere.contains(region) {
                let message = "the region is left open if this call throws";
                report(Severity::Warning, message, offset, self.graph.opened(region));
            }
        }
        let mut room = MAX_WARNINGS;
        for exit in &exits {
            for region in (exit.open - everywhere).iter().take(room) {
                room -= 1;
                let message = if exit.way == Way::Certain && !exit.otherwise.contains(region) {
                    "the region is left open on this path out of the function"
                } else {
                    "the region may be left open on this path out of the function"
                };
                report(Severity::Warning, message, exit.offset, self.graph.opened(region));
            }
        }
    }

    /// Sorts the flaws and removes duplicates, of which the most severe is kept.
    fn finish(self) -> Vec<Flaw> {
        let mut flaws = self.flaws;
        flaws.sort_by_key(|flaw| (flaw.offset, flaw.kind, flaw.opened, flaw.severity));
        flaws.dedup_by_key(|flaw| (flaw.offset, flaw.kind, flaw.opened));
        let mut room = MAX_WARNINGS;
        flaws.retain(|flaw| {
            let is_warning = flaw.severity == Severity::Warning;
            let stays = !is_warning || room > 0;
            room -= usize::from(is_warning && stays);
            stays
        });
        flaws
    }
}
