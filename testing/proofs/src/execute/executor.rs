//! What the execution of a function needs and leaves behind.

use crate::claim::{Invariants, Sets};
use crate::error::Error;
use crate::module::Module;
use crate::parse::Expr;
use crate::state::{Events, State};
use crate::sum_definition::Sums;
use crate::term::{Op, Pool, Sort, Term};
use std::collections::HashSet;

/// How a function is executed.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The invariants of loops. A loop without any has the invariant that is always true.
    pub invariants: Invariants,
    /// Loops that are assumed not to be reached, by the name of the function and the number of the loop in it.
    pub unreached: HashSet<(String, usize)>,
    /// The index of the memory that claims are about.
    pub memory: u32,
    /// Functions that are not executed, and may do anything to globals and to the memory.
    pub opaque: HashSet<String>,
    /// What holds after each call of a function that is not executed, if it returns. `entry` is the state before the call.
    pub after: Vec<Expr>,
    /// The sets of addresses that invariants speak of.
    pub sets: Sets,
    /// How the execution is compared with another one, if it is.
    pub compared: Option<Compared>,
    /// The sums that invariants and claims speak of.
    pub sums: Sums,
}

/// How an execution is compared.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// How often the body of a loop is executed each time the loop is entered, at most.
    pub iterations: u32,
    /// Functions whose calls end what is compared.
    pub outside: HashSet<String>,
    /// Whether accesses outside of the memory do not trap: the memory is as large as addresses reach.
    pub is_endless: bool,
}

/// What must be proved about a function for its execution to mean anything: that invariants hold.
#[derive(Clone, Debug)]
pub struct Obligation {
    /// What it is, for messages.
    pub what: String,
    /// What must hold.
    pub holds: Term,
    /// How much of what the execution assumes is known there: not yet the invariants of a loop that is entered.
    pub known: usize,
}

/// A function that was executed.
pub struct Execution {
    /// The state when it was entered.
    pub old: State,
    /// The state when it returns, with the locals as they are then.
    pub end: State,
    /// What happens on the way.
    pub events: Events,
    /// What may be assumed, since invariants are proved.
    pub assumed: Vec<Term>,
    /// What the theorem says of the members of sets that invariants mention.
    pub facts: Vec<Term>,
    /// The invariants that must be proved.
    pub obligations: Vec<Obligation>,
}

/// A place that branches lead to.
pub(super) struct Label {
    pub(super) height: usize,
    pub(super) arity: usize,
    pub(super) incoming: Vec<State>,
}

pub(super) struct Executor<'a> {
    pub(super) pool: &'a mut Pool,
    pub(super) module: &'a Module<'a>,
    pub(super) plan: &'a Plan,
    /// The functions that are being executed, the innermost one last.
    pub(super) functions: Vec<u32>,
    pub(super) labels: Vec<Label>,
    pub(super) events: Events,
    pub(super) assumed: Vec<Term>,
    pub(super) facts: Vec<Term>,
    pub(super) obligations: Vec<Obligation>,
    pub(super) old: State,
    /// The number of calls of opaque functions, which may assign fields.
    pub(super) epoch: u32,
}

impl Executor<'_> {
    pub(super) fn name(&self) -> String {
        self.functions.last().map(|function| plain_name(self.module, *function)).unwrap_or_default()
    }

    pub(super) fn limit_pages(&mut self, pages: Term) {
        let most = self.pool.bits(64, self.module.max_pages.into());
        let holds = self.pool.apply(Op::BvUle, &[pages, most]);
        self.assumed.push(holds);
    }

    /// The memory has grown by any number of pages.
    pub(super) fn pages_grow(&mut self, state: &mut State) {
        let pages = self.pool.fresh("pages", Sort::Bits(64));
        let grown = self.pool.apply(Op::BvUle, &[state.pages, pages]);
        self.assumed.push(grown);
        self.limit_pages(pages);
        state.pages = pages;
    }

    pub(super) fn along(&mut self, state: &State, condition: Term) -> State {
        State { path: self.pool.and(state.path, condition), ..state.clone() }
    }

    pub(super) fn condition(&mut self, state: &mut State) -> Result<Term, Error> {
        let condition = pop(state)?;
        Ok(self.pool.is_true(condition))
    }

    /// Traps if the condition holds.
    pub(super) fn trap(&mut self, kind: &str, state: &mut State, condition: Term) {
        let path = self.pool.and(state.path, condition);
        if self.pool.constant(path) != Some(0) {
            self.events.traps.push((kind.to_string(), path));
            if self.functions.len() == 1 {
                self.events.stops.push((kind.to_string(), State { path, ..state.clone() }));
            }
            self.events.ends.push((path, state.trace));
        }
        let not = self.pool.not(condition);
        state.path = self.pool.and(state.path, not);
    }

    pub(super) fn trap_always(&mut self, kind: &str, mut state: State) -> Option<State> {
        let always = self.pool.bool(true);
        self.trap(kind, &mut state, always);
        None
    }

    pub(super) fn address_width(&self) -> u32 {
        self.module.memory.map_or(32, |(width, _)| width)
    }
}

/// The name of a function without the prefix of linmem.
pub(super) fn plain_name(module: &Module<'_>, function: u32) -> String {
    let name = module.name_of(function);
    name.strip_prefix("linmem.").map(str::to_string).unwrap_or(name)
}

pub(super) fn underflow() -> Error {
    Error::new("an operand is missing")
}

pub(super) fn pop(state: &mut State) -> Result<Term, Error> {
    state.stack.pop().ok_or_else(underflow)
}
