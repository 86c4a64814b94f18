//! Claims about a run of a function by an engine: whether the assumptions hold before it, and which claim it violates.

use crate::claim::{LENGTH, Scope, evaluate, is_of};
use crate::error::Error;
use crate::execute::entered;
use crate::module::{Code, Module, ValType};
use crate::parse::Expr;
use crate::smt::MEMORY;
use crate::state::{Access, Call, Events, Loop, State, sort};
use crate::term::{INTEGER, Node, Pool, Sort, Term};
use crate::theorem::Theorem;
use crate::value::{Assignment, Evaluator, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use wasmparser::Operator;

/// The state before or after a run.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// The values of globals, if they are integers.
    pub globals: Vec<Option<u128>>,
    /// The bytes of the memory that are not zero, if they are known.
    pub memory: Option<BTreeMap<u128, u8>>,
    /// The number of pages.
    pub pages: u64,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It returned these values. Those that are not known are not integers.
    Returned(Vec<Option<u128>>),
    /// It trapped: for this reason, and whether the function itself did.
    Trapped(String, bool),
    /// It was stopped, or left by an exception.
    Stopped,
}

/// What a function did.
#[derive(Clone, Debug)]
pub struct Run {
    /// The parameters with which it was entered, if they are integers.
    pub params: Vec<Option<u128>>,
    /// The parameters and locals as they were in the end, if they are integers.
    pub locals: Vec<Option<u128>>,
    /// The locals that the function assigns.
    pub assigned: BTreeSet<u32>,
    /// The state before.
    pub before: Moment,
    /// The state after.
    pub after: Moment,
    /// How it ended.
    pub end: End,
    /// The addresses and sizes of accesses.
    pub accesses: Vec<(u128, u128)>,
    /// Whether these are all accesses of at least one byte.
    pub has_all_accesses: bool,
    /// The pages that `memory.grow` returned: the number of the first one, and how many.
    pub grown: Vec<(u128, u128)>,
    /// The functions that were called, of those that the executor does not execute, or not as a whole.
    pub calls: HashSet<String>,
    /// The loops of the function that were entered.
    pub loops: HashSet<usize>,
}

/// The name of what a run does not show.
const UNSEEN: &str = "unseen";

/// The memory after a run.
const MEMORY_AFTER: &str = "memory after";

/// The claim that a run violates. The model has what is no state of an instance: references, sets, and `byte`.
/// An error says why none is known to be violated.
pub fn violated(module: &Module<'_>, theorem: &Theorem, model: &Assignment, run: &Run) -> Result<String, Error> {
    let plan = &theorem.plan;
    if !plan.after.is_empty() && !run.calls.is_empty() {
        return Err(Error::new("a function is called whose result the theorem restricts"));
    }
    for (name, number) in &plan.unreached {
        let is_here = *name == theorem.function;
        if is_here && run.loops.contains(number) || !is_here && run.calls.contains(name) {
            return Err(Error::new(format!("loop {number} of ${name} may be reached")));
        }
    }
    let function = module.function(&theorem.function).ok_or_else(|| Error::new("there is no function"))?;
    let mut pool = Pool::default();
    let old = entered(&mut pool, module, function)?;
    let mut assignment = assignment(&pool, module, &old, theorem, model, run)?;
    let (end, events) = ended(&mut pool, module, function, &old, &mut assignment, run)?;
    let facts = RefCell::default();
    let at_first = Events::default();
    let before = Scope {
        module,
        function,
        now: &old,
        old: &old,
        entry: None,
        events: &at_first,
        sets: &plan.sets,
        sums: &plan.sums,
        facts: &facts,
    };
    let mut assumed = Vec::new();
    for expr in &theorem.assume {
        assumed.push(evaluate(&mut pool, before, expr)?);
    }
    for member in members(theorem, &assignment) {
        evaluate(&mut pool, before, &member)?;
    }
    let mut claims = Vec::new();
    let mut is_unseen = false;
    for (text, expr) in &theorem.prove {
        let after = Scope { now: &end, events: &events, ..before };
        // A run that was stopped has made its accesses. Nothing else is known of it.
        let is_shown = match run.end {
            End::Stopped => matches!(expr, Expr::Word(word, _) if ["inside", "within"].contains(&&word[..])),
            _ => run.has_all_accesses || !mentions(expr, &["begins", "accesses"]),
        };
        match evaluate(&mut pool, after, expr) {
            Ok(holds) if is_shown && is_seen(&pool, &assignment, holds) => claims.push((text, holds)),
            _ => is_unseen = true,
        }
    }
    assumed.extend(facts.take());
    let mut evaluator = Evaluator::new(&pool, &assignment);
    if assumed.iter().any(|holds| !is_seen(&pool, &assignment, *holds) || evaluator.value(*holds).number() == 0) {
        return Err(Error::new("an assumption does not hold in the instance"));
    }
    let broken = claims.into_iter().find(|(_, holds)| evaluator.value(*holds).number() == 0);
    broken.map(|(text, _)| text.clone()).ok_or_else(|| {
        Error::new(if run.end == End::Stopped {
            "the run does not end"
        } else if is_unseen {
            "a run does not show what the claim is about"
        } else {
            "the claims hold in the run"
        })
    })
}

