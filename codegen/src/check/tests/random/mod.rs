//! Generated programs: compares the findings with the results of all possible executions.
//!
//! - An error is a misuse in every execution that reaches the instruction.
//! - A misuse in some execution is found, unless the handle was uncertain where it was used, or a region was closed by
//!   an uncertain handle. These exceptions are counted, so that they cannot hide regressions.
//! - A warning is a misuse in some execution, with few exceptions.

mod program;
mod run;

use super::{labels, module, parse, render};
use crate::check::graph::{Graph, Step};
use crate::check::regions::Regions;
use crate::check::solve::Solution;
use crate::check::state::Slot;
use crate::check::throws::Throws;
use crate::check::transfer::Uses;
use crate::check::{analyse, read};
use linmem_allocator::Nesting;
use linmem_intrinsics::Violation;
use program::{Generator, Style};
use run::{Execution, Wrong};
use std::collections::BTreeSet;

const PROGRAMS: u64 = 2000;

/// The counts over all programs.
#[derive(Debug, Default)]
struct Seen {
    errors: usize,
    warnings: usize,
    /// Warnings without a misuse in any execution that was tried.
    unfounded: usize,
    /// Misuses that were found.
    found: usize,
    /// Misuses that were not found, for an accepted reason.
    excused: usize,
    /// Programs with at least two regions and no misuse; `alarmed` counts those of them with a warning.
    right: usize,
    alarmed: usize,
}

#[test]
fn findings_match_all_executions() {
    for &nesting in Nesting::ALL {
        for style in [Style::Wild, Style::Tidy] {
            let mut seen = Seen::default();
            for seed in 0..PROGRAMS {
                compare(seed, style, nesting, &mut seen);
            }
            let context = format!("{nesting}, {style:?}: {seen:?}");
            println!("{context}");
            assert!(seen.errors > 200 && seen.warnings > 50 && seen.found > 4000, "{context}");
            assert!(seen.excused * 4 < seen.found, "{context}");
            assert!(seen.unfounded * 20 < seen.warnings, "{context}");
            assert!(style == Style::Wild || nesting == Nesting::Forbid || seen.right > 500, "{context}");
            assert!(style == Style::Wild || seen.alarmed * 50 < seen.right, "{context}");
        }
    }
}

/// The limits of the analysis' knowledge, as it states them.
struct Unknown {
    /// The `new`s whose region may have been closed by an uncertain handle.
    lost: BTreeSet<String>,
    /// The `new`s whose region of an earlier iteration may have been closed by an uncertain handle.
    stale: BTreeSet<String>,
    /// The uses of handles that are certain.
    certain: BTreeSet<String>,
}

fn compare(seed: u64, style: Style, nesting: Nesting, seen: &mut Seen) {
    let program = Generator::new(seed, style).program();
    let mut text = String::new();
    program::write(&mut text, &program);
    let bytes = module(&format!("(func (param i32) (local i32 i32 i32) {text})"));
    let source = super::read(&bytes);
    let input = parse(&source);
    let [body] = input.bodies.as_slice() else { panic!("one function") };
    let labels = labels(&input, body);
    let flaws = analyse(&input, body, nesting).unwrap();
    let lines: BTreeSet<String> = flaws.iter().map(|flaw| render(&labels, flaw)).collect();
    let Some(calls) = &body.calls else { return };
    let Some(graph) = read::graph(&input, body, calls, &Throws::default(), read::How::Plain).unwrap() else { return };
    let unknown = unknown(&graph, nesting, |offset| labels[&offset].clone());
    let executions = run::all(&program, nesting);
    let context = format!("seed {seed}, {style:?}, {nesting}: {text}{lines:#?}");

    for execution in &executions {
        for wrong in &execution.wrong {
            if is_found(&lines, wrong, nesting) {
                seen.found += 1;
            } else {
                assert!(is_excused(&unknown, wrong), "{:?} at {} is not found: {context}", wrong.kind, wrong.at);
                seen.excused += 1;
            }
        }
    }
    let is_right = executions.iter().all(|run| run.wrong.is_empty()) && graph.regions.len() > 1;
    seen.right += usize::from(is_right);
    seen.alarmed += usize::from(is_right && !flaws.is_empty());
    for flaw in &flaws {
        let line = render(&labels, flaw);
        let at = &labels[&flaw.offset];
        if line.starts_with("error") {
            seen.errors += 1;
            let counterexample = executions.iter().find(|run| !always(run, at, flaw.kind));
            assert!(counterexample.is_none(), "{line} is not always wrong: {context}");
        } else {
            seen.warnings += 1;
            let founded = executions.iter().flat_map(|run| &run.wrong).any(|wrong| match flaw.kind {
                Some(_) => wrong.kind == flaw.kind && wrong.at == *at,
                None => wrong.kind.is_none() && (wrong.at == *at || wrong.about[0].superseded),
            });
            seen.unfounded += usize::from(!founded);
        }
    }
}

