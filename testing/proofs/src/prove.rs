//! Proves the claims of theorems, with a solver.

use crate::cases::cases;
use crate::claim::{Scope, evaluate};
use crate::error::Error;
use crate::execute::{Execution, execute};
use crate::module::Module;
use crate::parse::Expr;
use crate::refute::{Counterexample, Search};
use crate::smt::{Answer, Solver};
use crate::sum::summands;
use crate::term::{Node, Op, Pool, Term};
use crate::theorem::Theorem;
use std::cell::RefCell;
use std::time::Duration;

/// What is known about a claim.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It holds for all values.
    Proven,
    /// It does not hold for these.
    Refuted(Box<Counterexample>),
    /// The solver gave up.
    Unknown(String),
}

/// A claim and what is known about it.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The claim.
    pub claim: String,
    /// What is known about it.
    pub verdict: Verdict,
    /// How long the solver worked.
    pub time: Duration,
}

/// Proves the claims of a theorem about a linked module, and the invariants that they depend on.
pub fn prove(solver: &Solver, module: &[u8], theorem: &Theorem) -> Result<Vec<Proof>, Error> {
    prove_until(solver, module, theorem, &mut |_| false)
}

/// Proves the claims of a theorem until a counterexample is accepted, which then is the last verdict.
pub fn prove_until(
    solver: &Solver,
    module: &[u8],
    theorem: &Theorem,
    accept: &mut dyn FnMut(&Counterexample) -> bool,
) -> Result<Vec<Proof>, Error> {
    let chosen = theorem.logic.as_ref().map(|logic| solver.with_logic(logic));
    let solver = chosen.as_ref().unwrap_or(solver);
    let mut module = Module::read(module)?;
    if theorem.plan.memory != 0 && !module.about_memory(theorem.plan.memory) {
        return Err(Error::new(format!("there is no memory {}", theorem.plan.memory)));
    }
    let module = module;
    let function = module.function(&theorem.function);
    let function = function.ok_or_else(|| Error::new(format!("there is no function ${}", theorem.function)))?;
    let mut pool = Pool::default();
    let done = execute(&mut pool, &module, function, &theorem.plan)?;
    let (sets, sums, facts) = (&theorem.plan.sets, &theorem.plan.sums, RefCell::default());
    let entered = |pool: &mut Pool, expr: &Expr| {
        let Execution { old, events, .. } = &done;
        let scope = Scope { module: &module, function, now: old, old, entry: None, events, sets, sums, facts: &facts };
        evaluate(pool, scope, expr)
    };
    // What may be assumed from the beginning, then what the execution assumes on the way.
    let mut assumed = Vec::new();
    for expr in &theorem.assume {
        assumed.push(entered(&mut pool, expr)?);
    }
    let of_theorem = assumed.len();
    // Claims, each with how much of what the execution assumes is known there. Facts about sums depend on the bound of their
    // summands, which is proved without them.
    let mut claims: Vec<(String, Term, Option<usize>)> = done
        .obligations
        .iter()
        .map(|obligation| (obligation.what.clone(), obligation.holds, Some(obligation.known)))
        .collect();
    let Execution { old, events, .. } = &done;
    let scope = Scope { module: &module, function, now: old, old, entry: None, events, sets, sums, facts: &facts };
    let summands = summands(&mut pool, scope)?;
    claims.extend(summands.into_iter().map(|(text, holds)| (text, holds, None)));
    for (text, expr) in &theorem.prove {
        let Execution { old, end, events, .. } = &done;
        let scope = Scope { module: &module, function, now: end, old, entry: None, events, sets, sums, facts: &facts };
        claims.push((text.clone(), evaluate(&mut pool, scope, expr)?, Some(done.assumed.len())));
    }
    assumed.extend(facts.take());
    assumed.extend(&done.facts);
    let from_the_beginning = assumed.len();
    assumed.extend(&done.assumed);
    let contradict = format!("the assumptions about ${} contradict each other", theorem.function);
    match solver.solve(&pool, &assumed)?.0 {
        Answer::Satisfiable(_) => {}
        Answer::Unsatisfiable => return Err(Error::new(contradict)),
        Answer::Unknown(why) => return Err(Error::new(format!("it is unknown whether {contradict}: {why}"))),
    }
    let mut call = Vec::new();
    if let Some((_, args)) = &theorem.call {
        for arg in args {
            call.push(entered(&mut pool, arg)?);
        }
    }
    let mut preferred = Vec::new();
    for expr in &theorem.prefer {
        preferred.push(entered(&mut pool, expr)?);
    }
    let mut host = Vec::new();
    for expr in &theorem.host {
        host.push(entered(&mut pool, expr)?);
    }
    let search = Search { solver, module: &module, function, theorem, done: &done, call, preferred, host };
    let mut proofs = Vec::new();
    for (claim, holds, known) in claims {
        let assumed = &assumed[..known.map_or(of_theorem, |known| from_the_beginning + known)];
        // Each part of a conjunction is a smaller problem.
        let (mut answer, mut time) = (Answer::Unsatisfiable, Duration::ZERO);
        let mut formulas = assumed.to_vec();
        for part in conjuncts(&pool, holds) {
            if !theorem.plan.sums.is_empty() {
                let (proved, needed) = by_cases(solver, &mut pool, assumed, part)?;
                time += needed;
                if proved {
                    continue;
                }
            }
            let not = pool.not(part);
            formulas.truncate(assumed.len());
            formulas.push(not);
            let (next, needed) = solver.solve(&pool, &formulas)?;
            (answer, time) = (next, time + needed);
            if !matches!(answer, Answer::Unsatisfiable) {
                break;
            }
        }
        let verdict = match answer {
            Answer::Unsatisfiable => Verdict::Proven,
            Answer::Unknown(why) => Verdict::Unknown(why),
            Answer::Satisfiable(assignment) => {
                let (found, is_accepted) = search.find(&mut pool, &formulas, &assignment, accept)?;
                let verdict = Verdict::Refuted(Box::new(found));
                if is_accepted {
                    proofs.push(Proof { claim, verdict, time });
                    return Ok(proofs);
                }
                verdict
            }
        };
        proofs.push(Proof { claim, verdict, time });
    }
    Ok(proofs)
}

/// Whether a claim is proved case by case, and how long it took to find out.
fn by_cases(solver: &Solver, pool: &mut Pool, assumed: &[Term], claim: Term) -> Result<(bool, Duration), Error> {
    let mut time = Duration::ZERO;
    for formulas in cases(pool, assumed, claim) {
        let (answer, needed) = solver.solve(pool, &formulas)?;
        time += needed;
        if !matches!(answer, Answer::Unsatisfiable) {
            return Ok((false, time));
        }
    }
    Ok((true, time))
}

/// The parts of a conjunction.
fn conjuncts(pool: &Pool, term: Term) -> Vec<Term> {
    match pool.node(term) {
        Node::Apply(Op::And, args) => args.iter().flat_map(|arg| conjuncts(pool, *arg)).collect(),
        _ => vec![term],
    }
}
