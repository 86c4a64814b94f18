//! Confirms counterexamples: in the state of the counterexample, the assumptions hold before a run in wasmtime, and a claim does
//! not hold after it. In the same state, the code without the change must not violate a claim.

use crate::instance::{Observation, Setting};
use crate::support::host::Limits;
use linmem_proofs::concrete::{Run, violated};
use linmem_proofs::module::Module;
use linmem_proofs::refute::{Counterexample, Outcome};
use linmem_proofs::term::Sort;
use linmem_proofs::theorem::Theorem;
use linmem_proofs::value::Value;

/// The hosts that run a counterexample: whether all growth is refused, and which calls of `memory.grow` are.
const HOSTS: [(bool, &[usize], &str); 3] =
    [(false, &[], ""), (true, &[], ", if memory.grow fails"), (false, &[0], ", if memory.grow fails once")];

/// The claim that a run violates, for the byte of the counterexample or for another one: claims are about all bytes.
fn judge(module: &Module<'_>, theorem: &Theorem, found: &Counterexample, run: &Run) -> Result<String, String> {
    let first = violated(module, theorem, &found.assignment, run).map_err(|error| error.to_string());
    let Some(Value::Number(sort, _)) = found.assignment.get("byte").filter(|_| first.is_err()) else { return first };
    let edges = run.accesses.iter().rev().take(2).flat_map(|(at, bytes)| [*at, at + bytes - 1]);
    let numbers = run.after.globals.iter().flatten().flat_map(|value| [*value, value.wrapping_sub(1)]);
    let sets = theorem.plan.sets.keys();
    for byte in edges.chain(numbers) {
        for member in sets.clone().map(Some).chain([None]) {
            let mut assignment = found.assignment.clone();
            assignment.insert("byte".to_string(), Value::Number(*sort, byte));
            if let Some(set) = member {
                assignment.insert(format!("{set}({byte})"), Value::Number(Sort::Bool, 1));
            }
            if let Ok(claim) = violated(module, theorem, &assignment, run) {
                return Ok(format!("{claim}` with byte = `{byte}"));
            }
        }
    }
    first
}

/// Why a run violates no claim.
fn because(error: String, run: &Run) -> String {
    let mut calls: Vec<_> = run.calls.iter().map(|name| format!("${name}")).collect();
    calls.sort();
    if calls.is_empty() { error } else { format!("{error}, which calls {} (opaque)", calls.join(" and ")) }
}

/// Why wasmtime cannot confirm any counterexample to a theorem.
pub(crate) fn obstacle(linked: &[u8], theorem: &Theorem) -> Option<String> {
    Setting::new(linked, theorem).err()
}

/// How wasmtime confirms a counterexample, or why it does not.
pub(crate) fn confirmation(
    linked: &[u8],
    right: &[u8],
    theorem: &Theorem,
    found: &Counterexample,
) -> Result<String, String> {
    if !found.is_new {
        return Err("the solver finds no state that an instance can have".to_string());
    }
    let (changed, right) = (Setting::new(linked, theorem)?, Setting::new(right, theorem)?);
    let (mut reason, mut outcomes) = (None, Vec::new());
    for (refuses_all, refused, host) in HOSTS {
        let limits = || {
            let pages = if refuses_all { found.pages as usize } else { Limits::default().pages };
            Limits { pages, refused: refused.to_vec(), grows: 0 }
        };
        let mut may_differ = false;
        let claim = changed.run(found, limits()).and_then(|Observation { outcome, run, grows }| {
            may_differ = grows > 0;
            outcomes.push(outcome);
            let claim = judge(&changed.module, theorem, found, &run);
            claim.map_err(|error| because(error, &run))
        });
        match claim {
            Ok(claim) => {
                // The theorem is proved about the code without the change.
                if let Ok(Observation { run, .. }) = right.run(found, limits())
                    && let Ok(claim) = judge(&right.module, theorem, found, &run)
                {
                    panic!("without the change, wasmtime violates the proved claim `{claim}`: {found}\n{run:?}");
                }
                let outcome = outcomes.last().unwrap();
                return Ok(format!("confirmed by wasmtime{host}: {outcome:?} violates `{claim}`"));
            }
            Err(why) => drop(reason.get_or_insert(why)),
        }
        if !may_differ {
            break;
        }
    }
    // A host that a program names reaches the state that the executor speaks of. The executor does not know other memories.
    if theorem.call.is_some() && found.outcome != Outcome::Unclear && theorem.plan.memory == 0 {
        let is_same = |outcome: &Outcome| match (outcome, &found.outcome) {
            // The export may return something else than the function.
            (Outcome::Returns(a), Outcome::Returns(b)) if a.len() != b.len() => true,
            (a, b) => a == b,
        };
        assert!(outcomes.iter().any(is_same), "wasmtime does {outcomes:?} for {found}");
    }
    Err(reason.unwrap_or_default())
}
