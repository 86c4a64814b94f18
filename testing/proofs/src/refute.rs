//! Values for which a claim does not hold. Preferably, a new instance can have them: its memory is empty, or small.

use crate::claim::{Scope, evaluate};
use crate::concrete::members;
use crate::error::Error;
use crate::execute::{Execution, parameter};
use crate::module::Module;
use crate::smt::{Answer, MEMORY, Solver};
use crate::term::{Op, Pool, Term};
use crate::theorem::Theorem;
use crate::value::{Assignment, Evaluator, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Values for which a claim does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// The values of parameters and globals.
    pub values: Vec<(String, u128)>,
    /// The export to call, and its operands.
    pub call: (String, Vec<u128>),
    /// What the code then does.
    pub outcome: Outcome,
    /// Whether an instance can be in the state of the counterexample.
    pub is_new: bool,
    /// The number of pages of the memory.
    pub pages: u64,
    /// The bytes of the memory that matter.
    pub memory: BTreeMap<u128, u8>,
    /// The values of all variables.
    pub assignment: Assignment,
}

/// What code does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It traps: in a function of this name, or for a reason of the engine.
    Traps(String),
    /// It returns these values.
    Returns(Vec<u128>),
    /// It enters a loop that was cut, or a function that was not executed.
    Unclear,
}

impl std::fmt::Display for Counterexample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let join = |values: &[u128]| values.iter().map(u128::to_string).collect::<Vec<_>>().join(", ");
        let values: Vec<String> = self.values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let call = format!("{}({})", self.call.0, join(&self.call.1));
        write!(f, "{}: ", values.join(", "))?;
        match &self.outcome {
            Outcome::Traps(kind) if kind.starts_with(|c: char| c.is_ascii_uppercase()) => {
                write!(f, ";; violation: {kind} {call}")
            }
            Outcome::Traps(kind) => write!(f, ";; trap: {call} ({kind})"),
            Outcome::Returns(results) if results.len() == 1 => write!(f, ";; run: {call} == {}", results[0]),
            Outcome::Returns(results) => write!(f, ";; run: {call} == ({})", join(results)),
            Outcome::Unclear => write!(f, "{call}"),
        }
    }
}

/// The number of pages that a counterexample should have at most.
const FEW_PAGES: u64 = 16;

/// How long the solver looks for such values, in seconds: longer if wasmtime must confirm a counterexample.
const LIMIT: u32 = 5;
const LIMIT_OF_CALLS: u32 = 60;

/// The number of counterexamples of one claim that are tried, at most.
const MAX_TRIES: usize = 3;

/// How often the solver gets more facts about members of sets, at most.
const MAX_ROUNDS: usize = 6;

/// The search for the counterexamples of a theorem.
pub(crate) struct Search<'a> {
    pub(crate) solver: &'a Solver,
    pub(crate) module: &'a Module<'a>,
    pub(crate) function: u32,
    pub(crate) theorem: &'a Theorem,
    pub(crate) done: &'a Execution,
    /// The operands of the call by which a host reaches the function.
    pub(crate) call: Vec<Term>,
    /// What the values should be like.
    pub(crate) preferred: Vec<Term>,
    /// What must hold for a host to reach them.
    pub(crate) host: Vec<Term>,
}

