//! Smaller problems in place of a large one: a claim about values that depend on the path is split into claims about one path
//! each, and of the assumptions, those are kept that speak of the same iteration of a loop. If all of these are proved, so is
//! the claim; if one is not, nothing is known.

use crate::term::{Node, Op, Pool, Term};
use std::collections::{BTreeMap, BTreeSet};

/// The cases of a claim, at most.
const MAX_CASES: usize = 40;

/// For each case of a claim, formulas that cannot be true together if the claim holds in it.
pub(crate) fn cases(pool: &mut Pool, assumed: &[Term], claim: Term) -> Vec<Vec<Term>> {
    let mut split = Vec::new();
    let (path, holds) = parts(pool, claim);
    let mut pending = vec![(path.into_iter().collect::<Vec<_>>(), holds)];
    while let Some((given, holds)) = pending.pop() {
        match condition(pool, holds) {
            Some(condition) if pending.len() + split.len() < MAX_CASES => {
                for value in [true, false] {
                    let known = pool.bool(value);
                    let case = replace(pool, holds, condition, known);
                    let condition = if value { condition } else { pool.not(condition) };
                    pending.push(([&given[..], &[condition]].concat(), case));
                }
            }
            _ => split.push((given, holds)),
        }
    }
    let assumed: BTreeSet<Term> = assumed.iter().copied().collect();
    let about: Vec<(Term, BTreeSet<Term>, bool)> = assumed
        .into_iter()
        .map(|formula| {
            let (path, holds) = parts(pool, formula);
            let is_invariant = path.is_some() && condition(pool, holds).is_none();
            (formula, variables(pool, holds), is_invariant)
        })
        .collect();
    split
        .into_iter()
        .map(|(given, holds)| {
            let mut known = variables(pool, holds);
            // Invariants speak of one iteration of one loop.
            loop {
                let more = about.iter().filter(|(_, of, is_invariant)| *is_invariant && !of.is_disjoint(&known));
                let all: BTreeSet<Term> = more.flat_map(|(_, of, _)| of).chain(&known).copied().collect();
                if all.len() == known.len() {
                    break;
                }
                known = all;
            }
            let taken: BTreeSet<Term> = given.into_iter().flat_map(|given| conjuncts(pool, given)).collect();
            let kept = about.iter().filter(|(_, of, _)| of.is_subset(&known)).map(|(formula, _, _)| *formula);
            let kept = kept.map(|formula| match parts(pool, formula) {
                (Some(path), holds) if taken.contains(&path) => holds,
                _ => formula,
            });
            let is_near = |term: &&Term| variables(pool, **term).is_subset(&known);
            let mut formulas: Vec<Term> = kept.chain(taken.iter().filter(is_near).copied()).collect();
            formulas.push(pool.not(holds));
            formulas
        })
        .collect()
}

/// A path, and what holds if it is taken.
fn parts(pool: &Pool, formula: Term) -> (Option<Term>, Term) {
    match pool.node(formula) {
        Node::Apply(Op::Or, args) => match pool.node(args[0]) {
            Node::Apply(Op::Not, path) => (Some(path[0]), args[1]),
            _ => (None, formula),
        },
        _ => (None, formula),
    }
}

/// A conjunction, its parts, and theirs.
fn conjuncts(pool: &Pool, term: Term) -> Vec<Term> {
    let (mut all, mut pending) = (Vec::new(), vec![term]);
    while let Some(next) = pending.pop() {
        all.push(next);
        if let Node::Apply(Op::And, args) = pool.node(next) {
            pending.extend(args);
        }
    }
    all
}

fn args(pool: &Pool, term: Term) -> &[Term] {
    match pool.node(term) {
        Node::Apply(_, args) | Node::Unknown(_, args) => args,
        _ => &[],
    }
}

/// All terms that a term is made of.
fn all(pool: &Pool, term: Term) -> BTreeSet<Term> {
    let (mut seen, mut pending) = (BTreeSet::new(), vec![term]);
    while let Some(next) = pending.pop() {
        if seen.insert(next) {
            pending.extend(args(pool, next));
        }
    }
    seen
}

/// The variables that stand for what a loop assigns.
fn variables(pool: &Pool, term: Term) -> BTreeSet<Term> {
    let is_fresh = |term: &Term| matches!(pool.node(*term), Node::Variable(name) if name.contains('#'));
    all(pool, term).into_iter().filter(is_fresh).collect()
}

/// A condition on which a value depends: the one of the outermost choice.
fn condition(pool: &Pool, term: Term) -> Option<Term> {
    // Terms are made of older ones.
    all(pool, term).into_iter().rev().find_map(|term| match pool.node(term) {
        Node::Apply(Op::Ite, args) => Some(args[0]),
        _ => None,
    })
}

/// A term in which another one is replaced.
fn replace(pool: &mut Pool, term: Term, from: Term, to: Term) -> Term {
    let mut known: BTreeMap<Term, Term> = BTreeMap::from([(from, to)]);
    for next in all(pool, term) {
        if known.contains_key(&next) {
            continue;
        }
        let old = args(pool, next).to_vec();
        let new: Vec<Term> = old.iter().map(|arg| known[arg]).collect();
        let replaced = match pool.node(next).clone() {
            _ if new == old => next,
            Node::Apply(op, _) => pool.apply(op, &new),
            Node::Unknown(name, _) => pool.unknown(&name, new, pool.sort(next)),
            _ => next,
        };
        known.insert(next, replaced);
    }
    known[&term]
}