/// The values of the variables before the run.
fn assignment(
    pool: &Pool,
    module: &Module<'_>,
    old: &State,
    theorem: &Theorem,
    model: &Assignment,
    run: &Run,
) -> Result<Assignment, Error> {
    let mut assignment = model.clone();
    let mut assign = |term: &Term, value: Option<u128>| -> Option<String> {
        let Node::Variable(name) = pool.node(*term) else { return None };
        match value {
            Some(value) => drop(assignment.insert(name.clone(), Value::Number(pool.sort(*term), value))),
            None => return Some(name.clone()),
        }
        None
    };
    let mut references = Vec::new();
    for (param, value) in old.locals.iter().zip(&run.params) {
        references.extend(assign(param, *value));
    }
    for (global, value) in old.globals.iter().zip(&run.before.globals) {
        assign(global, *value);
    }
    assign(&old.pages, Some(run.before.pages.into()));
    assignment.insert(MEMORY.to_string(), Value::Memory(run.before.memory.clone().unwrap_or_default()));
    // A host makes segments and arrays, by the export that the theorem names. Of an array, it gets the length.
    for name in references {
        let value = assignment.get(&name).map_or(0, Value::number);
        let length = Expr::Word(LENGTH.to_string(), vec![Expr::Local(name.trim_start_matches('$').to_string())]);
        if value != 0 && theorem.call.as_ref().is_some_and(|(_, args)| args.contains(&length)) {
            continue;
        }
        let ty = module.type_named("segment").map(|ty| format!("{}({value})", is_of(ty)));
        let is_segment = ty.and_then(|key| assignment.get(&key)).is_some_and(|is| is.number() == 1);
        if theorem.call.is_none() || value == 0 || !is_segment {
            return Err(Error::new(format!("{name} is a reference that no host has")));
        }
    }
    Ok(assignment)
}

