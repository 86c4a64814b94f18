//! Executes a function on symbols. States are merged where paths meet; a loop is cut at its head, where its invariants hold.

use crate::arithmetic;
use crate::claim::{Invariants, LENGTH, Scope, Sets, evaluate, field, is_of};
use crate::error::Error;
use crate::module::{Code, Module};
use crate::state::{Access, Call, Events, State, integer, sort};
use crate::term::{INTEGER, Op, Pool, Sort, Term};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use wasmparser::{HeapType, MemArg, Operator, ValType};

/// How a function is executed.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The invariants of loops. A loop without any has the invariant that is always true.
    pub invariants: Invariants,
    /// Loops that are assumed not to be reached, by the name of the function and the number of the loop in it.
    pub unreached: HashSet<(String, usize)>,
    /// Functions that are not executed, and may do anything to globals and to the memory.
    pub opaque: HashSet<String>,
    /// The sets of addresses that invariants speak of.
    pub sets: Sets,
}

/// What must be proved about a function for its execution to mean anything: that invariants hold.
#[derive(Clone, Debug)]
pub struct Obligation {
    /// What it is, for messages.
    pub what: String,
    /// What must hold.
    pub holds: Term,
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
    /// The invariants that must be proved.
    pub obligations: Vec<Obligation>,
}

/// A place that branches lead to.
struct Label {
    height: usize,
    arity: usize,
    incoming: Vec<State>,
}

struct Executor<'a> {
    pool: &'a mut Pool,
    module: &'a Module<'a>,
    plan: &'a Plan,
    /// The functions that are being executed, the innermost one last.
    functions: Vec<u32>,
    labels: Vec<Label>,
    events: Events,
    assumed: Vec<Term>,
    obligations: Vec<Obligation>,
    old: State,
    /// The number of calls of opaque functions, which may assign fields.
    epoch: u32,
}

/// The functions that may call each other, at most.
const MAX_DEPTH: usize = 12;

/// Executes a function, whose parameters are variables named after them.
pub fn execute(pool: &mut Pool, module: &Module<'_>, function: u32, plan: &Plan) -> Result<Execution, Error> {
    let ty = module.type_of(function)?;
    let params: Vec<Term> = (0..ty.params().len() as u32)
        .map(|at| pool.variable(&parameter(module, function, at), sort(ty.params()[at as usize])))
        .collect();
    let globals = (0..module.globals.len()).map(|at| {
        let global = &module.globals[at];
        match (global.constant, sort(global.ty)) {
            (Some(value), Sort::Bits(width)) => pool.bits(width, value as u64 as u128),
            (_, sort) => pool.variable(&format!("@{}", module.global_name(at as u32)), sort),
        }
    });
    let globals = globals.collect();
    let width = module.memory.map_or(32, |(width, _)| width);
    let path = pool.bool(true);
    let memory = pool.variable("memory", Sort::Memory(width));
    let pages = pool.variable("pages", Sort::Bits(64));
    let old = State { path, stack: Vec::new(), locals: params, globals, memory, pages, granted: pool.bool(false) };
    let mut executor = Executor {
        pool,
        module,
        plan,
        functions: Vec::new(),
        labels: Vec::new(),
        events: Events::default(),
        assumed: Vec::new(),
        obligations: Vec::new(),
        old: old.clone(),
        epoch: 0,
    };
    executor.limit_pages(pages);
    let start = State { stack: old.locals.clone(), locals: Vec::new(), ..old.clone() };
    let end = executor.inline(function, start)?;
    let never = State { path: executor.pool.bool(false), ..old.clone() };
    let end = end.unwrap_or(never);
    let Executor { events, assumed, obligations, .. } = executor;
    Ok(Execution { old, end, events, assumed, obligations })
}

/// The name of the variable that a parameter is.
pub fn parameter(module: &Module<'_>, function: u32, at: u32) -> String {
    let name = module.local_names.get(&function).and_then(|names| names.get(&at));
    format!("${}", name.cloned().unwrap_or_else(|| at.to_string()))
}

