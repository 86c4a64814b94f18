//! The facts that checks have proved, so that nothing is checked twice.
//!
//! # When a fact still holds
//!
//! A fact that was proved at one position holds at a later one if
//!
//! 1. the control structure in which it was proved is still open, in the same arm. Then every path to the later
//!    position passes through the check (see [`frames`](crate::engine::knowledge::frames), which makes the same
//!    argument for allocations);
//! 2. the locals that it refers to have not been assigned since, in the order of the code; and, if a loop has begun
//!    since, they are not assigned later either, because the loop may repeat and run such an assignment first;
//! 3. for liveness: since then no code has run that may close a region or make more memory linmem's.

use crate::engine::knowledge::contents::Contents;
use crate::engine::knowledge::frames::Slot;
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use crate::planted::{self, Bug, Optimization};
use crate::statics::StaticSegment;

/// The maximum number of facts that are remembered, the latest ones.
const MOST: usize = 32;

/// A segment that can be identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The segment in a local of the program.
    Local(LocalIndex),
    /// A segment of a frame.
    Slot(Slot),
    /// A segment over static data.
    Static(StaticSegment),
    /// The segment of this many bytes at the address in a local of the program.
    At { address: LocalIndex, bytes: u32 },
}

/// The start of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// At a constant offset.
    Constant(u32),
    /// At the offset that a local holds.
    Local(LocalIndex),
}

/// A proved fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// The segment has at least this many bytes.
    AtLeast(Subject, u32),
    /// The segment has exactly this many bytes.
    Exactly(Subject, u32),
    /// This many bytes from the offset in the local are inside the segment.
    Reaches(Subject, LocalIndex, u32),
    /// This many bytes from the start are not free; for `None`, no byte of the segment is free.
    Live(Subject, Option<(From, u32)>),
    /// The reference in the first local is a segment, and the second local holds it as a structure.
    Cast(LocalIndex, LocalIndex),
    /// This many bytes from the address in the local end at or below 2^32.
    Fits(LocalIndex, u32),
}