/// The state after the run, and what happened on the way.
fn ended(
    pool: &mut Pool,
    module: &Module<'_>,
    function: u32,
    old: &State,
    assignment: &mut Assignment,
    run: &Run,
) -> Result<(State, Events), Error> {
    let ty = module.type_of(function)?;
    let body = module.body(function).ok_or_else(|| Error::new("the function is imported"))?;
    let types: Vec<ValType> = ty.params().iter().chain(&body.locals).copied().collect();
    let number = |pool: &mut Pool, ty: ValType, value: Option<u128>| match (sort(ty), value) {
        (Sort::Bits(width), Some(value)) => pool.bits(width, value),
        (sort, _) => pool.fresh(UNSEEN, sort),
    };
    let mut locals = Vec::new();
    for (at, ty) in types.iter().enumerate() {
        let kept = old.locals.get(at).filter(|_| !run.assigned.contains(&(at as u32)));
        locals.push(match (run.locals[at].filter(|_| run.end != End::Stopped), kept) {
            (None, Some(kept)) => *kept,
            (value, _) => number(pool, *ty, value),
        });
    }
    let globals = module.globals.iter().zip(&run.after.globals);
    let globals = globals.map(|(global, value)| number(pool, global.ty, *value)).collect();
    let stack = match &run.end {
        End::Returned(values) => ty.results().iter().zip(values).map(|(ty, value)| number(pool, *ty, *value)).collect(),
        End::Trapped(..) | End::Stopped => Vec::new(),
    };
    let page = assignment.get("byte").map_or(0, Value::number) >> 16;
    let granted = run.grown.iter().any(|(first, count)| *first <= page && page < first + count);
    let memory = pool.variable(MEMORY_AFTER, pool.sort(old.memory));
    if let Some(bytes) = &run.after.memory {
        assignment.insert(MEMORY_AFTER.to_string(), Value::Memory(bytes.clone()));
    }
    let (yes, returned) = (pool.bool(true), pool.bool(matches!(run.end, End::Returned(_))));
    let end = State {
        path: returned,
        stack,
        locals,
        globals,
        memory,
        pages: pool.bits(64, run.after.pages.into()),
        granted: pool.bool(granted),
        trace: old.trace,
    };
    let mut events = Events::default();
    if let End::Trapped(kind, is_here) = &run.end {
        events.traps.push((kind.clone(), yes));
        if *is_here {
            events.stops.push((kind.clone(), State { path: yes, ..end.clone() }));
        }
    }
    for (address, bytes) in &run.accesses {
        let (address, bytes) = (pool.bits(INTEGER, *address), pool.bits(INTEGER, *bytes));
        events.accesses.push(Access { path: yes, address, bytes });
    }
    events.calls.extend(run.calls.iter().map(|name| Call { path: yes, name: name.clone(), args: Vec::new() }));
    let name = module.name_of(function);
    let name = name.strip_prefix("linmem.").unwrap_or(&name);
    let key = |number: &usize| (name.to_string(), *number);
    events.loops.extend(run.loops.iter().map(|number| Loop { key: key(number), path: yes, left: None }));
    Ok((end, events))
}

/// The members of sets that a model has, as expressions.
pub(crate) fn members(theorem: &Theorem, assignment: &Assignment) -> Vec<Expr> {
    let mut found = Vec::new();
    for name in theorem.plan.sets.keys() {
        for (key, value) in assignment {
            let inner = key.strip_prefix(&name[..]).and_then(|key| key.strip_prefix('(')?.strip_suffix(')'));
            let member = inner.and_then(|member| member.parse::<i128>().ok()).filter(|_| *value != no());
            found.extend(member.map(|member| Expr::Word(name.clone(), vec![Expr::Number(member)])));
        }
    }
    found
}

fn no() -> Value {
    Value::Number(Sort::Bool, 0)
}

/// Whether a run shows everything that a term depends on.
fn is_seen(pool: &Pool, assignment: &Assignment, term: Term) -> bool {
    let (mut pending, mut visited) = (vec![term], HashSet::new());
    while let Some(next) = pending.pop() {
        if !visited.insert(next) {
            continue;
        }
        match pool.node(next) {
            Node::Variable(name) if name != "byte" && !assignment.contains_key(name) => return false,
            Node::Apply(_, args) | Node::Unknown(_, args) => pending.extend(args),
            _ => {}
        }
    }
    true
}

/// Whether an expression has one of these words.
fn mentions(expr: &Expr, words: &[&str]) -> bool {
    match expr {
        Expr::Word(word, args) => words.contains(&&word[..]) || args.iter().any(|arg| mentions(arg, words)),
        Expr::Binary(_, operands) => mentions(&operands.0, words) || mentions(&operands.1, words),
        Expr::Not(inner) => mentions(inner, words),
        _ => false,
    }
}

/// Whether a function returns what a call of another one returns, which is its last instruction.
pub fn returns_results(module: &Module<'_>, caller: u32, function: u32) -> bool {
    let last = module.body(caller).and_then(|body| body.body.last());
    matches!(last, Some(Code::Plain(Operator::Call { function_index })) if *function_index == function)
}