impl Search<'_> {
    /// The first counterexample that is accepted, or else the first one, and whether it is accepted.
    pub(crate) fn find(
        &self,
        pool: &mut Pool,
        formulas: &[Term],
        any: &Assignment,
        accept: &mut dyn FnMut(&Counterexample) -> bool,
    ) -> Result<(Counterexample, bool), Error> {
        let mut first = None;
        let mut different = Vec::new();
        let mut tries = 0;
        for (level, has_preferences) in self.levels(pool) {
            for preferred in [true, false] {
                if tries == MAX_TRIES || preferred && !has_preferences {
                    continue;
                }
                let mut all = [formulas, &self.host, &level, &different].concat();
                if preferred {
                    all.extend(&self.preferred);
                }
                let Some(found) = self.solve(pool, all)? else { continue };
                let found = Counterexample { is_new: true, ..self.counterexample(pool, &found) };
                if accept(&found) {
                    return Ok((found, true));
                }
                tries += 1;
                different.extend(self.differs(pool, &found.assignment));
                first.get_or_insert(found);
            }
        }
        let found = first.unwrap_or_else(|| self.counterexample(pool, any));
        Ok((found, false))
    }

    /// Values for which formulas hold, and what the theorem says of each member of a set holds of all that are members.
    fn solve(&self, pool: &mut Pool, mut formulas: Vec<Term>) -> Result<Option<Assignment>, Error> {
        let limit = if self.theorem.call.is_some() { LIMIT_OF_CALLS } else { LIMIT };
        for _ in 0..MAX_ROUNDS {
            let Answer::Satisfiable(found) = self.solver.solve_within(limit, pool, &formulas)?.0 else {
                return Ok(None);
            };
            let Execution { old, events, .. } = self.done;
            let (sets, sums) = (&self.theorem.plan.sets, &self.theorem.plan.sums);
            let facts = RefCell::default();
            let (module, function) = (self.module, self.function);
            let scope = Scope { module, function, now: old, old, entry: None, events, sets, sums, facts: &facts };
            for member in members(self.theorem, &found) {
                evaluate(pool, scope, &member)?;
            }
            let known = formulas.len();
            let mut evaluator = Evaluator::new(pool, &found);
            formulas.extend(facts.take().into_iter().filter(|fact| evaluator.value(*fact).number() == 0));
            if formulas.len() == known {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// What is demanded of the memory, one after the other, and whether the values may have preferences then.
    fn levels(&self, pool: &mut Pool) -> Vec<(Vec<Term>, bool)> {
        let old = &self.done.old;
        let minimum = self.module.memory.map_or(0, |(_, pages)| pages);
        let (least, zeros) = (pool.bits(64, minimum.into()), pool.zeros(pool.sort(old.memory)));
        let empty = vec![pool.eq(old.pages, least), pool.eq(old.memory, zeros)];
        let mut levels = vec![(empty, !self.preferred.is_empty())];
        for most in [FEW_PAGES, self.module.max_pages] {
            let most = pool.bits(64, minimum.max(most).into());
            let range = vec![pool.apply(Op::BvUle, &[least, old.pages]), pool.apply(Op::BvUle, &[old.pages, most])];
            levels.push((range, !self.preferred.is_empty()));
        }
        levels
    }

    /// That a parameter, a global or the number of pages is another one.
    fn differs(&self, pool: &mut Pool, assignment: &Assignment) -> Option<Term> {
        let old = &self.done.old;
        let inputs: Vec<Term> = old.locals.iter().chain(&old.globals).copied().chain([old.pages]).collect();
        let mut same = pool.bool(true);
        for input in inputs {
            if pool.constant(input).is_some() {
                continue;
            }
            let value = Evaluator::new(pool, assignment).value(input).number();
            let value = pool.bits(pool.width(input), value);
            let equal = pool.eq(input, value);
            same = pool.and(same, equal);
        }
        pool.constant(same).is_none().then(|| pool.not(same))
    }

    fn counterexample(&self, pool: &Pool, assignment: &Assignment) -> Counterexample {
        let Search { module, function, done, .. } = self;
        let mut evaluator = Evaluator::new(pool, assignment);
        let params: Vec<u128> = done.old.locals.iter().map(|local| evaluator.value(*local).number()).collect();
        let mut values: Vec<(String, u128)> =
            params.iter().enumerate().map(|(at, value)| (parameter(module, *function, at as u32), *value)).collect();
        for (at, global) in done.old.globals.iter().enumerate() {
            let name = format!("@{}", module.global_name(at as u32));
            if assignment.contains_key(&name) {
                values.push((name, evaluator.value(*global).number()));
            }
        }
        let call = match &self.theorem.call {
            Some((export, _)) => (export.clone(), self.call.iter().map(|arg| evaluator.value(*arg).number()).collect()),
            None => (module.name_of(*function), params),
        };
        let memory = match assignment.get(MEMORY) {
            Some(Value::Memory(bytes)) => bytes.clone(),
            _ => BTreeMap::new(),
        };
        Counterexample {
            values,
            call,
            outcome: outcome(pool, done, assignment),
            is_new: false,
            pages: evaluator.value(done.old.pages).number() as u64,
            memory,
            assignment: assignment.clone(),
        }
    }
}

/// What an executed function does with these values.
pub fn outcome(pool: &Pool, done: &Execution, assignment: &Assignment) -> Outcome {
    let mut evaluator = Evaluator::new(pool, assignment);
    let mut is_true = |term: Term| evaluator.value(term).number() == 1;
    let unknown =
        done.events.calls.iter().map(|call| call.path).chain(done.events.loops.iter().map(|entered| entered.path));
    if unknown.into_iter().any(&mut is_true) {
        return Outcome::Unclear;
    }
    if let Some((kind, _)) = done.events.traps.iter().find(|(_, path)| is_true(*path)) {
        return Outcome::Traps(kind.clone());
    }
    if !is_true(done.end.path) {
        return Outcome::Unclear;
    }
    Outcome::Returns(done.end.stack.iter().map(|value| evaluator.value(*value).number()).collect())
}
