//! Whether two linked forms of one function do the same.
//!
//! Both are executed from one state. For all values, in the executions that the plan covers:
//!
//! - one returns exactly if the other does, with the same results, globals, pages and memory;
//! - the same functions that are not executed are called with the same operands, while globals and the memory are the same;
//! - if the plain form reaches a violation, the other one reaches a violation of that kind. If the other one reaches a
//!   violation, so does the plain form, or it traps at an access outside of the memory and would reach that violation if there
//!   were no such trap;
//! - they trap for the same other reason, unless the plain form traps at an access outside of the memory.
//!
//! The memory and globals after a trap are not compared.

use crate::error::Error;
use crate::execute::{Compared, Execution, Plan, execute};
use crate::module::Module;
use crate::refute::{Outcome, outcome};
use crate::smt::{Answer, Solver};
use crate::state::{any, integer};
use crate::term::{Op, Pool, Sort, Term};
use crate::value::Evaluator;
use std::collections::BTreeSet;
use std::time::Duration;

/// Two linked forms of a function, and what is compared.
pub struct Pair<'a> {
    /// The module as users get it.
    pub optimized: &'a [u8],
    /// The module in which each intrinsic is lowered on its own.
    pub plain: &'a [u8],
    /// The name of the function.
    pub function: &'a str,
    /// The parameters that are packed segments, which end at 2^32 or below.
    pub segments: &'a [u32],
    /// How both are executed.
    pub compared: &'a Compared,
}

/// What is known about two forms of a function.
#[derive(Clone, Debug)]
pub enum Equality {
    /// They do the same for all values: the number of claims, and the time that the solver needed.
    Equal(usize, Duration),
    /// They do not.
    Different(Box<Difference>),
    /// The solver gave up.
    Unknown(String),
}

/// Values for which two forms of a function differ.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The claim that does not hold.
    pub claim: String,
    /// The values of parameters.
    pub params: Vec<u128>,
    /// Whether a new instance, whose memory consists of zeros, is in the state of the counterexample.
    pub is_new: bool,
    /// What the optimized form and the plain form do.
    pub outcomes: [Outcome; 2],
}

struct Claims<'p> {
    pool: &'p mut Pool,
    list: Vec<(String, Term)>,
}

impl Claims<'_> {
    fn claim(&mut self, what: impl Into<String>, holds: Term) {
        if self.pool.constant(holds) != Some(1) {
            self.list.push((what.into(), holds));
        }
    }

    /// A claim about executions that return.
    fn equal(&mut self, what: String, path: Term, a: Term, b: Term) {
        let equal = self.pool.eq(a, b);
        let holds = self.pool.implies(path, equal);
        self.claim(what, holds);
    }
}