/// Whether an error holds in an execution.
fn always(run: &Execution, at: &str, kind: Option<Violation>) -> bool {
    match kind {
        Some(_) => run.made.iter().all(|(made, wrong)| made != at || *wrong),
        // The last region that was opened there is open at the end.
        None => {
            let last = run.regions.iter().rev().find(|region| region.site == at);
            !run.has_left || last.is_none_or(|region| region.open && !region.handed)
        }
    }
}

fn is_found(lines: &BTreeSet<String>, wrong: &Wrong, nesting: Nesting) -> bool {
    let at = &wrong.at;
    match wrong.kind {
        Some(kind) => lines.iter().any(|line| {
            line.contains(&format!("{} at {at} ", kind.name())) || line.ends_with(&format!("{} at {at}", kind.name()))
        }),
        None => {
            let site = &wrong.about[0].site;
            let everywhere = lines.contains(&format!("error Open at {site} of {site}"));
            let here = lines.contains(&format!("warning Open at {at} of {site}"));
            let turn = lines.contains(&format!("warning Open at {site} of {site}"))
                || nesting == Nesting::Forbid && lines.iter().any(|line| line.contains(&format!("Nested at {site} ")));
            everywhere || here || wrong.about[0].superseded && turn
        }
    }
}

/// Whether the analysis has an accepted reason for not finding a misuse.
fn is_excused(unknown: &Unknown, wrong: &Wrong) -> bool {
    let lost = |site: &String| unknown.lost.contains(site);
    match wrong.kind {
        Some(Violation::Nested) => wrong.about.iter().all(|outer| lost(&outer.site) || outer.superseded),
        Some(Violation::NotInnermost) => {
            let [used, inner @ ..] = wrong.about.as_slice() else { return false };
            !unknown.certain.contains(&wrong.at)
                || lost(&used.site)
                || inner.iter().all(|inner| lost(&inner.site) || inner.superseded)
        }
        Some(_) => !unknown.certain.contains(&wrong.at) || wrong.about.iter().any(|used| lost(&used.site)),
        None => {
            wrong.about.iter().any(|left| lost(&left.site) || left.superseded && unknown.stale.contains(&left.site))
        }
    }
}

fn unknown(graph: &Graph, nesting: Nesting, label: impl Fn(usize) -> String) -> Unknown {
    let solution = Solution::compute(graph, nesting, Regions::NONE).unwrap();
    let sites = |regions: Regions| regions.iter().filter_map(|region| graph.opened(region)).map(&label).collect();
    let mut certain = BTreeSet::new();
    for (leader, state) in (0..).zip(&solution.states) {
        let Some(state) = state else { continue };
        let mut state = state.clone();
        for step in graph.steps_from(leader) {
            match *step {
                Step::Stop => break,
                Step::Free { at, offset } | Step::Allocate { at, offset, .. }
                    if state.get(Slot::Stack(at)).is_some_and(|held| held.region().is_some()) =>
                {
                    certain.insert(label(offset));
                }
                _ => {}
            }
            state.apply(step, &mut Uses::default());
        }
    }
    Unknown { lost: sites(solution.uses.uncertain), stale: sites(solution.uses.stale), certain }
}
