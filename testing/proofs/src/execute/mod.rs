//! Executes a function on symbols. States are merged where paths meet; a loop is cut at its head, where its invariants hold.

mod array;
mod assigned;
mod atomic;
mod compared;
mod control;
mod elsewhere;
mod executor;
mod memory;
mod plain;
mod reference;

use crate::error::Error;
use crate::module::Module;
use crate::state::{Events, State, sort};
use crate::term::{Pool, Sort, Term};
use executor::Executor;

pub use executor::{Compared, Execution, Obligation, Plan};

/// Executes a function, whose parameters are variables named after them.
pub fn execute(pool: &mut Pool, module: &Module<'_>, function: u32, plan: &Plan) -> Result<Execution, Error> {
    let old = entered(pool, module, function)?;
    let mut executor = Executor {
        pool,
        module,
        plan,
        functions: Vec::new(),
        labels: Vec::new(),
        events: Events::default(),
        assumed: Vec::new(),
        facts: Vec::new(),
        obligations: Vec::new(),
        old: old.clone(),
        epoch: 0,
    };
    executor.limit_pages(old.pages);
    let start = State { stack: old.locals.clone(), locals: Vec::new(), ..old.clone() };
    let end = executor.inline(function, start)?;
    let never = State { path: executor.pool.bool(false), ..old.clone() };
    let end = end.unwrap_or(never);
    let Executor { events, assumed, facts, obligations, .. } = executor;
    Ok(Execution { old, end, events, assumed, facts, obligations })
}

/// The state in which a function is entered. All of it is variables, except that immutable globals may be constant.
pub(crate) fn entered(pool: &mut Pool, module: &Module<'_>, function: u32) -> Result<State, Error> {
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
    let trace = pool.bits(64, 0);
    Ok(State { path, stack: Vec::new(), locals: params, globals, memory, pages, granted: pool.bool(false), trace })
}

/// The name of the variable that a parameter is.
pub fn parameter(module: &Module<'_>, function: u32, at: u32) -> String {
    let name = module.local_names.get(&function).and_then(|names| names.get(&at));
    format!("${}", name.cloned().unwrap_or_else(|| at.to_string()))
}
