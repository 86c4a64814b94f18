//! What is proved about the code that linmem emits: see docs/proofs.md. Each file of tests/proofs has theorems about functions
//! of a module, which is linked for each representation and safety level that the file lists, in each case of its placeholders.
//! With each planted bug, and with each change of the linked code, a theorem must be refuted; wasmtime confirms the
//! counterexample.
//!
//! ```text
//! ;; levels: spatial temporal          the safety levels, if not only `spatial`
//! ;; each: G=getInt B=4 | G=getLong B=8     the cases; `<G>` is replaced. Several lines give all combinations
//! ```
//!
//! The other lines are those of `linmem_proofs::theorem` and of filetests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod case;
mod confirm;
mod equal;
mod executor;
mod false_claims;
mod graphs;
mod instance;
mod observe;
mod times;

use case::{Case, changed};
use confirm::{confirmation, obstacle};
use linmem_codegen::planted::Bug;
use linmem_proofs::prove::{Proof, Verdict};
use linmem_proofs::smt::Solver;
use linmem_proofs::theorem::Theorem;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// The solver. If there is none, a line says so, and the test passes unless `LINMEM_NO_SKIPS` is set.
fn solver(what: &str) -> Option<Solver> {
    let found = Solver::find(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap());
    if found.is_none() {
        let why = "z3 is not installed";
        assert!(std::env::var_os("LINMEM_NO_SKIPS").is_none(), "{what}: {why}");
        support::show(&format!("skipped: {what}: {why}"));
    }
    found
}

/// The number of counterexamples that are looked for until wasmtime confirms one: of one case, and the number of cases.
const MAX_TRIES: usize = 6;
const MAX_CASES: usize = 2;

/// Looks for a case in which a theorem is refuted, if possible one that wasmtime can confirm. Whether it does.
fn expect_refuted(
    what: &str,
    solver: &Solver,
    cases: &[Case],
    number: usize,
    module: impl Fn(&Case, &Theorem) -> Option<Vec<u8>>,
) -> bool {
    let (mut unconfirmed, mut applies, mut number_of_cases) = (None, false, 0);
    for case in cases {
        let theorem = &case.theorems()[number];
        let Some(linked) = module(case, theorem) else { continue };
        applies = true;
        let right = case.link(None);
        let obstacle = obstacle(&linked, theorem);
        let mut tries = if obstacle.is_none() { 0 } else { MAX_TRIES };
        let mut confirmed = Err(obstacle.unwrap_or("the solver finds no state that an instance can have".to_string()));
        let proofs = case.prove_until(solver, &linked, theorem, &mut |found| {
            if tries < MAX_TRIES {
                confirmed = confirmation(&linked, &right, theorem, found);
            }
            tries += 1;
            confirmed.is_ok() || tries >= MAX_TRIES
        });
        let is_refuted = |proof: &&Proof| matches!(proof.verdict, Verdict::Refuted(_));
        // An accepted counterexample is the last one.
        let found = if confirmed.is_ok() { proofs.last() } else { proofs.iter().find(is_refuted) };
        let Some(Proof { claim, verdict: Verdict::Refuted(found), .. }) = found else { continue };
        let line = format!("{what}: not `{claim}` in {} {:?}\n      {found}", case.representation, case.level);
        match confirmed {
            Ok(how) => {
                support::show(&format!("{line}\n      {how}"));
                return true;
            }
            Err(why) => drop(unconfirmed.get_or_insert(format!("{line}\n      not confirmed: {why}"))),
        }
        number_of_cases += 1;
        if number_of_cases == MAX_CASES {
            break;
        }
    }
    assert!(applies, "{what} changes nothing of theorem {number}");
    let line = unconfirmed.unwrap_or_else(|| panic!("with {what}, every claim about theorem {number} is proved"));
    support::show(&line);
    false
}

