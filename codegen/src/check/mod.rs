//! Static findings about a program's regions, from a data-flow analysis.
//!
//! The input is a function of the module that is linked, before lowering. `read` walks it once, together with
//! wasmparser's validator, and keeps the relevant parts: where handles of regions are created, moved and consumed, and
//! how control is transferred. `solve` computes, for every leader (an instruction that control is transferred to), a
//! state that holds on all paths to it. `judge` visits every reachable instruction once and reports.
//!
//! ```text
//!   regions   a set of regions
//!   graph     steps, leaders and branches: the representation of a function
//!   handlers  the targets of exceptions
//!   frames    the control structures around an instruction
//!   read      builds the graph from instructions
//!   walk      the state of reading a function
//!   control   the same for control structures and branches
//!   state     the abstract state at one place: which slot holds which handle, and which regions are open
//!   transfer  the effects of steps on states
//!   solve     the least states that are consistent with every branch
//!   flaw      a misuse of a region, and the finding about it
//!   judge     the findings
//!   throws    the functions that may throw
//!   uses      the functions that use regions
//!   facts     which regions are open where exceptions may be thrown
//!   backward  backward data flow
//!   decide    the regions that exceptions close
//!   homes     the locals that hold their handles
//!   release   what lowering adds to functions so that exceptions close regions
//!   segments  where the segments of a function go
//!   follow    follows segments through instructions, and through the parameters of functions
//!   confined  the regions that could be parts of static frames
//! ```
//!
//! A region is a call of `MemoryAllocator.new`, or a parameter that is closed or allocated from and never assigned. A
//! handle that escapes (to a call, to memory, to the caller) may be closed elsewhere, so the analysis concludes nothing
//! from the fact that this function does not close it.
//!
//! A definite finding holds on every path in the control-flow graph that reaches the instruction. The analysis does not
//! examine which of these paths the program's values exclude. Functions that exceed a bound on the work have no
//! findings; no compiler emits such functions.

mod backward;
mod confined;
mod control;
mod decide;
mod facts;
mod flaw;
mod follow;
mod frames;
mod graph;
mod handlers;
mod homes;
mod judge;
mod read;
mod regions;
mod release;
mod segments;
mod solve;
mod state;
#[cfg(test)]
#[cfg(feature = "text")]
mod tests;
mod throws;
mod transfer;
mod uses;
mod walk;

use crate::error::{Error, Finding, Severity};
use crate::link::input::{Body, Input};
use crate::link::reach::certain_calls;
pub(crate) use confined::{Allocation, Checked, Confined, Own, confined};
use flaw::Flaw;
pub(crate) use follow::Escapes;
pub(crate) use graph::Callee;
use graph::Graph;
pub(crate) use homes::Close;
use linmem_allocator::{Nesting, Unwind};
use read::How;
use regions::Regions;
pub(crate) use release::{Release, Releases};
use solve::Solution;
use std::collections::BTreeSet;
pub(crate) use throws::Throws;
use uses::uses_regions;

/// A flaw, converted to a finding.
pub(crate) struct Found {
    /// Whether every execution of the use is a violation.
    pub(crate) certain: bool,
    /// The finding. It is an error only if every execution of the function reaches it.
    pub(crate) finding: Finding,
}

/// The flaws of all functions, in the order of the binary.
pub(crate) fn findings(input: &Input<'_>, nesting: Nesting, unwind: Unwind) -> Result<Vec<Found>, Error> {
    let throws = Throws::of(input);
    let releases = match unwind {
        Unwind::Release => Releases::compute(input, &throws, nesting)?,
        Unwind::Program => Releases::default(),
    };
    let mut findings = Vec::new();
    for body in &input.bodies {
        let flaws = match releases.graph(body.index) {
            Some((graph, released)) => judged(graph, nesting, judge::Exceptions::Reported { released }),
            None if throws.has_exceptions => {
                let exceptions = judge::Exceptions::Reported { released: Regions::NONE };
                flaws(input, body, &throws, nesting, exceptions)?
            }
            None => flaws(input, body, &throws, nesting, judge::Exceptions::Unreported)?,
        };
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

/// The flaws of a function, sorted by offset. Calls that may throw over an open region are not reported.
#[cfg(test)]
#[cfg(feature = "text")]
fn analyse(input: &Input<'_>, body: &Body<'_>, nesting: Nesting) -> Result<Vec<Flaw>, Error> {
    flaws(input, body, &Throws::default(), nesting, judge::Exceptions::Unreported)
}

/// The flaws of a function, sorted by offset.
fn flaws(
    input: &Input<'_>,
    body: &Body<'_>,
    throws: &Throws,
    nesting: Nesting,
    exceptions: judge::Exceptions,
) -> Result<Vec<Flaw>, Error> {
    let Some(calls) = &body.calls else { return Ok(Vec::new()) };
    if !uses_regions(input, body) {
        return Ok(Vec::new());
    }
    // A builder knows which functions throw, and writes handlers accordingly.
    let how = if input.source.is_built() { How::Precise } else { How::Plain };
    let Some(graph) = read::graph(input, body, calls, throws, how)? else { return Ok(Vec::new()) };
    Ok(judged(&graph, nesting, exceptions))
}

fn judged(graph: &Graph, nesting: Nesting, exceptions: judge::Exceptions) -> Vec<Flaw> {
    let solution = Solution::of(graph, nesting);
    solution.map(|solution| judge::flaws(graph, &solution, nesting, exceptions)).unwrap_or_default()
}
