//! Instances in the state of a counterexample, and what a run in one of them shows.

use crate::observe::{MAX_ACCESSES, MAX_GROWTHS, Observed, is_integer, observe};
use crate::support::host::{Limits, Running, State, violation};
use linmem_host::wasmtime::{Error, Global, Mutability, Trap, Val, ValType, WasmBacktrace};
use linmem_proofs::concrete::{End, Moment, Run, returns_results};
use linmem_proofs::module::Module;
use linmem_proofs::refute::{Counterexample, Outcome};
use linmem_proofs::theorem::Theorem;
use std::collections::BTreeMap;
use std::ops::Range;

/// The fuel of a call: filling the memory consumes some for each byte. A loop may run for long.
const FUEL: u64 = 1 << 33;
const FUEL_OF_LOOPS: u64 = 1 << 27;

/// The size of a memory that is compared as a whole.
const MAX_RANGE: usize = 1 << 24;

/// What a run needs.
pub(crate) struct Setting<'a> {
    pub(crate) module: Module<'a>,
    function: u32,
    target: u32,
    observed: Observed,
}

impl<'a> Setting<'a> {
    pub(crate) fn new(linked: &'a [u8], theorem: &'a Theorem) -> Result<Setting<'a>, String> {
        let module = Module::read(linked).unwrap();
        let function = module.function(&theorem.function).unwrap();
        let target = match &theorem.call {
            Some((export, _)) => module.exports.get(export).copied().unwrap_or_else(|| panic!("no export {export}")),
            None => function,
        };
        if !module.type_of(target).unwrap().params().iter().all(|ty| is_integer(*ty)) {
            return Err("a host cannot make the operands".to_string());
        }
        let observed = observe(linked, theorem, function, target);
        let observed = observed.ok_or("the code has a form that runs do not show")?;
        Ok(Setting { module, function, target, observed })
    }

    /// Starts an instance in the state of the counterexample.
    fn start(&self, found: &Counterexample) -> Result<Running, String> {
        let mut running = Running::new(&self.observed.bytes, State::default());
        let has_loop = found.outcome == Outcome::Unclear;
        running.store.set_fuel(if has_loop { FUEL_OF_LOOPS } else { FUEL }).unwrap();
        if let Some(memory) = running.instance.get_memory(&mut running.store, "observed.memory") {
            let missing = found.pages.checked_sub(memory.size(&running.store));
            let missing = missing.ok_or("an instance has more pages")?;
            memory.grow(&mut running.store, missing).map_err(|error| error.to_string())?;
            let data = memory.data_mut(&mut running.store);
            for (address, byte) in &found.memory {
                if let Some(place) = data.get_mut(*address as usize) {
                    *place = *byte;
                }
            }
        }
        for at in 0..self.module.globals.len() {
            let name = format!("@{}", self.module.global_name(at as u32));
            let global = self.global(&mut running, at);
            let ty = global.ty(&running.store);
            if let (Some(value), Mutability::Var) = (found.assignment.get(&name), ty.mutability())
                && let Some(value) = operand(ty.content(), value.number())
            {
                global.set(&mut running.store, value).unwrap();
            }
        }
        Ok(running)
    }

    fn global(&self, running: &mut Running, at: usize) -> Global {
        running.instance.get_global(&mut running.store, &format!("observed.global.{at}")).unwrap()
    }

    /// What a run showed of itself.
    fn shown(&self, running: &mut Running, name: &str) -> Option<u128> {
        let global = running.instance.get_global(&mut running.store, &format!("observed.{name}"))?;
        number(&global.get(&mut running.store))
    }

    /// The state of an instance, whose memory consists of zeros outside of some ranges.
    fn moment(&self, running: &mut Running, ranges: &[Range<usize>]) -> Moment {
        let globals = (0..self.module.globals.len()).map(|at| {
            let global = self.global(running, at);
            number(&global.get(&mut running.store))
        });
        let globals = globals.collect();
        let memory = running.instance.get_memory(&mut running.store, "observed.memory");
        let Some(memory) = memory else { return Moment { globals, ..Moment::default() } };
        let data = memory.data(&running.store);
        let mut bytes = BTreeMap::new();
        for range in ranges {
            let range = range.start.min(data.len())..range.end.min(data.len());
            let some = data[range.clone()].iter().enumerate().filter(|(_, byte)| **byte != 0);
            bytes.extend(some.map(|(at, byte)| ((range.start + at) as u128, *byte)));
        }
        Moment { globals, memory: Some(bytes), pages: memory.size(&running.store) }
    }

    /// Runs a counterexample: what the call does, and what it shows.
    pub(crate) fn run(&self, found: &Counterexample, limits: Limits) -> Result<Observation, String> {
        let mut running = self.start(found)?;
        let mut ranges: Vec<Range<usize>> = Vec::new();
        ranges.extend(found.memory.keys().map(|at| *at as usize..*at as usize + 1));
        ranges.extend(self.module.data.iter().filter_map(|(at, size)| Some((*at)? as usize..((*at)? + size) as usize)));
        let before = self.moment(&mut running, &ranges);
        running.store.data_mut().limits = limits;
        let function = running.instance.get_func(&mut running.store, "observed.target").unwrap();
        let params = function.ty(&running.store).params().collect::<Vec<_>>();
        let operands = params.iter().zip(&found.call.1).filter_map(|(ty, value)| operand(ty, *value));
        let operands: Vec<Val> = operands.collect();
        let (outcome, end) = match running.call("observed.target", &operands) {
            Ok(results) => {
                let known: Vec<Option<u128>> = results.iter().map(number).collect();
                let outcome = Outcome::Returns(known.iter().flatten().copied().collect());
                let count = self.module.type_of(self.function).unwrap().results().len();
                let is_result =
                    self.target == self.function || returns_results(&self.module, self.target, self.function);
                (outcome, End::Returned(if is_result { known } else { vec![None; count] }))
            }
            Err(error) => {
                let trapped =
                    |(kind, is_here): (String, bool)| (Outcome::Traps(kind.clone()), End::Trapped(kind, is_here));
                self.trap(&error).map_or((Outcome::Unclear, End::Stopped), trapped)
            }
        };
        if self.shown(&mut running, "active") != Some(1) {
            return Err("the call does not reach the function".to_string());
        }
        let (accesses, has_all_accesses) = self.accesses(&mut running);
        if has_all_accesses {
            ranges.extend(accesses.iter().map(|(at, bytes)| *at as usize..(at + bytes) as usize));
        } else {
            ranges.clear();
            ranges.push(0..usize::MAX);
        }
        let is_large = ranges.iter().any(|range| range.end - range.start > MAX_RANGE);
        let is_shown = !is_large || found.pages <= MAX_RANGE as u64 >> 16;
        let after = self.moment(&mut running, if is_shown { &ranges } else { &[] });
        let after = Moment { memory: after.memory.filter(|_| is_shown), ..after };
        let types = self.module.type_of(self.function).unwrap().params().len();
        let locals = types + self.module.body(self.function).unwrap().locals.len();
        let plain = |name: String| name.strip_prefix("linmem.").map(str::to_string).unwrap_or(name);
        let called = self.observed.called.iter().enumerate();
        let called: Vec<_> = called.map(|(at, index)| (at, plain(self.module.name_of(*index)))).collect();
        let run = Run {
            params: (0..types).map(|at| self.shown(&mut running, &format!("param.{at}"))).collect(),
            locals: (0..locals).map(|at| self.shown(&mut running, &format!("local.{at}"))).collect(),
            assigned: self.observed.assigned.clone(),
            before,
            after,
            end,
            accesses,
            has_all_accesses,
            grown: self.grown(&mut running),
            calls: called
                .into_iter()
                .filter(|(at, _)| self.shown(&mut running, &format!("call.{at}")) == Some(1))
                .map(|(_, name)| name)
                .collect(),
            loops: (0..self.observed.loops)
                .filter(|at| self.shown(&mut running, &format!("loop.{at}")) == Some(1))
                .collect(),
        };
        let grows = running.store.data().limits.grows;
        Ok(Observation { outcome, run, grows })
    }

    /// The kind of a trap, and whether the function itself trapped. `None` if the run was stopped.
    fn trap(&self, error: &Error) -> Option<(String, bool)> {
        let frames = error.downcast_ref::<WasmBacktrace>().map(WasmBacktrace::frames).unwrap_or_default();
        let is_here = |depth: usize| frames.get(depth).is_some_and(|frame| frame.func_index() == self.function);
        if let Some(kind) = violation(error) {
            return Some((kind, is_here(1)));
        }
        let kind = match error.downcast_ref::<Trap>()? {
            Trap::MemoryOutOfBounds => "memory",
            Trap::IntegerDivisionByZero | Trap::IntegerOverflow => "division",
            Trap::NullReference => "null",
            Trap::CastFailure => "cast",
            Trap::ArrayOutOfBounds => "array",
            Trap::HeapMisaligned => "unaligned",
            Trap::UnreachableCodeReached => {
                let name = frames.first()?.func_name()?;
                let name = name.strip_prefix("linmem.").unwrap_or(name);
                let traps = self.module.always_traps(frames.first()?.func_index());
                return Some(if traps { (name.to_string(), is_here(1)) } else { ("unreachable".into(), is_here(0)) });
            }
            _ => return None,
        };
        Some((kind.to_string(), is_here(0)))
    }

    /// The accesses that a run recorded, and whether these are all.
    fn accesses(&self, running: &mut Running) -> (Vec<(u128, u128)>, bool) {
        let count = self.shown(running, "accesses").unwrap_or(0);
        let mut found = words(running, 0, 2 * count.min(MAX_ACCESSES.into()) as usize, 8);
        for name in ["lowest", "highest"] {
            found.extend(self.shown(running, name).filter(|_| count > 0));
            found.extend(self.shown(running, &format!("{name}_bytes")).filter(|_| count > 0));
        }
        (pairs(&found), count <= MAX_ACCESSES.into())
    }

    /// The pages that `memory.grow` returned.
    fn grown(&self, running: &mut Running) -> Vec<(u128, u128)> {
        let count = self.shown(running, "growths").unwrap_or(0).min(MAX_GROWTHS.into()) as usize;
        pairs(&words(running, 65536, 2 * count, 4))
    }
}

