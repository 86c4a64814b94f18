//! Executions that are compared with each other: what is unknown is a function of what has happened before, so that it is the
//! same in two executions in which the same has happened.

use super::executor::{Executor, Label};
use crate::error::Error;
use crate::module::Code;
use crate::state::{State, sort};
use crate::term::{Op, Sort, Term};
use wasmparser::ValType;

impl Executor<'_> {
    /// Executes a loop a number of times. Further iterations are outside of what is compared.
    pub(super) fn unroll(
        &mut self,
        ty: wasmparser::BlockType,
        body: &[Code<'_>],
        entry: State,
        iterations: u32,
    ) -> Result<Option<State>, Error> {
        let (params, _) = self.module.block_type(ty)?;
        let height = entry.stack.len() - params;
        let mut head = Some(entry);
        let mut ends = Vec::new();
        for _ in 0..iterations {
            let Some(state) = head.take() else { break };
            self.labels.push(Label { height, arity: params, incoming: Vec::new() });
            ends.extend(self.sequence(body, Some(state))?);
            let label = self.labels.pop().ok_or_else(|| Error::new("a loop has no label"))?;
            head = State::merge(self.pool, label.incoming);
        }
        self.events.outside.extend(head.map(|state| state.path));
        Ok(State::merge(self.pool, ends))
    }

    /// Records an event that others can observe, together with the globals that the program can have assigned before.
    fn record(&mut self, what: &str, state: &mut State, operands: &[Term]) {
        let mut args = vec![state.trace, state.memory, state.pages];
        args.extend(operands);
        let globals = 0..self.module.globals.len();
        args.extend(globals.filter(|at| self.is_shared(*at)).map(|at| state.globals[at]));
        state.trace = self.pool.unknown(&format!("after {what}, {}", args.len()), args, Sort::Bits(64));
    }

    /// Whether a global can have several values.
    fn is_shared(&self, global: usize) -> bool {
        self.module.globals[global].constant.is_none()
    }

    /// A call of a function that is not executed: what it returns and assigns depends on the trace.
    pub(super) fn call_compared(
        &mut self,
        function: u32,
        name: String,
        mut state: State,
    ) -> Result<Option<State>, Error> {
        if self.plan.compared.as_ref().is_some_and(|compared| compared.outside.contains(&name)) {
            self.events.outside.push(state.path);
            return Ok(None);
        }
        let ty = self.module.type_of(function)?;
        if ty.params().iter().chain(ty.results()).any(|ty| matches!(ty, ValType::Ref(_))) {
            return Err(Error::new("a reference is passed to a function that is not executed"));
        }
        let args = state.stack.split_off(state.stack.len() - ty.params().len());
        self.record(&name, &mut state, &args);
        let trace = state.trace;
        for at in 0..self.module.globals.len() {
            if !self.is_shared(at) {
                continue;
            }
            let name = format!("then @{}", self.module.global_name(at as u32));
            state.globals[at] = self.pool.unknown(&name, vec![trace], self.pool.sort(state.globals[at]));
        }
        state.memory = self.pool.unknown("then memory", vec![trace], self.pool.sort(state.memory));
        let pages = self.pool.unknown("then pages", vec![trace], Sort::Bits(64));
        let grown = self.pool.apply(Op::BvUle, &[state.pages, pages]);
        let grown = self.pool.implies(state.path, grown);
        self.assumed.push(grown);
        self.limit_pages(pages);
        state.pages = pages;
        for (at, result) in ty.results().iter().enumerate() {
            let value = self.pool.unknown(&format!("result {at} of {name}"), vec![trace], sort(*result));
            state.stack.push(value);
        }
        self.epoch += 1;
        Ok(Some(state))
    }

    /// Whether the host lets the memory grow.
    pub(super) fn agreed(&mut self, state: &mut State, count: Term) -> Term {
        if self.plan.compared.is_none() {
            return self.pool.fresh("agreed", Sort::Bool);
        }
        self.record("memory.grow", state, &[count]);
        self.pool.unknown("agreed", vec![state.trace], Sort::Bool)
    }

    /// The memory after a range of it was written.
    pub(super) fn overwritten(&mut self, how: &str, state: &State, operands: [Term; 3]) -> Term {
        let memory = self.pool.sort(state.memory);
        if self.plan.compared.is_none() {
            return self.pool.fresh("memory", memory);
        }
        let [to, what, bytes] = operands;
        self.pool.unknown(how, vec![state.memory, to, what, bytes], memory)
    }
}