fn is_violation(kind: &str) -> bool {
    kind.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Whether a trap of this kind is reached.
fn traps(pool: &mut Pool, done: &Execution, is_meant: impl Fn(&str) -> bool) -> Term {
    let paths: Vec<Term> = done.events.traps.iter().filter(|(kind, _)| is_meant(kind)).map(|(_, path)| *path).collect();
    any(pool, paths)
}

/// The trace of calls when execution ends.
fn trace(pool: &mut Pool, done: &Execution) -> Term {
    done.events.ends.iter().fold(done.end.trace, |trace, (path, at)| pool.ite(*path, *at, trace))
}

/// Executes both forms, and compares them.
pub fn equal(solver: &Solver, pair: &Pair<'_>) -> Result<Equality, Error> {
    let modules = [Module::read(pair.optimized)?, Module::read(pair.plain)?];
    let mut functions = [0; 2];
    for (function, module) in functions.iter_mut().zip(&modules) {
        let found = module.function(pair.function);
        *function = found.ok_or_else(|| Error::new(format!("there is no function ${}", pair.function)))?;
    }
    let mut pool = Pool::default();
    let mut run = |at: usize, is_endless: bool| {
        let compared = Some(Compared { is_endless, ..pair.compared.clone() });
        execute(&mut pool, &modules[at], functions[at], &Plan { compared, ..Plan::default() })
    };
    let (optimized, plain, endless) = (run(0, false)?, run(1, false)?, run(1, true)?);
    if optimized.old.locals != plain.old.locals {
        return Err(Error::new("the parameters have other names"));
    }
    let mut assumed = assumptions(&mut pool, &modules[0], pair, &optimized);
    for done in [&optimized, &plain, &endless] {
        assumed.extend(&done.assumed);
    }
    for done in [&optimized, &plain] {
        let outside = any(&mut pool, done.events.outside.iter().copied());
        let inside = pool.not(outside);
        assumed.push(inside);
    }
    let mut claims = Claims { pool: &mut pool, list: Vec::new() };
    state(&mut claims, &modules, &optimized, &plain)?;
    ways(&mut claims, &optimized, &plain, &endless);
    let claims = claims.list;
    if let (Answer::Unsatisfiable, _) = solver.solve(&pool, &assumed)? {
        return Err(Error::new("no execution is compared"));
    }
    if claims.is_empty() {
        return Ok(Equality::Equal(0, Duration::ZERO));
    }
    let wrong: Vec<Term> = claims.iter().map(|(_, holds)| pool.not(*holds)).collect();
    let wrong = any(&mut pool, wrong);
    let mut formulas = assumed;
    formulas.push(wrong);
    let (answer, time) = solver.solve(&pool, &formulas)?;
    let assignment = match answer {
        Answer::Unsatisfiable => return Ok(Equality::Equal(claims.len(), time)),
        Answer::Unknown(why) => return Ok(Equality::Unknown(why)),
        Answer::Satisfiable(assignment) => assignment,
    };
    // Preferably values that a new instance can have.
    let pages = pool.bits(64, modules[0].memory.map_or(0, |(_, pages)| pages).into());
    let zeros = pool.zeros(pool.sort(optimized.old.memory));
    let mut fresh = vec![pool.eq(optimized.old.pages, pages), pool.eq(optimized.old.memory, zeros)];
    for (at, global) in modules[0].globals.iter().enumerate() {
        if let (Some(value), Sort::Bits(width)) = (global.initial, pool.sort(optimized.old.globals[at])) {
            let value = pool.bits(width, value as u64 as u128);
            fresh.push(pool.eq(optimized.old.globals[at], value));
        }
    }
    formulas.extend(fresh);
    let (assignment, is_new) = match solver.solve(&pool, &formulas)?.0 {
        Answer::Satisfiable(assignment) => (assignment, true),
        _ => (assignment, false),
    };
    let mut difference =
        Difference { claim: String::new(), params: Vec::new(), is_new, outcomes: [Outcome::Unclear, Outcome::Unclear] };
    let mut evaluator = Evaluator::new(&pool, &assignment);
    difference.params = optimized.old.locals.iter().map(|local| evaluator.value(*local).number()).collect();
    let is_unknown = |done: &Execution| !done.events.calls.is_empty() || has_unknown_memory(&pool, done);
    if is_new && !is_unknown(&optimized) && !is_unknown(&plain) {
        let wrong = claims.iter().find(|(_, holds)| evaluator.value(*holds).number() == 0);
        difference.claim = wrong.map(|(what, _)| what.clone()).unwrap_or_default();
        difference.outcomes = [outcome(&pool, &optimized, &assignment), outcome(&pool, &plain, &assignment)];
    }
    Ok(Equality::Different(Box::new(difference)))
}

/// Whether values depend on memories that are not known byte by byte, so that they cannot be evaluated.
fn has_unknown_memory(pool: &Pool, done: &Execution) -> bool {
    let terms = done.end.stack.iter().chain([&done.end.memory, &done.end.path, &done.end.trace]).copied();
    let terms = terms.chain(done.events.traps.iter().map(|(_, path)| *path));
    pool.mentions(terms.chain(done.events.ends.iter().map(|(_, trace)| *trace)), |node| {
        matches!(node, crate::term::Node::Unknown(_, args) if args.iter().any(|arg| matches!(pool.sort(*arg), Sort::Memory(_))))
    })
}

/// What holds in every state in which a function is called: packed segments end at 2^32 or below, and top and limit are as
/// linmem keeps them.
fn assumptions(pool: &mut Pool, module: &Module<'_>, pair: &Pair<'_>, done: &Execution) -> Vec<Term> {
    let mut assumed = Vec::new();
    for segment in pair.segments {
        let packed = done.old.locals[*segment as usize];
        if pool.sort(packed) != Sort::Bits(64) {
            continue;
        }
        let (low, high) = (pool.apply(Op::Extract(0, 32), &[packed]), pool.apply(Op::Extract(32, 32), &[packed]));
        let (low, high) = (integer(pool, low), integer(pool, high));
        let (end, most) = (pool.apply(Op::BvAdd, &[low, high]), integer_of(pool, 1 << 32));
        assumed.push(pool.apply(Op::BvUle, &[end, most]));
    }
    for (at, global) in done.old.globals.iter().enumerate() {
        let name = module.global_name(at as u32);
        if name != "top" && name != "limit" || pool.sort(*global) != Sort::Bits(32) {
            continue;
        }
        let (wide, most) = (integer(pool, *global), integer_of(pool, 0xFFFF_0000));
        assumed.push(pool.apply(Op::BvUle, &[wide, most]));
        let low = pool.apply(Op::Extract(0, 3), &[*global]);
        let zero = pool.bits(3, 0);
        if name == "top" {
            assumed.push(pool.eq(low, zero));
        }
    }
    assumed
}

fn integer_of(pool: &mut Pool, value: u128) -> Term {
    pool.bits(crate::term::INTEGER, value)
}

/// Both return in the same cases, in the same state, after the same calls.
fn state(claims: &mut Claims<'_>, modules: &[Module<'_>; 2], a: &Execution, b: &Execution) -> Result<(), Error> {
    let same = claims.pool.eq(a.end.path, b.end.path);
    claims.claim("both return", same);
    let path = claims.pool.and(a.end.path, b.end.path);
    for (at, (x, y)) in a.end.stack.iter().zip(&b.end.stack).enumerate() {
        claims.equal(format!("result {at}"), path, *x, *y);
    }
    for at in 0..modules[0].globals.len() as u32 {
        let name = modules[0].global_name(at);
        let other = (0..modules[1].globals.len() as u32).find(|other| modules[1].global_name(*other) == name);
        let other = other.ok_or_else(|| Error::new(format!("there is no other global @{name}")))?;
        claims.equal(format!("@{name}"), path, a.end.globals[at as usize], b.end.globals[other as usize]);
    }
    claims.equal("pages".into(), path, a.end.pages, b.end.pages);
    claims.equal("memory".into(), path, a.end.memory, b.end.memory);
    let (first, second) = (trace(claims.pool, a), trace(claims.pool, b));
    let always = claims.pool.bool(true);
    claims.equal("calls".into(), always, first, second);
    Ok(())
}

/// They trap for the same reason.
fn ways(claims: &mut Claims<'_>, a: &Execution, b: &Execution, endless: &Execution) {
    let kinds: BTreeSet<String> =
        [a, b, endless].iter().flat_map(|done| done.events.traps.iter().map(|(kind, _)| kind.clone())).collect();
    let escapes = traps(claims.pool, b, |kind| kind == "memory");
    let violates = traps(claims.pool, a, is_violation);
    for kind in kinds {
        let [x, y, z] = [a, b, endless].map(|done| traps(claims.pool, done, |other| other == kind));
        if is_violation(&kind) {
            let holds = claims.pool.implies(y, x);
            claims.claim(format!("{kind} is reported"), holds);
            let later = claims.pool.and(escapes, z);
            let either = claims.pool.or(y, later);
            let holds = claims.pool.implies(x, either);
            claims.claim(format!("{kind} is right"), holds);
        } else {
            let holds = claims.pool.implies(x, y);
            claims.claim(format!("a trap ({kind}) is right"), holds);
            let either = if kind == "memory" { claims.pool.or(x, violates) } else { x };
            let holds = claims.pool.implies(y, either);
            claims.claim(format!("it traps ({kind})"), holds);
        }
    }
}
