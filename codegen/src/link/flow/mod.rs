//! What can be said of a program's regions without running it: the findings of a data-flow analysis.
//!
//! The input is a function of the module that is linked, before anything is lowered. `build` walks it once, beside
//! wasmparser's validator, and keeps what matters: where handles of regions come from, move and are consumed, and
//! where control goes. `solve` computes for every leader (an instruction that control comes to from elsewhere) what
//! holds on the ways to it, and `judge` goes over every instruction that can be reached once and reports.
//!
//! ```text
//!   regions   a set of regions
//!   graph     steps, leaders and branches: the function as the analysis has it
//!   handlers  where an exception goes
//!   frames    the control structures around an instruction
//!   build     from instructions to the graph
//!   control   the same for control structures and branches
//!   state     what is known at one place: which slot holds which handle, and how regions stand
//!   transfer  what a step does to a state
//!   solve     the least states that agree with every branch
//!   judge     the findings
//! ```
//!
//! A region is a call of `MemoryAllocator.new`, or a parameter that is closed or allocated from and never assigned. What
//! is said is said of regions whose handle this function knows: a handle that went elsewhere (to a call, to memory, to
//! the caller) may be closed there, so that nothing is concluded from its not being closed here.
//!
//! A certain finding holds on every way through the function's text that reaches the instruction; that some of these
//! ways may be barred by what the program computes is not looked at. Functions beyond a bound on the work, which no
//! compiler writes, have no findings.

mod build;
mod control;
mod frames;
mod graph;
mod handlers;
mod judge;
mod regions;
mod solve;
mod state;
#[cfg(test)]
#[cfg(feature = "text")]
mod tests;
mod transfer;

use crate::code::FunctionRef;
use crate::error::{Error, Finding, Severity};
use crate::link::reach::certain_calls;
use crate::link::scan::{Body, Input};
use graph::Graph;
use linmem_allocator::Nesting;
use linmem_intrinsics::{Intrinsic, Operation, Violation};
use regions::Regions;
use solve::Solution;
use std::collections::BTreeSet;

/// Something that is wrong with a use of a region, or may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Whether it is certain.
    pub(super) severity: Severity,
    /// What the use violates; nothing if a region is left open.
    pub(super) kind: Option<Violation>,
    /// The intrinsic that is used; `MemoryAllocator.new` if a region is left open.
    pub(super) intrinsic: Intrinsic,
    /// What is wrong, as a sentence.
    pub(super) message: String,
    /// The offset of the instruction in the binary.
    pub(super) offset: usize,
    /// The offset of the call that opened the region that the message speaks of, if this function opened it. It can be
    /// `offset` itself.
    pub(super) opened: Option<usize>,
}

/// A flaw, as a finding.
pub(super) struct Found {
    /// Whether it is a use that is wrong whenever it is reached.
    pub(super) certain: bool,
    /// What is wrong. It is an error only if every execution of the function reaches it.
    pub(super) finding: Finding,
}

/// The flaws of all functions, in the order of the binary.
pub(super) fn findings(input: &Input<'_>, nesting: Nesting) -> Result<Vec<Found>, Error> {
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
            message = format!("{message}: it was opened at {at}");
        }
        let error = match kind {
            Some(kind) => Error::Violation { kind, message: format!("{}: {message}", intrinsic.name()), place },
            None => Error::LeftOpen { message, place },
        };
        Finding { severity, error }
    }
}

/// The flaws of a function, sorted by offset.
pub(super) fn analyse(input: &Input<'_>, body: &Body<'_>, nesting: Nesting) -> Result<Vec<Flaw>, Error> {
    let Some(calls) = &body.calls else { return Ok(Vec::new()) };
    if !uses_regions(input, body) {
        return Ok(Vec::new());
    }
    let Some(graph) = build::graph(input, body, calls)? else { return Ok(Vec::new()) };
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

/// Whether an operation allocates from the region whose handle is its first operand.
fn allocates(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Allocate | Operation::AllocateAligned | Operation::ReadToEnd | Operation::Args | Operation::Environ
    )
}

/// Whether a function refers to an intrinsic that opens or closes regions or allocates. Most do not, and need no graph.
fn uses_regions(input: &Input<'_>, body: &Body<'_>) -> bool {
    body.references.iter().any(|reference| match reference.target {
        FunctionRef::Program(function) => input.imports.intrinsic(function).is_some_and(|signature| {
            let operation = signature.intrinsic.operation();
            matches!(operation, Operation::Open | Operation::Close) || allocates(operation)
        }),
        _ => false,
    })
}
