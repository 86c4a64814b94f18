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

mod executor;

use linmem::Safety;
use linmem_codegen::planted::{Bug, plant};
use linmem_host::wasmtime::{Trap, Val, ValType};
use linmem_proofs::module::Module;
use linmem_proofs::smt::Solver;
use linmem_proofs::theorem::{Counterexample, Outcome, Proof, Theorem, Verdict, prove};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;
use support::host::{Running, State, violation};
use support::testfile::TestFile;

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

/// A module of a file: its text, and how it is linked.
struct Case {
    text: String,
    representation: String,
    level: Safety,
    file: TestFile,
}

impl Case {
    /// All cases of a file.
    fn all(path: &Path) -> Vec<Case> {
        let file = TestFile::read(path).unwrap_or_else(|message| panic!("{}: {message}", path.display()));
        let mut texts = vec![file.text.clone()];
        let lines = |key: &str| {
            let key = format!(";; {key}: ");
            file.text.lines().filter_map(|line| Some(line.strip_prefix(&key)?.to_string())).collect::<Vec<_>>()
        };
        for line in lines("each") {
            let replaced = |text: &String, case: &str| {
                case.split_whitespace().fold(text.clone(), |text, pair| {
                    let (name, value) = pair.split_once('=').expect("a placeholder has a value");
                    text.replace(&format!("<{name}>"), value)
                })
            };
            texts = texts
                .iter()
                .flat_map(|text| line.split('|').map(|case| replaced(text, case)).collect::<Vec<_>>())
                .collect();
        }
        let levels: Vec<Safety> = match &lines("levels")[..] {
            [line] => line.split_whitespace().map(|word| word.parse().unwrap()).collect(),
            _ => vec![Safety::Spatial],
        };
        let mut cases = Vec::new();
        for representation in
            if file.representations.is_empty() { vec!["i32".into()] } else { file.representations.clone() }
        {
            for level in &levels {
                for text in &texts {
                    let text = support::testfile::expand(text, &representation);
                    cases.push(Case {
                        text,
                        representation: representation.clone(),
                        level: *level,
                        file: file.clone(),
                    });
                }
            }
        }
        cases
    }

    fn link(&self, bug: Option<Bug>) -> Vec<u8> {
        let config = self.file.config.clone().with_safety(self.level);
        plant(bug);
        let linked = linmem::link(&support::parse(&self.text), &config);
        plant(None);
        linked.unwrap_or_else(|error| panic!("{error}\n{}", self.text))
    }

    fn theorems(&self) -> Vec<Theorem> {
        Theorem::read(&self.text).unwrap_or_else(|error| panic!("{error}\n{}", self.text))
    }

    fn prove(&self, solver: &Solver, linked: &[u8], theorem: &Theorem) -> Vec<Proof> {
        prove(solver, linked, theorem).unwrap_or_else(|error| {
            let text = linmem::wat::print(linked).unwrap();
            panic!("{} {:?}, ${}: {error}\n{text}", self.representation, self.level, theorem.function)
        })
    }
}

/// A module in which an instruction of a function is another one: `i64.gt_u #2 -> i64.ge_u` changes the second such line.
fn changed(linked: &[u8], function: &str, (from, to): &(String, String)) -> Option<Vec<u8>> {
    let text = linmem::wat::print(linked).unwrap();
    let (from, number) = from.split_once('#').unwrap_or((from, "1"));
    let number: usize = number.trim().parse().unwrap();
    let heads = [format!("(func ${function} "), format!("(func $linmem.{function} ")];
    let start = heads.iter().find_map(|head| text.find(&head[..]))?;
    let end = start + text[start..].find("\n  )")?;
    let body = &text[start..end];
    let (at, line) = body
        .lines()
        .scan(start, |at, line| {
            let here = *at;
            *at += line.len() + 1;
            Some((here, line))
        })
        .filter(|(_, line)| line.trim() == from.trim())
        .nth(number - 1)?;
    Some(support::parse(&format!("{}{to}{}", &text[..at], &text[at + line.len()..])))
}

/// A module whose globals begin with the values of a counterexample.
fn with_globals(linked: &[u8], found: &Counterexample) -> Vec<u8> {
    let mut text = linmem::wat::print(linked).unwrap();
    for (name, value) in found.values.iter().filter_map(|(name, value)| Some((name.strip_prefix('@')?, value))) {
        let global = format!("(global $linmem.{name} ");
        let Some(start) = text.find(&global) else { continue };
        let end = start + text[start..].find('\n').unwrap();
        let line = &text[start..end];
        let at = line.rfind(".const ").unwrap() + ".const ".len();
        let line = format!("{}{value})", &line[..at]);
        text.replace_range(start..end, &line);
    }
    support::parse(&text)
}

