//! Blocks, loops, branches and calls.

use super::assigned::Assigned;
use super::executor::{Executor, Label, Obligation, plain_name};
use crate::claim::{Scope, evaluate};
use crate::error::Error;
use crate::module::Code;
use crate::state::{Call, Loop, State, sort};
use crate::sum::steps;
use crate::term::{Sort, Term};
use std::cell::RefCell;

/// The functions that may call each other, at most.
const MAX_DEPTH: usize = 12;

impl Executor<'_> {
    /// Executes a call whose operands are on the stack.
    pub(super) fn inline(&mut self, function: u32, mut state: State) -> Result<Option<State>, Error> {
        if self.functions.len() == MAX_DEPTH {
            return Err(Error::new(format!("calls are nested too deeply in {}", self.name())));
        }
        let module = self.module;
        let ty = module.type_of(function)?;
        let body = module.body(function).ok_or_else(|| Error::new("an imported function cannot be executed"))?;
        let height = state.stack.len() - ty.params().len();
        let mut locals = state.stack.split_off(height);
        locals.extend(body.locals.iter().map(|ty| match sort(*ty) {
            Sort::Bits(width) => self.pool.bits(width, 0),
            _ => self.pool.bool(false),
        }));
        let kept = std::mem::replace(&mut state.locals, locals);
        let is_outermost = self.functions.is_empty();
        self.functions.push(function);
        let label = Label { height, arity: ty.results().len(), incoming: Vec::new() };
        let outer = std::mem::replace(&mut self.labels, vec![label]);
        let end = self.sequence(&body.body, Some(state))?;
        let label = std::mem::replace(&mut self.labels, outer).remove(0);
        self.functions.pop();
        let merged = State::merge(self.pool, label.incoming.into_iter().chain(end).collect());
        Ok(merged.map(|state| if is_outermost { state } else { State { locals: kept, ..state } }))
    }

    pub(super) fn call(&mut self, function: u32, mut state: State) -> Result<Option<State>, Error> {
        let name = plain_name(self.module, function);
        let body = self.module.body(function);
        if self.module.always_traps(function) {
            return Ok(self.trap_always(&name, state));
        }
        if body.is_some() && !self.plan.opaque.contains(&name) {
            return self.inline(function, state);
        }
        if self.plan.compared.is_some() {
            return self.call_compared(function, name, state);
        }
        let before = state.clone();
        let ty = self.module.type_of(function)?;
        let args = state.stack.split_off(state.stack.len() - ty.params().len());
        self.events.calls.push(Call { path: state.path, name, args });
        let anything = Assigned { calls: true, ..Assigned::default() };
        self.forget(&mut state, &anything, 0);
        for result in ty.results() {
            let value = self.pool.fresh("result", sort(*result));
            state.stack.push(value);
        }
        self.epoch += 1;
        for expr in &self.plan.after {
            let holds = self.evaluate(expr, &state, &before)?;
            let holds = self.pool.implies(state.path, holds);
            self.assumed.push(holds);
        }
        Ok(Some(state))
    }

    pub(super) fn sequence(&mut self, codes: &[Code<'_>], mut state: Option<State>) -> Result<Option<State>, Error> {
        for code in codes {
            let Some(current) = state else { return Ok(None) };
            if self.pool.constant(current.path) == Some(0) {
                return Ok(None);
            }
            state = match code {
                Code::Plain(operator) => self.plain(operator, current)?,
                Code::Block(ty, body) => self.block(*ty, body, current)?,
                Code::If(ty, then, other) => self.either(*ty, then, other, current)?,
                Code::Loop(ty, number, body) => self.repeat(*ty, *number, body, current)?,
            };
        }
        Ok(state)
    }

    pub(super) fn block(
        &mut self,
        ty: wasmparser::BlockType,
        body: &[Code<'_>],
        state: State,
    ) -> Result<Option<State>, Error> {
        let (params, results) = self.module.block_type(ty)?;
        let height = state.stack.len() - params;
        self.labels.push(Label { height, arity: results.len(), incoming: Vec::new() });
        let end = self.sequence(body, Some(state))?;
        self.join(end)
    }

    /// Ends the innermost block.
    pub(super) fn join(&mut self, end: Option<State>) -> Result<Option<State>, Error> {
        let label = self.labels.pop().ok_or_else(|| Error::new("a block has no label"))?;
        Ok(State::merge(self.pool, label.incoming.into_iter().chain(end).collect()))
    }

    pub(super) fn either(
        &mut self,
        ty: wasmparser::BlockType,
        then: &[Code<'_>],
        other: &[Code<'_>],
        mut state: State,
    ) -> Result<Option<State>, Error> {
        let (params, results) = self.module.block_type(ty)?;
        let condition = self.condition(&mut state)?;
        let height = state.stack.len() - params;
        let yes = self.along(&state, condition);
        let not = self.pool.not(condition);
        let no = self.along(&state, not);
        self.labels.push(Label { height, arity: results.len(), incoming: Vec::new() });
        let then = self.sequence(then, Some(yes))?;
        let other = self.sequence(other, Some(no))?;
        let end = State::merge(self.pool, then.into_iter().chain(other).collect());
        self.join(end)
    }

    pub(super) fn repeat(
        &mut self,
        ty: wasmparser::BlockType,
        number: usize,
        body: &[Code<'_>],
        entry: State,
    ) -> Result<Option<State>, Error> {
        let key = (self.name(), number);
        if self.plan.unreached.contains(&key) {
            return Ok(None);
        }
        if let Some(compared) = &self.plan.compared {
            return self.unroll(ty, body, entry, compared.iterations);
        }
        let (params, _) = self.module.block_type(ty)?;
        self.hold(&key, &entry, &entry, "on entry")?;
        let at = self.events.loops.len();
        self.events.loops.push(Loop { key: key.clone(), path: entry.path, left: None });
        let mut head = entry.clone();
        let mut assigned = Assigned::default();
        assigned.scan(self.module, body);
        self.forget(&mut head, &assigned, params);
        for expr in self.plan.invariants.get(&key).into_iter().flatten() {
            let holds = self.evaluate(expr, &head, &entry)?;
            let holds = self.pool.implies(head.path, holds);
            self.assumed.push(holds);
        }
        let height = head.stack.len() - params;
        self.labels.push(Label { height, arity: params, incoming: Vec::new() });
        let end = self.sequence(body, Some(head))?;
        let label = self.labels.pop().ok_or_else(|| Error::new("a loop has no label"))?;
        for state in label.incoming {
            self.hold(&key, &state, &entry, "when it repeats")?;
        }
        self.events.loops[at].left.clone_from(&end);
        Ok(end)
    }

    /// The invariants of a loop must hold in a state.
    pub(super) fn hold(
        &mut self,
        key: &(String, usize),
        state: &State,
        entry: &State,
        when: &str,
    ) -> Result<(), Error> {
        for (at, expr) in self.plan.invariants.get(key).into_iter().flatten().enumerate() {
            let holds = self.evaluate(expr, state, entry)?;
            let holds = self.pool.implies(state.path, holds);
            let what = format!("invariant {} of loop {}, {when}", at + 1, key.1);
            self.obligations.push(Obligation { what, holds, known: self.assumed.len() });
        }
        Ok(())
    }

    pub(super) fn evaluate(&mut self, expr: &crate::parse::Expr, now: &State, entry: &State) -> Result<Term, Error> {
        let function = *self.functions.last().ok_or_else(|| Error::new("no function is executed"))?;
        let (sets, sums, facts) = (&self.plan.sets, &self.plan.sums, RefCell::default());
        let scope = Scope {
            module: self.module,
            function,
            now,
            old: &self.old,
            entry: Some(entry),
            events: &self.events,
            sets,
            sums,
            facts: &facts,
        };
        let holds = evaluate(self.pool, scope, expr);
        self.facts.extend(facts.into_inner());
        holds
    }

    /// Assumes that sums grow by their summands at an index.
    pub(super) fn sum_steps(&mut self, at: Term) -> Result<(), Error> {
        let (Some(function), false) = (self.functions.first(), self.plan.sums.is_empty()) else { return Ok(()) };
        let facts = RefCell::default();
        let scope = Scope {
            module: self.module,
            function: *function,
            now: &self.old,
            old: &self.old,
            entry: None,
            events: &self.events,
            sets: &self.plan.sets,
            sums: &self.plan.sums,
            facts: &facts,
        };
        let steps = steps(self.pool, scope, at)?;
        self.facts.extend(steps);
        Ok(())
    }

    /// Replaces what a loop assigns by new variables.
    pub(super) fn forget(&mut self, state: &mut State, assigned: &Assigned, params: usize) {
        for local in &assigned.locals {
            let value = &mut state.locals[*local as usize];
            *value = self.pool.fresh("local", self.pool.sort(*value));
        }
        for (at, value) in state.globals.iter_mut().enumerate() {
            let is_mutable = self.module.globals[at].constant.is_none();
            if is_mutable && (assigned.calls || assigned.globals.contains(&(at as u32))) {
                *value = self.pool.fresh("global", self.pool.sort(*value));
            }
        }
        if assigned.memory || assigned.calls {
            state.memory = self.pool.fresh("memory", self.pool.sort(state.memory));
        }
        if assigned.elements || assigned.calls {
            self.epoch += 1;
        }
        if assigned.grows || assigned.calls {
            self.pages_grow(state);
            state.granted = self.pool.fresh("granted", Sort::Bool);
        }
        let height = state.stack.len() - params;
        for value in &mut state.stack[height..] {
            *value = self.pool.fresh("operand", self.pool.sort(*value));
        }
    }

    pub(super) fn branch(&mut self, depth: u32, mut state: State) -> Result<(), Error> {
        if self.pool.constant(state.path) == Some(0) {
            return Ok(());
        }
        let at = self.labels.len().checked_sub(1 + depth as usize);
        let label = at.and_then(|at| self.labels.get_mut(at)).ok_or_else(|| Error::new("a branch has no label"))?;
        let results = state.stack.split_off(state.stack.len() - label.arity);
        state.stack.truncate(label.height);
        state.stack.extend(results);
        label.incoming.push(state);
        Ok(())
    }
}
