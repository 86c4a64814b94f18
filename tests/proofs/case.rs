//! The cases of a file: how it is linked, and how the linked code is changed.

use crate::support;
use crate::support::testfile::TestFile;
use linmem::Safety;
use linmem_codegen::planted::{Bug, plant};
use linmem_proofs::prove::{Proof, prove_until};
use linmem_proofs::refute::Counterexample;
use linmem_proofs::smt::Solver;
use linmem_proofs::theorem::Theorem;
use std::path::Path;

/// A module of a file: its text, and how it is linked.
pub(crate) struct Case {
    pub(crate) text: String,
    pub(crate) representation: String,
    pub(crate) level: Safety,
    file: TestFile,
}

impl Case {
    /// All cases of a file.
    pub(crate) fn all(path: &Path) -> Vec<Case> {
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

    pub(crate) fn link(&self, bug: Option<Bug>) -> Vec<u8> {
        let config = self.file.config.clone().with_safety(self.level);
        plant(bug);
        let linked = linmem::link(&support::parse(&self.text), &config);
        plant(None);
        linked.unwrap_or_else(|error| panic!("{error}\n{}", self.text))
    }

    pub(crate) fn theorems(&self) -> Vec<Theorem> {
        Theorem::read(&self.text).unwrap_or_else(|error| panic!("{error}\n{}", self.text))
    }

    pub(crate) fn prove(&self, solver: &Solver, linked: &[u8], theorem: &Theorem) -> Vec<Proof> {
        self.prove_until(solver, linked, theorem, &mut |_| false)
    }

    /// Proves claims until a counterexample is accepted.
    pub(crate) fn prove_until(
        &self,
        solver: &Solver,
        linked: &[u8],
        theorem: &Theorem,
        accept: &mut dyn FnMut(&Counterexample) -> bool,
    ) -> Vec<Proof> {
        prove_until(solver, linked, theorem, accept).unwrap_or_else(|error| {
            let text = linmem::wat::print(linked).unwrap();
            panic!("{} {:?}, ${}: {error}\n{text}", self.representation, self.level, theorem.function)
        })
    }
}

/// A module in which an instruction of a function is another one: `i64.gt_u #2 -> i64.ge_u` changes the second such line.
pub(crate) fn changed(linked: &[u8], function: &str, (from, to): &(String, String)) -> Option<Vec<u8>> {
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
