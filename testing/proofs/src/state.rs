//! What is known when execution has reached a place, and what happened on the way.

use crate::term::{Op, Pool, Sort, Term};
use wasmparser::ValType;

/// The state at a place in the code.
#[derive(Clone, Debug)]
pub struct State {
    /// Whether the place is reached.
    pub path: Term,
    /// The operands.
    pub stack: Vec<Term>,
    /// The parameters and locals of the current function.
    pub locals: Vec<Term>,
    /// The globals.
    pub globals: Vec<Term>,
    /// The memory.
    pub memory: Term,
    /// The number of its pages, 64 bits wide.
    pub pages: Term,
    /// Whether a growth has returned the page of a certain byte: one that claims speak of as `byte`.
    pub granted: Term,
    /// The calls up to now, their operands and what was in the memory and in globals then, if the plan compares executions.
    pub trace: Term,
}

impl State {
    /// One of several states whose paths exclude each other.
    pub(crate) fn merge(pool: &mut Pool, states: Vec<State>) -> Option<State> {
        states.into_iter().reduce(|a, b| {
            let (mine, mut merged) = (a.path, a);
            let mut either = |x: &mut Term, y: Term| *x = pool.ite(mine, *x, y);
            let State { path: _, stack, locals, globals, memory, pages, granted, trace } = &mut merged;
            stack.iter_mut().zip(b.stack).for_each(|(x, y)| either(x, y));
            locals.iter_mut().zip(b.locals).for_each(|(x, y)| either(x, y));
            globals.iter_mut().zip(b.globals).for_each(|(x, y)| either(x, y));
            either(memory, b.memory);
            either(pages, b.pages);
            either(granted, b.granted);
            either(trace, b.trace);
            merged.path = pool.or(mine, b.path);
            merged
        })
    }
}

/// An access to memory.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// Whether it is reached.
    pub path: Term,
    /// Its first address, as an integer.
    pub address: Term,
    /// The number of its bytes, as an integer.
    pub bytes: Term,
}

/// A call of a function that is not executed.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whether it is reached.
    pub path: Term,
    /// The function.
    pub name: String,
    /// The operands.
    pub args: Vec<Term>,
}

/// What happens on the way.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// The kinds of traps, and whether they are reached.
    pub traps: Vec<(String, Term)>,
    /// The accesses to memory.
    pub accesses: Vec<Access>,
    /// Whether another memory is used than the one that claims are about.
    pub elsewhere: Vec<Term>,
    /// Whether bytes of the memory, or elements of arrays, are written.
    pub writes: Vec<Term>,
    /// The calls that are not executed.
    pub calls: Vec<Call>,
    /// The loops, whose state is known by their invariants only.
    pub loops: Vec<Loop>,
    /// The states in which the outermost function traps, with the kinds of the traps.
    pub stops: Vec<(String, State)>,
    /// Whether what the plan leaves out is reached: another iteration of a loop, or a call.
    pub outside: Vec<Term>,
    /// Whether each trap is reached, and the trace of calls then.
    pub ends: Vec<(Term, Term)>,
}

/// A loop that was cut.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The name of its function, and its number in it.
    pub key: (String, usize),
    /// Whether it is reached.
    pub path: Term,
    /// The state when it ends other than by a branch.
    pub left: Option<State>,
}

/// The sort of the values of a type. A reference is a number, and null is 0.
pub(crate) fn sort(ty: ValType) -> Sort {
    match ty {
        ValType::I32 | ValType::F32 | ValType::Ref(_) => Sort::Bits(32),
        ValType::I64 | ValType::F64 => Sort::Bits(64),
        ValType::V128 => Sort::Bits(128),
    }
}

/// Whether any of these holds.
pub(crate) fn any(pool: &mut Pool, terms: impl IntoIterator<Item = Term>) -> Term {
    let none = pool.bool(false);
    terms.into_iter().fold(none, |all, term| pool.or(all, term))
}

/// A number as an integer of claims.
pub(crate) fn integer(pool: &mut Pool, value: Term) -> Term {
    pool.apply(Op::ZeroExtend(crate::term::INTEGER), &[value])
}
