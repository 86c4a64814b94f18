//! Where the segments of a function go: whether they may be used after the function has returned.
//!
//! A segment is followed through locals, slices and calls of functions that are followed, too. Whatever else becomes of it (it
//! is stored, returned, carried by a branch, passed to the host) lets it escape. What a local holds is not distinguished by the
//! place in the code.

use std::collections::BTreeSet;

/// The origin of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// It is read from a local.
    Local(u32),
    /// It is allocated by the call at this offset.
    Allocation(usize),
}

/// A parameter of a function of the module, to which a segment is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Param {
    /// The function.
    pub(crate) function: u32,
    /// The index of the parameter.
    pub(crate) index: u32,
}

/// Where the segments of a function go.
#[derive(Clone, Debug, Default)]
pub(super) struct Segments {
    /// The locals that segments are assigned to.
    flows: BTreeSet<(Source, u32)>,
    /// Those that may be used at any time.
    escapes: BTreeSet<Source>,
    /// The parameters that segments are passed to.
    passes: BTreeSet<(Source, Param)>,
}

/// The largest number of steps to follow the segments of a function.
const MAX_STEPS: usize = 1 << 18;

impl Segments {
    /// Whether it takes too long to follow this number of segments.
    pub(super) fn is_too_large(&self, sources: usize) -> bool {
        sources.saturating_mul(self.flows.len()) > MAX_STEPS
    }

    /// Assigns a segment to a local.
    pub(super) fn flow(&mut self, source: Source, local: u32) {
        self.flows.insert((source, local));
    }

    /// Gives a segment up: it may be used at any time.
    pub(super) fn escape(&mut self, source: Source) {
        self.escapes.insert(source);
    }

    /// Passes a segment to a function.
    pub(super) fn pass(&mut self, source: Source, param: Param) {
        self.passes.insert((source, param));
    }

    /// The locals that a segment may be in.
    pub(super) fn locals_of(&self, source: Source) -> BTreeSet<u32> {
        let mut locals = BTreeSet::new();
        let mut pending = vec![source];
        pending.extend(match source {
            Source::Local(local) => locals.insert(local).then_some(source),
            Source::Allocation(_) => None,
        });
        while let Some(source) = pending.pop() {
            for (_, local) in self.flows.range((source, 0)..=(source, u32::MAX)) {
                if locals.insert(*local) {
                    pending.push(Source::Local(*local));
                }
            }
        }
        locals
    }

    /// Whether a segment escapes by itself, and the parameters that it is passed to.
    pub(super) fn fate(&self, source: Source) -> (bool, BTreeSet<Param>) {
        let sources: Vec<Source> =
            self.locals_of(source).into_iter().map(Source::Local).chain(std::iter::once(source)).collect();
        let escapes = sources.iter().any(|source| self.escapes.contains(source));
        let none = Param { function: 0, index: 0 };
        let all = Param { function: u32::MAX, index: u32::MAX };
        let passes = sources.iter().flat_map(|source| self.passes.range((*source, none)..=(*source, all)));
        (escapes, passes.map(|(_, param)| *param).collect())
    }
}
