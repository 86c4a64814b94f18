//! What can be said of a program's regions without running it: the findings of a data-flow analysis.
//!
//! The input is a function of the module that is linked, before anything is lowered. `read` walks it once, beside
//! wasmparser's validator, and keeps what matters: where handles of regions come from, move and are consumed, and
//! where control goes. `solve` computes for every leader (an instruction that control comes to from elsewhere) what
//! holds on the ways to it, and `judge` goes over every instruction that can be reached once and reports.
//!
//! ```text
//!   regions   a set of regions
//!   graph     steps, leaders and branches: the function as the analysis has it
//!   handlers  where an exception goes
//!   frames    the control structures around an instruction
//!   read      from instructions to the graph
//!   walk      a function while it is read
//!   control   the same for control structures and branches
//!   state     what is known at one place: which slot holds which handle, and how regions stand
//!   transfer  what a step does to a state
//!   solve     the least states that agree with every branch
//!   judge     the findings
//!   uses      which functions have to do with regions
//! ```
//!
//! A region is a call of `MemoryAllocator.new`, or a parameter that is closed or allocated from and never assigned. What
//! is said is said of regions whose handle this function knows: a handle that went elsewhere (to a call, to memory, to
//! the caller) may be closed there, so that nothing is concluded from its not being closed here.
//!
//! A certain finding holds on every way through the function's text that reaches the instruction; that some of these
//! ways may be barred by what the program computes is not looked at. Functions beyond a bound on the work, which no
//! compiler writes, have no findings.

mod control;
mod frames;
mod graph;
mod handlers;
mod judge;
mod read;
mod regions;
mod solve;
mod state;
#[cfg(test)]
#[cfg(feature = "text")]
mod tests;
mod transfer;
mod uses;
mod walk;

use crate::error::{Error, Finding, Severity};
use crate::link::reach::certain_calls;
use crate::link::scan::{Body, Input};
use graph::Graph;
use linmem_allocator::Nesting;
use linmem_intrinsics::{Intrinsic, Violation};
use regions::Regions;
use solve::Solution;
use std::collections::BTreeSet;
use uses::uses_regions;

/// Something that is wrong with a use of a region, or may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// Whether it is certain.
    pub(crate) severity: Severity,
    /// What the use violates; nothing if a region is left open.
    pub(crate) kind: Option<Violation>,
    /// The intrinsic that is used; `MemoryAllocator.new` if a region is left open.
    pub(crate) intrinsic: Intrinsic,
    /// What is wrong, as a sentence.
    pub(crate) message: String,
    /// The offset of the instruction in the binary.
    pub(crate) offset: usize,
    /// The offset of the call that opened the region that the message speaks of, if this function opened it. It can be
    /// `offset` itself.
    pub(crate) opened: Option<usize>,
}

/// A flaw, as a finding.
pub(crate) struct Found {
    /// Whether it is a use that is wrong whenever it is reached.
    pub(crate) certain: bool,
    /// What is wrong. It is an error only if every execution of the function reaches it.
    pub(crate) finding: Finding,
}

/// The flaws of all functions, in the order of the binary.
pub(crate) fn findings(input: &Input<'_>, nesting: Nesting) -> Result<Vec<Found>, Error> {
    let mut findings = Vec::new();
    for body in &input.bodies {
        let flaws = analyse(input, body, nesting)?;
        let is_certain = |flaw: &Flaw| flaw.severity == Severity::Error && flaw.kind.is_some();
        let reached = if flaws.iter().any(is_certain) { certain_calls(input, body) } else { BTreeSet::new() };
        for mut flaw in flaws {
            let certain = is_certain(&flaw);
            if certain && !reached.contains(&flaw.offset) {
                flaw.severity = Severity::Warning;
            }
            findings.push(Found { certain, finding: flaw.finding(input, body.index) });
        }
    }
    Ok(findings)
}

impl Flaw {
    fn finding(self, input: &Input<'_>, function: u32) -> Finding {
        let Flaw { severity, kind, intrinsic, mut message, offset, opened } = self;
        let place = input.place(function, offset);
        if let Some(opened) = opened.filter(|opened| *opened != offset) {
            let at = match input.source.line(opened) {
                Some(line) => line.to_string(),
                None => format!("offset {opened:#x}"),
            };
            message = format!("{message}; it was opened at {at}");
        }
        let error = match kind {
            Some(kind) => Error::Violation { kind, message: format!("{}: {message}", intrinsic.name()), place },
            None => Error::LeftOpen { message, place },
        };
        Finding { severity, error }
    }
}

/// The flaws of a function, sorted by offset.
pub(crate) fn analyse(input: &Input<'_>, body: &Body<'_>, nesting: Nesting) -> Result<Vec<Flaw>, Error> {
    let Some(calls) = &body.calls else { return Ok(Vec::new()) };
    if !uses_regions(input, body) {
        return Ok(Vec::new());
    }
    let Some(graph) = read::graph(input, body, calls)? else { return Ok(Vec::new()) };
    let solution = solve(&graph, nesting);
    Ok(solution.map(|solution| judge::flaws(&graph, &solution, nesting)).unwrap_or_default())
}

/// Solves a graph, a second time if handles were used that had become uncertain: their regions are then given up where
/// that happened.
fn solve(graph: &Graph, nesting: Nesting) -> Option<Solution> {
    let first = Solution::compute(graph, nesting, Regions::NONE)?;
    if first.uses.uncertain.is_empty() {
        return Some(first);
    }
    // Which handles are uncertain does not depend on how regions stand: it is the same the second time.
    Solution::compute(graph, nesting, first.uses.uncertain)
}