/// What a module does with the values of a counterexample.
fn run(linked: &[u8], found: &Counterexample) -> Outcome {
    let mut running = Running::new(&with_globals(linked, found), State::default());
    running.store.set_fuel(FUEL).unwrap();
    let (export, operands) = &found.call;
    let function =
        running.instance.get_func(&mut running.store, export).unwrap_or_else(|| panic!("no export {export}"));
    let ty = function.ty(&running.store);
    let operands: Vec<Val> = ty
        .params()
        .zip(operands)
        .map(|(ty, value)| match ty {
            ValType::I64 => Val::I64(*value as i64),
            _ => Val::I32(*value as i32),
        })
        .collect();
    let number = |result: &Val| match result {
        Val::I32(value) => Some(u128::from(*value as u32)),
        Val::I64(value) => Some(u128::from(*value as u64)),
        _ => None,
    };
    match running.call(export, &operands) {
        Ok(results) => Outcome::Returns(results.iter().filter_map(number).collect()),
        Err(error) => Outcome::Traps(violation(&error).unwrap_or_else(|| match error.downcast_ref::<Trap>() {
            Some(Trap::MemoryOutOfBounds) => "memory".to_string(),
            other => format!("{other:?}"),
        })),
    }
}

/// The fuel of a call: a loop may run for long, and filling the memory consumes some for each byte.
const FUEL: u64 = 1 << 33;

/// How wasmtime confirms a counterexample: the module does what the executor says, and thus violates the claim; or, if the
/// executor only knows a loop by its invariants, the module does something else than the one without the change.
fn confirmation(linked: &[u8], right: &[u8], found: &Counterexample) -> Option<String> {
    if !found.is_new || !Module::read(linked).unwrap().exports.contains_key(&found.call.0) {
        return None;
    }
    let outcome = run(linked, found);
    if found.outcome != Outcome::Unclear {
        assert_eq!(outcome, found.outcome, "wasmtime does not confirm {found}");
        return Some("confirmed by wasmtime".to_string());
    }
    let expected = run(right, found);
    (outcome != expected).then(|| format!("confirmed by wasmtime: {outcome:?}, and without the change {expected:?}"))
}

/// The first claim that is refuted.
fn refuted(proofs: Vec<Proof>) -> Option<(String, Counterexample)> {
    proofs.into_iter().find_map(|proof| match proof.verdict {
        Verdict::Refuted(found) => Some((proof.claim, *found)),
        _ => None,
    })
}

/// The number of counterexamples that are looked for until wasmtime confirms one.
const MAX_TRIES: usize = 2;

/// Looks for a case in which a theorem is refuted, if possible one that wasmtime can confirm. Whether it does.
fn expect_refuted(
    what: &str,
    solver: &Solver,
    cases: &[Case],
    number: usize,
    module: impl Fn(&Case, &Theorem) -> Option<Vec<u8>>,
) -> bool {
    let (mut unconfirmed, mut applies, mut number_of_tries) = (None, false, 0);
    for case in cases {
        let theorem = &case.theorems()[number];
        let Some(linked) = module(case, theorem) else { continue };
        applies = true;
        let Some((claim, found)) = refuted(case.prove(solver, &linked, theorem)) else { continue };
        let line = format!("{what}: not `{claim}` in {} {:?}\n      {found}", case.representation, case.level);
        if let Some(how) = confirmation(&linked, &case.link(None), &found) {
            support::show(&format!("{line}\n      {how}"));
            return true;
        }
        if number_of_tries == MAX_TRIES {
            unconfirmed.get_or_insert(line);
            break;
        }
        number_of_tries += 1;
        unconfirmed.get_or_insert(line);
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
        support::show(&format!("{name} ${}: {} claims in {time:.1?}", theorem.function, claims.len()));
        let _ = writeln!(golden, "${}: {}", theorem.function, theorem.title);
        let mut refuted_with: Vec<&str> = theorem.planted.iter().map(|bug| &bug[..]).collect();
        let mut confirmed = false;
        for bug in &theorem.planted {
            let known = Bug::ALL.iter().find(|known| format!("{known:?}") == *bug);
            let known = known.unwrap_or_else(|| panic!("{bug} is not a bug"));
            confirmed |= expect_refuted(bug, &solver, &cases, number, |case, _| Some(case.link(Some(*known))));
        }
        for neighbour in 0..theorem.neighbours.len() {
            let (from, to) = &theorem.neighbours[neighbour];
            let what = format!("`{from}` -> `{to}`");
            confirmed |= expect_refuted(&what, &solver, &cases, number, |case, theorem| {
                changed(&case.link(None), &theorem.function, &theorem.neighbours[neighbour])
            });
            refuted_with.push(from);
        }
        let _ = writeln!(golden, "  {} claims; refuted with {}", claims.len(), refuted_with.join(", "));
        assert!(
            confirmed || theorem.call.is_none(),
            "{name}: wasmtime confirms no counterexample to ${}",
            theorem.function
        );
        assert!(
            !(theorem.planted.is_empty() && theorem.neighbours.is_empty()),
            "{name}: nothing shows that a claim about ${} can be refuted",
            theorem.function
        );
    }
    let _guard = support::goldens("proofs");
    insta::assert_snapshot!(name, golden);
}

macro_rules! theorems {
    ($($name:ident,)+) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })+

        #[test]
        fn every_file_is_proved() {
            let files = support::files(&support::root().join("tests/proofs"), "wat");
            let names: Vec<_> = files.iter().map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect();
            let mut known = vec![$(stringify!($name)),+];
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
}