/// What a call did, and the number of times that it called `memory.grow`.
pub(crate) struct Observation {
    pub(crate) outcome: Outcome,
    pub(crate) run: Run,
    pub(crate) grows: usize,
}

/// Numbers that a run recorded.
fn words(running: &mut Running, from: usize, count: usize, size: usize) -> Vec<u128> {
    let trace = running.instance.get_memory(&mut running.store, "observed.trace").unwrap();
    let bytes = trace.data(&running.store)[from..from + count * size].chunks(size);
    bytes.map(|bytes| bytes.iter().rev().fold(0, |number, byte| number << 8 | u128::from(*byte))).collect()
}

fn pairs(numbers: &[u128]) -> Vec<(u128, u128)> {
    numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

/// A value that a host passes: an integer of a type.
pub(crate) fn operand(ty: &ValType, value: u128) -> Option<Val> {
    match ty {
        ValType::I32 => Some(Val::I32(value as i32)),
        ValType::I64 => Some(Val::I64(value as i64)),
        _ => None,
    }
}

/// The bits of an integer that a host reads.
pub(crate) fn number(value: &Val) -> Option<u128> {
    match value {
        Val::I32(value) => Some(u128::from(*value as u32)),
        Val::I64(value) => Some(u128::from(*value as u64)),
        _ => None,
    }
}
