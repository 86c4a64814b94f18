//! Theorems: what a file claims about its functions, and whether it holds.

use crate::cases::cases;
use crate::claim::{Scope, evaluate};
use crate::error::Error;
use crate::execute::{Execution, Plan, execute};
use crate::module::Module;
use crate::parse::{Expr, parse};
use crate::refute::Search;
use crate::smt::{Answer, Solver};
use crate::sum::{self, Sum};
use crate::term::{Node, Op, Pool, Term};
use std::cell::RefCell;
use std::time::Duration;

pub use crate::refute::{Counterexample, Outcome, outcome};

/// Claims about a function.
#[derive(Clone, Debug, Default)]
pub struct Theorem {
    /// The function.
    pub function: String,
    /// What is claimed, in words.
    pub title: String,
    /// What is assumed.
    pub assume: Vec<Expr>,
    /// What a host can make true of the operands of `call`.
    pub host: Vec<Expr>,
    /// What is claimed, with its text.
    pub prove: Vec<(String, Expr)>,
    /// How the function is executed.
    pub plan: Plan,
    /// Bugs of linmem with which the theorem must not hold.
    pub planted: Vec<String>,
    /// Changes of the linked code with which it must not hold: a text and its replacement.
    pub neighbours: Vec<(String, String)>,
    /// The logic of the formulas, if not all.
    pub logic: Option<String>,
    /// What the values of a counterexample should be like, if possible.
    pub prefer: Vec<Expr>,
    /// How a host calls the function, if not directly: an export and its operands.
    pub call: Option<(String, Vec<Expr>)>,
}

impl Theorem {
    /// Reads the theorems of a file.
    ///
    /// ```text
    /// ;; theorem $f: what is claimed, in words
    /// ;; assume: EXPRESSION            about the parameters, globals and the memory at first
    /// ;; prove: EXPRESSION
    /// ;; invariant 1: EXPRESSION       of loop 1 of the function; `invariant helper 0:` of a loop of another function
    /// ;; unreached: 0                  claims are about executions that do not reach this loop
    /// ;; each set $x: EXPRESSION       assumed of each member `$x` of a set, when the function is entered
    /// ;; memory: 1                     the memory that claims are about, if not 0
    /// ;; sum f $i <= 2: EXPRESSION     defines a sum over the indices of an array (`crate::sum`)
    /// ;; opaque: helper                calls of this function are not executed
    /// ;; after: EXPRESSION             assumed after each call of an opaque function
    /// ;; planted: Bug                  with this bug of linmem, the theorem does not hold
    /// ;; neighbour: TEXT -> TEXT       with this change of the code, it does not hold
    /// ;; logic: QF_AUFBV               of SMT-LIB, with which the solver is faster here
    /// ;; call: export(EXPRESSION, ...)
    /// ;; host: EXPRESSION              counterexamples for which it does not hold are not run
    /// ;; prefer: EXPRESSION            of the values of a counterexample that wasmtime runs, if there are such values
    /// ```
    pub fn read(text: &str) -> Result<Vec<Theorem>, Error> {
        let mut theorems: Vec<Theorem> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let Some((key, value)) = line.trim().strip_prefix(";; ").and_then(|line| line.split_once(':')) else {
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            if let Some(function) = key.strip_prefix("theorem $") {
                let function = function.to_string();
                theorems.push(Theorem { function, title: value.to_string(), ..Theorem::default() });
            } else if let Some(theorem) = theorems.last_mut() {
                let read = theorem.line(key, value);
                read.map_err(|error| Error::new(format!("line {}: {error}", number + 1)))?;
            }
        }
        Ok(theorems)
    }

    fn line(&mut self, key: &str, value: &str) -> Result<(), Error> {
        let words: Vec<&str> = key.split_whitespace().collect();
        let named = |words: &[&str]| -> Result<(String, usize), Error> {
            let (function, number) = match words {
                [number] => (&self.function[..], number),
                [function, number] => (*function, number),
                _ => return Err(Error::new("a loop has a function and a number")),
            };
            number.parse().map(|number| (function.to_string(), number)).map_err(|_| Error::new("a loop has a number"))
        };
        match &words[..] {
            ["host"] => self.host.push(parse(value)?),
            ["assume"] => self.assume.push(parse(value)?),
            ["logic"] => self.logic = Some(value.to_string()),
            ["prefer"] => self.prefer.push(parse(value)?),
            ["prove"] => self.prove.push((value.to_string(), parse(value)?)),
            ["invariant", of @ ..] => {
                let key = named(of)?;
                self.plan.invariants.entry(key).or_default().push(parse(value)?);
            }
            ["unreached"] => {
                let key = named(&value.split_whitespace().collect::<Vec<_>>())?;
                self.plan.unreached.insert(key);
            }
            ["each", set, member] => {
                let member = member.strip_prefix('$').ok_or_else(|| Error::new("a member has a name"))?;
                let (_, exprs) = self.plan.sets.entry(set.to_string()).or_insert((member.to_string(), Vec::new()));
                exprs.push(parse(value)?);
            }
            ["memory"] => self.plan.memory = value.parse().map_err(|_| Error::new("a memory has a number"))?,
            ["sum", name, index, "<=", most] => {
                self.plan.sums.insert(name.to_string(), Sum::new(index, most, parse(value)?)?);
            }
            ["opaque"] => self.plan.opaque.extend(value.split_whitespace().map(str::to_string)),
            ["after"] => self.plan.after.push(parse(value)?),
            ["planted"] => self.planted.extend(value.split_whitespace().map(str::to_string)),
            ["neighbour"] => {
                let (from, to) = value.split_once("->").ok_or_else(|| Error::new("a neighbour has a replacement"))?;
                self.neighbours.push((from.trim().to_string(), to.trim().to_string()));
            }
            ["call"] => match parse(value)? {
                Expr::Word(export, args) => self.call = Some((export, args)),
                _ => return Err(Error::new("a call has an export and operands")),
            },
            _ => return Err(Error::new(format!("`{key}` is unknown"))),
        }
        Ok(())
    }
}

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
    let mut claims: Vec<(String, Term, usize)> = done
        .obligations
        .iter()
        .map(|obligation| (obligation.what.clone(), obligation.holds, obligation.known))
        .collect();
    let Execution { old, events, .. } = &done;
    let scope = Scope { module: &module, function, now: old, old, entry: None, events, sets, sums, facts: &facts };
    let summands = sum::summands(&mut pool, scope)?;
    claims.extend(summands.into_iter().map(|(text, holds)| (text, holds, done.assumed.len())));
    for (text, expr) in &theorem.prove {
        let Execution { old, end, events, .. } = &done;
        let scope = Scope { module: &module, function, now: end, old, entry: None, events, sets, sums, facts: &facts };
        claims.push((text.clone(), evaluate(&mut pool, scope, expr)?, done.assumed.len()));
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
        let assumed = &assumed[..from_the_beginning + known];
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