impl Executor<'_> {
    fn name(&self) -> String {
        self.functions.last().map(|function| plain_name(self.module, *function)).unwrap_or_default()
    }

    fn limit_pages(&mut self, pages: Term) {
        let most = self.pool.bits(64, self.module.max_pages.into());
        let holds = self.pool.apply(Op::BvUle, &[pages, most]);
        self.assumed.push(holds);
    }

    /// Executes a call whose operands are on the stack.
    fn inline(&mut self, function: u32, mut state: State) -> Result<Option<State>, Error> {
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

    fn sequence(&mut self, codes: &[Code<'_>], mut state: Option<State>) -> Result<Option<State>, Error> {
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

    fn block(&mut self, ty: wasmparser::BlockType, body: &[Code<'_>], state: State) -> Result<Option<State>, Error> {
        let (params, results) = self.module.block_type(ty)?;
        let height = state.stack.len() - params;
        self.labels.push(Label { height, arity: results.len(), incoming: Vec::new() });
        let end = self.sequence(body, Some(state))?;
        self.join(end)
    }

    /// Ends the innermost block.
    fn join(&mut self, end: Option<State>) -> Result<Option<State>, Error> {
        let label = self.labels.pop().ok_or_else(|| Error::new("a block has no label"))?;
        Ok(State::merge(self.pool, label.incoming.into_iter().chain(end).collect()))
    }

    fn either(
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

    fn repeat(
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
        let (params, _) = self.module.block_type(ty)?;
        self.hold(&key, &entry, &entry, "on entry")?;
        self.events.loops.push(entry.path);
        let mut head = entry.clone();
        let mut assigned = Assigned::default();
        assigned.scan(body);
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
        Ok(end)
    }

    /// The invariants of a loop must hold in a state.
    fn hold(&mut self, key: &(String, usize), state: &State, entry: &State, when: &str) -> Result<(), Error> {
        for (at, expr) in self.plan.invariants.get(key).into_iter().flatten().enumerate() {
            let holds = self.evaluate(expr, state, entry)?;
            let holds = self.pool.implies(state.path, holds);
            let what = format!("invariant {} of loop {}, {when}", at + 1, key.1);
            self.obligations.push(Obligation { what, holds });
        }
        Ok(())
    }

    fn evaluate(&mut self, expr: &crate::parse::Expr, now: &State, entry: &State) -> Result<Term, Error> {
        let function = *self.functions.last().ok_or_else(|| Error::new("no function is executed"))?;
        let (sets, facts) = (&self.plan.sets, RefCell::default());
        let scope = Scope {
            module: self.module,
            function,
            now,
            old: &self.old,
            entry: Some(entry),
            events: &self.events,
            sets,
            facts: &facts,
        };
        let holds = evaluate(self.pool, scope, expr);
        self.assumed.extend(facts.into_inner());
        holds
    }

    /// Replaces what a loop assigns by new variables.
    fn forget(&mut self, state: &mut State, assigned: &Assigned, params: usize) {
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
        if assigned.grows || assigned.calls {
            self.pages_grow(state);
            state.granted = self.pool.fresh("granted", Sort::Bool);
        }
        let height = state.stack.len() - params;
        for value in &mut state.stack[height..] {
            *value = self.pool.fresh("operand", self.pool.sort(*value));
        }
    }

    /// The memory has grown by any number of pages.
    fn pages_grow(&mut self, state: &mut State) {
        let pages = self.pool.fresh("pages", Sort::Bits(64));
        let grown = self.pool.apply(Op::BvUle, &[state.pages, pages]);
        self.assumed.push(grown);
        self.limit_pages(pages);
        state.pages = pages;
    }

    fn along(&mut self, state: &State, condition: Term) -> State {
        State { path: self.pool.and(state.path, condition), ..state.clone() }
    }

    fn condition(&mut self, state: &mut State) -> Result<Term, Error> {
        let condition = pop(state)?;
        Ok(self.pool.is_true(condition))
    }

    fn branch(&mut self, depth: u32, mut state: State) -> Result<(), Error> {
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

    /// Traps if the condition holds.
    fn trap(&mut self, kind: &str, state: &mut State, condition: Term) {
        let path = self.pool.and(state.path, condition);
        if self.pool.constant(path) != Some(0) {
            self.events.traps.push((kind.to_string(), path));
        }
        let not = self.pool.not(condition);
        state.path = self.pool.and(state.path, not);
    }

    fn trap_always(&mut self, kind: &str, mut state: State) -> Option<State> {
        let always = self.pool.bool(true);
        self.trap(kind, &mut state, always);
        None
    }

    fn plain(&mut self, operator: &Operator<'_>, mut state: State) -> Result<Option<State>, Error> {
        use Operator as O;
        if let [.., a, b] = state.stack[..]
            && matches!(
                operator,
                O::I32DivS | O::I64DivS | O::I32DivU | O::I64DivU | O::I32RemS | O::I64RemS | O::I32RemU | O::I64RemU
            )
            && let Some(traps) = arithmetic::division_traps(self.pool, operator, a, b)
        {
            self.trap("division", &mut state, traps);
        }
        if arithmetic::execute(self.pool, operator, &mut state.stack) {
            return Ok(Some(state));
        }
        match operator {
            O::Nop => {}
            O::Drop => drop(pop(&mut state)?),
            O::Unreachable => return Ok(self.trap_always("unreachable", state)),
            O::LocalGet { local_index } => state.stack.push(state.locals[*local_index as usize]),
            O::LocalSet { local_index } => {
                let value = pop(&mut state)?;
                state.locals[*local_index as usize] = value;
            }
            O::LocalTee { local_index } => {
                let value = *state.stack.last().ok_or_else(underflow)?;
                state.locals[*local_index as usize] = value;
            }
            O::GlobalGet { global_index } => state.stack.push(state.globals[*global_index as usize]),
            O::GlobalSet { global_index } => {
                let value = pop(&mut state)?;
                state.globals[*global_index as usize] = value;
            }
            O::Br { relative_depth } => {
                self.branch(*relative_depth, state)?;
                return Ok(None);
            }
            O::BrIf { relative_depth } => {
                let condition = self.condition(&mut state)?;
                let taken = self.along(&state, condition);
                self.branch(*relative_depth, taken)?;
                let not = self.pool.not(condition);
                state = self.along(&state, not);
            }
            O::BrTable { targets } => {
                let index = pop(&mut state)?;
                for (number, target) in targets.targets().enumerate() {
                    let number = self.pool.bits(32, number as u128);
                    let equal = self.pool.eq(index, number);
                    let taken = self.along(&state, equal);
                    self.branch(target?, taken)?;
                    let not = self.pool.not(equal);
                    state = self.along(&state, not);
                }
                self.branch(targets.default(), state)?;
                return Ok(None);
            }
            O::Return => {
                self.branch(self.labels.len() as u32 - 1, state)?;
                return Ok(None);
            }
            O::Call { function_index } => return self.call(*function_index, state),
            O::MemorySize { mem: 0 } => {
                let pages = self.pool.apply(Op::Extract(0, self.address_width()), &[state.pages]);
                state.stack.push(pages);
            }
            O::MemoryGrow { mem: 0 } => self.grow(&mut state)?,
            O::MemoryFill { mem: 0 } => {
                let (bytes, _, to) = (pop(&mut state)?, pop(&mut state)?, pop(&mut state)?);
                self.range(&mut state, to, bytes);
                state.memory = self.pool.fresh("memory", self.pool.sort(state.memory));
            }
            O::MemoryCopy { dst_mem: 0, src_mem: 0 } => {
                let (bytes, from, to) = (pop(&mut state)?, pop(&mut state)?, pop(&mut state)?);
                self.range(&mut state, to, bytes);
                self.range(&mut state, from, bytes);
                state.memory = self.pool.fresh("memory", self.pool.sort(state.memory));
            }
            _ => return self.access_or_reference(operator, state),
        }
        Ok(Some(state))
    }

    fn address_width(&self) -> u32 {
        self.module.memory.map_or(32, |(width, _)| width)
    }

    fn call(&mut self, function: u32, mut state: State) -> Result<Option<State>, Error> {
        let name = plain_name(self.module, function);
        let body = self.module.body(function);
        if body.is_some_and(|body| matches!(body.body[..], [Code::Plain(Operator::Unreachable)])) {
            return Ok(self.trap_always(&name, state));
        }
        if body.is_some() && !self.plan.opaque.contains(&name) {
            return self.inline(function, state);
        }
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
        Ok(Some(state))
    }

    /// `memory.grow`, which may fail for any reason.
    fn grow(&mut self, state: &mut State) -> Result<(), Error> {
        let width = self.address_width();
        let count = pop(state)?;
        let wide = |pool: &mut Pool, value: Term| pool.apply(Op::ZeroExtend(INTEGER), &[value]);
        let (from, added) = (wide(self.pool, state.pages), wide(self.pool, count));
        let sum = self.pool.apply(Op::BvAdd, &[from, added]);
        let most = self.pool.bits(INTEGER, self.module.max_pages.into());
        let fits = self.pool.apply(Op::BvUle, &[sum, most]);
        let agreed = self.pool.fresh("agreed", Sort::Bool);
        let succeeds = self.pool.and(fits, agreed);
        let path = self.pool.and(state.path, succeeds);
        let byte = self.pool.variable("byte", Sort::Bits(INTEGER));
        let shift = self.pool.bits(INTEGER, 16);
        let page = self.pool.apply(Op::BvLshr, &[byte, shift]);
        let (is_above, is_below) =
            (self.pool.apply(Op::BvUle, &[from, page]), self.pool.apply(Op::BvUlt, &[page, sum]));
        let is_in = self.pool.and(is_above, is_below);
        let is_in = self.pool.and(succeeds, is_in);
        state.granted = self.pool.or(state.granted, is_in);
        // New pages are zeros. Of these, the first bytes matter: the header of a chunk.
        let first = self.pool.apply(Op::BvShl, &[from, shift]);
        let first = self.pool.apply(Op::Extract(0, width), &[first]);
        let header = arithmetic::load(self.pool, state.memory, first, 16);
        let zero = self.pool.bits(128, 0);
        let is_zero = self.pool.eq(header, zero);
        let some = self.pool.is_true(count);
        let grows = self.pool.and(path, some);
        let is_new = self.pool.implies(grows, is_zero);
        self.assumed.push(is_new);
        let before = self.pool.apply(Op::Extract(0, width), &[state.pages]);
        let refused = self.pool.bits(width, u128::MAX);
        let result = self.pool.ite(succeeds, before, refused);
        let sum = self.pool.apply(Op::Extract(0, 64), &[sum]);
        state.pages = self.pool.ite(succeeds, sum, state.pages);
        state.stack.push(result);
        Ok(())
    }

    /// Records an access to a range, and traps if it is not in the memory.
    fn range(&mut self, state: &mut State, address: Term, bytes: Term) {
        let (address, bytes) = (integer(self.pool, address), integer(self.pool, bytes));
        self.events.accesses.push(Access { path: state.path, address, bytes });
        let pages = integer(self.pool, state.pages);
        let page = self.pool.bits(INTEGER, 16);
        let size = self.pool.apply(Op::BvShl, &[pages, page]);
        let end = self.pool.apply(Op::BvAdd, &[address, bytes]);
        let outside = self.pool.apply(Op::BvUlt, &[size, end]);
        self.trap("memory", state, outside);
    }

    /// The address of a load or store, after its check.
    fn address(&mut self, state: &mut State, memarg: &MemArg, address: Term, bytes: u32) -> Result<Term, Error> {
        if memarg.memory != 0 {
            return Err(Error::new("only the first memory is known"));
        }
        let wide = integer(self.pool, address);
        let offset = self.pool.bits(INTEGER, memarg.offset.into());
        let start = self.pool.apply(Op::BvAdd, &[wide, offset]);
        let bytes = self.pool.bits(INTEGER, bytes.into());
        self.range(state, start, bytes);
        Ok(self.pool.apply(Op::Extract(0, self.address_width()), &[start]))
    }

    fn access_or_reference(&mut self, operator: &Operator<'_>, mut state: State) -> Result<Option<State>, Error> {
        if let Some((memarg, bytes, width, is_signed)) = loaded(operator) {
            let address = pop(&mut state)?;
            let address = self.address(&mut state, memarg, address, bytes)?;
            let value = arithmetic::load(self.pool, state.memory, address, bytes);
            let extend = if is_signed { Op::SignExtend(width) } else { Op::ZeroExtend(width) };
            let value = self.pool.apply(extend, &[value]);
            state.stack.push(value);
            return Ok(Some(state));
        }
        if let Some((memarg, bytes)) = stored(operator) {
            let (value, address) = (pop(&mut state)?, pop(&mut state)?);
            let address = self.address(&mut state, memarg, address, bytes)?;
            state.memory = arithmetic::store(self.pool, state.memory, address, value, bytes);
            return Ok(Some(state));
        }
        self.reference(operator, state)
    }

    /// Whether a reference is to a type.
    fn is_instance(&mut self, reference: Term, ty: HeapType, null: bool) -> Result<Term, Error> {
        let HeapType::Concrete(index) = ty else { return Err(Error::new("a cast to an abstract type")) };
        let index = index.as_module_index().ok_or_else(|| Error::new("a type has no index"))?;
        let of_type = self.pool.unknown(&is_of(index), vec![reference], Sort::Bool);
        let some = self.pool.is_true(reference);
        if null {
            let none = self.pool.not(some);
            return Ok(self.pool.or(none, of_type));
        }
        Ok(self.pool.and(some, of_type))
    }

    /// The length of an array, which must not be null.
    fn length(&mut self, state: &mut State, array: Term) -> Term {
        let some = self.pool.is_true(array);
        let null = self.pool.not(some);
        self.trap("null", state, null);
        self.pool.unknown(LENGTH, vec![array], Sort::Bits(32))
    }

    fn reference(&mut self, operator: &Operator<'_>, mut state: State) -> Result<Option<State>, Error> {
        use Operator as O;
        match operator {
            O::RefNull { .. } => {
                let null = self.pool.bits(32, 0);
                state.stack.push(null);
            }
            O::RefIsNull => {
                let reference = pop(&mut state)?;
                let some = self.pool.is_true(reference);
                let null = self.pool.not(some);
                let null = self.pool.of_bool(null);
                state.stack.push(null);
            }
            O::RefAsNonNull => {
                let reference = *state.stack.last().ok_or_else(underflow)?;
                let some = self.pool.is_true(reference);
                let null = self.pool.not(some);
                self.trap("null", &mut state, null);
            }
            O::RefCastNonNull { hty } | O::RefCastNullable { hty } => {
                let reference = *state.stack.last().ok_or_else(underflow)?;
                let fits = self.is_instance(reference, *hty, matches!(operator, O::RefCastNullable { .. }))?;
                let fails = self.pool.not(fits);
                self.trap("cast", &mut state, fails);
            }
            O::RefTestNonNull { hty } | O::RefTestNullable { hty } => {
                let reference = pop(&mut state)?;
                let fits = self.is_instance(reference, *hty, matches!(operator, O::RefTestNullable { .. }))?;
                let fits = self.pool.of_bool(fits);
                state.stack.push(fits);
            }
            O::BrOnCast { relative_depth, to_ref_type, .. } | O::BrOnCastFail { relative_depth, to_ref_type, .. } => {
                let reference = *state.stack.last().ok_or_else(underflow)?;
                let fits = self.is_instance(reference, to_ref_type.heap_type(), to_ref_type.is_nullable())?;
                let fails = self.pool.not(fits);
                let is_cast = matches!(operator, O::BrOnCast { .. });
                let (taken, passed) = if is_cast { (fits, fails) } else { (fails, fits) };
                let taken = self.along(&state, taken);
                self.branch(*relative_depth, taken)?;
                state = self.along(&state, passed);
            }
            O::StructGet { struct_type_index, field_index }
            | O::StructGetU { struct_type_index, field_index }
            | O::StructGetS { struct_type_index, field_index } => {
                let reference = pop(&mut state)?;
                let some = self.pool.is_true(reference);
                let null = self.pool.not(some);
                self.trap("null", &mut state, null);
                let fields = &self.module.fields[struct_type_index];
                let (ty, is_mutable) = fields[*field_index as usize];
                let mut name = field(*struct_type_index, *field_index);
                if is_mutable {
                    name.push_str(&format!("@{}", self.epoch));
                }
                let sort = ty.map_or(Sort::Bits(32), sort);
                let value = self.pool.unknown(&name, vec![reference], sort);
                if matches!(ty, Some(ValType::Ref(ty)) if !ty.is_nullable()) {
                    let some = self.pool.is_true(value);
                    self.assumed.push(some);
                }
                state.stack.push(value);
            }
            O::ArrayLen => {
                let array = pop(&mut state)?;
                let length = self.length(&mut state, array);
                state.stack.push(length);
            }
            O::ArrayGet { array_type_index }
            | O::ArrayGetU { array_type_index }
            | O::ArrayGetS { array_type_index } => {
                let (index, array) = (pop(&mut state)?, pop(&mut state)?);
                let length = self.length(&mut state, array);
                let outside = self.pool.apply(Op::BvUle, &[length, index]);
                self.trap("array", &mut state, outside);
                let (ty, bits) = self.module.elements[array_type_index];
                let name = format!("element.{array_type_index}@{}", self.epoch);
                let kept = self.pool.unknown(&name, vec![array, index], Sort::Bits(bits));
                let Sort::Bits(width) = sort(ty) else { return Err(Error::new("an element is not a number")) };
                let is_signed = matches!(operator, O::ArrayGetS { .. });
                let extend = if is_signed { Op::SignExtend(width) } else { Op::ZeroExtend(width) };
                let value = self.pool.apply(extend, &[kept]);
                state.stack.push(value);
            }
            O::StructNew { struct_type_index } => {
                let fields = self.module.fields[struct_type_index].clone();
                let values = state.stack.split_off(state.stack.len() - fields.len());
                let reference = self.pool.fresh("struct", Sort::Bits(32));
                let some = self.pool.is_true(reference);
                let of_type = self.pool.unknown(&is_of(*struct_type_index), vec![reference], Sort::Bool);
                self.assumed.extend([some, of_type]);
                for (number, value) in values.into_iter().enumerate().filter(|(number, _)| !fields[*number].1) {
                    let name = field(*struct_type_index, number as u32);
                    let known = self.pool.unknown(&name, vec![reference], self.pool.sort(value));
                    let equal = self.pool.eq(known, value);
                    self.assumed.push(equal);
                }
                state.stack.push(reference);
            }
            other => return Err(Error::new(format!("{other:?} in {} is not supported", self.name()))),
        }
        Ok(Some(state))
    }
}

/// The name of a function without the prefix of linmem.
fn plain_name(module: &Module<'_>, function: u32) -> String {
    let name = module.name_of(function);
    name.strip_prefix("linmem.").map(str::to_string).unwrap_or(name)
}

fn underflow() -> Error {
    Error::new("an operand is missing")
}

fn pop(state: &mut State) -> Result<Term, Error> {
    state.stack.pop().ok_or_else(underflow)
}

/// A load: its place, its bytes, the width of its result, and whether it is signed.
fn loaded<'a>(operator: &'a Operator<'_>) -> Option<(&'a MemArg, u32, u32, bool)> {
    use Operator as O;
    Some(match operator {
        O::I32Load { memarg } | O::F32Load { memarg } => (memarg, 4, 32, false),
        O::I64Load { memarg } | O::F64Load { memarg } => (memarg, 8, 64, false),
        O::I32Load8U { memarg } => (memarg, 1, 32, false),
        O::I32Load8S { memarg } => (memarg, 1, 32, true),
        O::I32Load16U { memarg } => (memarg, 2, 32, false),
        O::I32Load16S { memarg } => (memarg, 2, 32, true),
        O::I64Load8U { memarg } => (memarg, 1, 64, false),
        O::I64Load8S { memarg } => (memarg, 1, 64, true),
        O::I64Load16U { memarg } => (memarg, 2, 64, false),
        O::I64Load16S { memarg } => (memarg, 2, 64, true),
        O::I64Load32U { memarg } => (memarg, 4, 64, false),
        O::I64Load32S { memarg } => (memarg, 4, 64, true),
        O::V128Load { memarg } => (memarg, 16, 128, false),
        _ => return None,
    })
}

/// A store: its place and its bytes.
fn stored<'a>(operator: &'a Operator<'_>) -> Option<(&'a MemArg, u32)> {
    use Operator as O;
    Some(match operator {
        O::I32Store { memarg } | O::F32Store { memarg } | O::I64Store32 { memarg } => (memarg, 4),
        O::I64Store { memarg } | O::F64Store { memarg } => (memarg, 8),
        O::I32Store8 { memarg } | O::I64Store8 { memarg } => (memarg, 1),
        O::I32Store16 { memarg } | O::I64Store16 { memarg } => (memarg, 2),
        O::V128Store { memarg } => (memarg, 16),
        _ => return None,
    })
}

/// What code assigns.
#[derive(Default)]
struct Assigned {
    locals: BTreeSet<u32>,
    globals: BTreeSet<u32>,
    memory: bool,
    grows: bool,
    calls: bool,
}

impl Assigned {
    fn scan(&mut self, codes: &[Code<'_>]) {
        for code in codes {
            match code {
                Code::Block(_, body) | Code::Loop(_, _, body) => self.scan(body),
                Code::If(_, then, other) => {
                    self.scan(then);
                    self.scan(other);
                }
                Code::Plain(operator) => match operator {
                    Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                        self.locals.insert(*local_index);
                    }
                    Operator::GlobalSet { global_index } => {
                        self.globals.insert(*global_index);
                    }
                    Operator::Call { .. } => self.calls = true,
                    Operator::MemoryGrow { .. } => self.grows = true,
                    Operator::MemoryFill { .. } | Operator::MemoryCopy { .. } => self.memory = true,
                    other => self.memory |= stored(other).is_some(),
                },
            }
        }
    }
}