impl Fact {
    /// The locals that the fact refers to.
    fn locals(&self) -> [Option<LocalIndex>; 2] {
        let local = |subject: &Subject| match subject {
            Subject::Local(local) | Subject::At { address: local, .. } => Some(*local),
            Subject::Slot(_) | Subject::Static(_) => None,
        };
        match self {
            Fact::AtLeast(subject, _) | Fact::Exactly(subject, _) => [local(subject), None],
            Fact::Live(subject, Some((From::Local(offset), _))) => [local(subject), Some(*offset)],
            Fact::Live(subject, _) => [local(subject), None],
            Fact::Reaches(subject, offset, _) => [local(subject), Some(*offset)],
            Fact::Cast(local, _) | Fact::Fits(local, _) => [Some(*local), None],
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    fact: Fact,
    /// The number of control structures that were open.
    depth: usize,
    since: Position,
    /// The number of earlier events that may have freed memory.
    frees: u32,
}

/// The facts that are proved at the current position.
#[derive(Debug, Default)]
pub(crate) struct Proven {
    /// In the order in which they were proved, so their depths ascend.
    entries: Vec<Entry>,
    frees: u32,
}

impl Proven {
    /// Adds a fact.
    pub(super) fn add(&mut self, fact: Fact, depth: usize, since: Position) {
        if self.entries.len() == MOST {
            self.entries.remove(0);
        }
        self.entries.push(Entry { fact, depth, since, frees: self.frees });
    }

    /// Records that memory may have become free.
    pub(super) fn free(&mut self) {
        if planted::has(Bug::LiveAfterFree) {
            return;
        }
        self.frees += 1;
    }

    /// Records that an arm of the control structure at `depth` ended.
    pub(super) fn leave(&mut self, depth: usize) {
        if planted::has(Bug::FactAfterArm) {
            return;
        }
        while self.entries.last().is_some_and(|entry| entry.depth >= depth) {
            self.entries.pop();
        }
    }

    /// Records that a loop begins.
    pub(super) fn begin_loop(&mut self, contents: &Contents) {
        self.frees += 1;
        if planted::has(Bug::FactInLoop) {
            return;
        }
        self.entries.retain(|entry| entry.fact.locals().into_iter().flatten().all(|local| contents.is_settled(local)));
    }

    /// The facts that hold, the latest ones first.
    pub(crate) fn facts<'a>(&'a self, contents: &'a Contents) -> impl Iterator<Item = Fact> + 'a {
        let holds = |entry: &&Entry| {
            if planted::is_off(Optimization::Proven) && !matches!(entry.fact, Fact::Cast(..)) {
                return false;
            }
            let is_live = !matches!(entry.fact, Fact::Live(..)) || entry.frees == self.frees;
            let is_cast = matches!(entry.fact, Fact::Cast(..));
            if planted::has(Bug::FitsAfterAssignment) && matches!(entry.fact, Fact::Fits(..)) {
                return true;
            }
            if planted::has(Bug::FactAfterAssignment) && !is_cast || planted::has(Bug::CastAfterAssignment) && is_cast {
                return is_live;
            }
            is_live && entry.fact.locals().into_iter().flatten().all(|local| contents.is_unchanged(local, entry.since))
        };
        self.entries.iter().rev().filter(holds).map(|entry| entry.fact)
    }

    /// The exact size of a segment, if known.
    pub(crate) fn size(&self, subject: Subject, contents: &Contents) -> Option<u32> {
        self.facts(contents).find_map(|fact| match fact {
            Fact::Exactly(of, bytes) if of == subject => Some(bytes),
            _ => None,
        })
    }

    /// Whether a segment is known to have at least `bytes` bytes.
    pub(crate) fn has(&self, subject: Subject, bytes: u32, contents: &Contents) -> bool {
        let further = u32::from(planted::has(Bug::FactOneByteFurther));
        self.facts(contents).any(|fact| match fact {
            Fact::AtLeast(of, known) | Fact::Exactly(of, known) => of == subject && bytes <= known + further,
            _ => false,
        })
    }

    /// Whether `bytes` bytes from the offset in a local are known to be inside a segment.
    pub(crate) fn reaches(&self, subject: Subject, offset: LocalIndex, bytes: u32, contents: &Contents) -> bool {
        let further = u32::from(planted::has(Bug::ReachOneByteFurther));
        let reaches = |fact| match fact {
            Fact::Reaches(of, from, known) => of == subject && from == offset && bytes <= known + further,
            _ => false,
        };
        self.facts(contents).any(reaches)
    }

    /// Whether `bytes` bytes of a segment are known not to be free.
    pub(crate) fn is_live(&self, subject: Subject, from: Option<From>, bytes: u32, contents: &Contents) -> bool {
        self.facts(contents).any(|fact| match (fact, from) {
            (Fact::Live(of, None), _) => of == subject,
            (Fact::Live(of, Some((From::Constant(start), known))), Some(From::Constant(offset))) => {
                let end = |from: u32, bytes: u32| u64::from(from) + u64::from(bytes);
                let further = u64::from(planted::has(Bug::LiveFurther)) * 64;
                of == subject && start <= offset && end(offset, bytes) <= end(start, known) + further
            }
            (Fact::Live(of, Some((start, known))), Some(from)) => of == subject && start == from && bytes <= known,
            (Fact::Live(..), None)
            | (Fact::AtLeast(..) | Fact::Exactly(..) | Fact::Reaches(..) | Fact::Cast(..) | Fact::Fits(..), _) => false,
        })
    }

    /// Whether `bytes` bytes from the address in a local are known to end at or below 2^32.
    pub(crate) fn fits(&self, address: LocalIndex, bytes: u32, contents: &Contents) -> bool {
        self.facts(contents).any(|fact| matches!(fact, Fact::Fits(of, known) if of == address && bytes <= known))
    }

    /// The local that holds, as a structure, the segment that `local` refers to.
    pub(crate) fn cast(&self, local: LocalIndex, contents: &Contents) -> Option<LocalIndex> {
        self.facts(contents).find_map(|fact| match fact {
            Fact::Cast(of, held) if of == local => Some(held),
            _ => None,
        })
    }
}