/// Proves all theorems of a file.
fn check(name: &str) {
    let Some(solver) = solver(name) else { return };
    let cases = Case::all(&support::root().join("tests/proofs").join(name).with_extension("wat"));
    let mut golden = String::new();
    let titles = cases[0].theorems();
    for (number, theorem) in titles.iter().enumerate() {
        let mut time = Duration::ZERO;
        let mut claims = Vec::new();
        for case in &cases {
            let theorem = &case.theorems()[number];
            for proof in case.prove(&solver, &case.link(None), theorem) {
                let at =
                    || format!("{} {:?}, ${}: `{}`", case.representation, case.level, theorem.function, proof.claim);
                match &proof.verdict {
                    Verdict::Proven => {}
                    Verdict::Refuted(found) => panic!("{}: {found}\n{}", at(), case.text),
                    Verdict::Unknown(why) => panic!("{}: {why}\n{}", at(), case.text),
                }
                time += proof.time;
                claims.push(proof.claim);
            }
        }
        times::proved(name, &theorem.function, claims.len(), time);
        let _ = writeln!(golden, "${}: {}", theorem.function, theorem.title);
        let mut refuted_with: Vec<&str> = theorem.planted.iter().map(|bug| &bug[..]).collect();
        let mut confirmed = 0;
        for bug in &theorem.planted {
            let known = Bug::ALL.iter().find(|known| format!("{known:?}") == *bug);
            let known = known.unwrap_or_else(|| panic!("{bug} is not a bug"));
            confirmed +=
                usize::from(expect_refuted(bug, &solver, &cases, number, |case, _| Some(case.link(Some(*known)))));
        }
        for neighbour in 0..theorem.neighbours.len() {
            let (from, to) = &theorem.neighbours[neighbour];
            let what = format!("`{from}` -> `{to}`");
            confirmed += usize::from(expect_refuted(&what, &solver, &cases, number, |case, theorem| {
                changed(&case.link(None), &theorem.function, &theorem.neighbours[neighbour])
            }));
            refuted_with.push(from);
        }
        // The golden has no such numbers, since other versions of the solver find other counterexamples.
        let what = format!("{name} ${}", theorem.function);
        support::show(&format!("{what}: wasmtime confirms {confirmed} of {} counterexamples", refuted_with.len()));
        let _ = writeln!(golden, "  {} claims; refuted with {}", claims.len(), refuted_with.join(", "));
        assert!(
            confirmed > 0 || theorem.call.is_none(),
            "{name}: wasmtime confirms no counterexample to ${}",
            theorem.function
        );
        assert!(
            !(theorem.planted.is_empty() && theorem.neighbours.is_empty()),
            "{name}: nothing shows that a claim about ${} can be refuted",
            theorem.function
        );
    }
    times::done(&solver);
    let _guard = support::goldens("proofs");
    insta::assert_snapshot!(name, golden);
}

macro_rules! theorems {
    ($($name:ident,)+) => {
        /// The files of theorems.
        const FILES: &[&str] = &[$(stringify!($name)),+];

        $(#[test]
        fn $name() {
            check(stringify!($name));
        })+

        #[test]
        fn every_file_is_proved() {
            let files = support::files(&support::root().join("tests/proofs"), "wat");
            let names: Vec<_> = files.iter().map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect();
            let mut known = FILES.to_vec();
            known.sort_unstable();
            assert_eq!(names, known);
        }
    };
}

theorems! {
    bounds,
    bulk,
    groups,
    hoist,
    bump,
    refill,
    split,
    close,
    headers,
    frames,
    reserve,
    sizes,
    stores,
    frames_kept,
    split_owners,
    trips,
    rounds,
    rounds_last,
    counted,
    moving,
    facts,
    still_live,
    live,
    text_room,
    malformed,
    list,
    handles,
    allocator,
    stores_between,
    accessors,
    elements,
    array_parts,
    addresses,
    comparisons,
    size,
    text_sizes,
    text_sizes_latin1,
    arrays,
    memories,
    atomics,
}
