//! Finds the functions that may throw an exception.
//!
//! A function may throw if it contains an instruction that throws, or calls a function that may throw. Imported functions
//! may throw, except those of WASI; so may indirect calls. Whether a handler catches the exception is not considered.

use super::graph::Callee;
use crate::code::FunctionRef;
use crate::link::input::Input;

/// The functions that may throw, by index, and the functions that each function calls.
#[derive(Debug, Default)]
pub(crate) struct Throws {
    may_throw: Vec<bool>,
    /// By the position of the body: whether the function may call any function.
    calls_unknown: Vec<bool>,
    imported: u32,
    /// Whether the module has a tag, or an instruction that throws or catches exceptions.
    pub(super) has_exceptions: bool,
    /// Whether the module has an instruction of legacy exception handling.
    is_legacy: bool,
    /// Whether no function throws.
    nothing_throws: bool,
}

impl Throws {
    /// Combines what each function does.
    pub(crate) fn of(input: &Input<'_>) -> Throws {
        let imported = input.imports.function_count();
        let mut may_throw: Vec<bool> =
            (0..imported).map(|import| input.imports.may_throw(import) && !input.nothrow.contains(&import)).collect();
        let mut calls_unknown = Vec::with_capacity(input.bodies.len());
        let mut has_exceptions = input.has_tags();
        let mut is_legacy = false;
        for body in &input.bodies {
            let does = body.does;
            has_exceptions |= does.throws || does.catches;
            is_legacy |= does.is_legacy;
            may_throw.push(
                (does.throws || does.calls_unknown && !input.nothing_throws) && !input.nothrow.contains(&body.index),
            );
            calls_unknown.push(does.calls_unknown);
        }
        let mut throws = Throws {
            may_throw,
            calls_unknown,
            imported,
            has_exceptions,
            is_legacy,
            nothing_throws: input.nothing_throws,
        };
        let seeds = std::mem::take(&mut throws.may_throw);
        throws.may_throw = throws.callers(input, seeds, |caller| input.nothrow.contains(&caller));
        throws
    }

    /// Whether the module has a tag, or an instruction that throws or catches exceptions.
    pub(crate) fn has_exceptions(&self) -> bool {
        self.has_exceptions
    }

    /// Whether the module has an instruction of legacy exception handling. Engines reject modules that have both kinds.
    pub(crate) fn is_legacy(&self) -> bool {
        self.is_legacy
    }

    /// Whether a call may throw.
    pub(super) fn may_throw(&self, callee: Callee) -> bool {
        match callee {
            Callee::Known(function) => self.may_throw.get(function as usize).copied().unwrap_or(true),
            Callee::Unknown => !self.nothing_throws,
        }
    }

    /// Whether a defined function may call any function.
    pub(super) fn calls_unknown(&self, position: usize) -> bool {
        self.calls_unknown.get(position).copied().unwrap_or(true)
    }

    /// Adds to a set of functions those that call one of them, directly or through others, except some.
    pub(super) fn callers(&self, input: &Input<'_>, mut set: Vec<bool>, excepted: impl Fn(u32) -> bool) -> Vec<bool> {
        let mut pending: Vec<usize> = (0..set.len()).filter(|function| set.get(*function) == Some(&true)).collect();
        if pending.is_empty() {
            return set;
        }
        let callers = Callers::of(input, self.imported, set.len());
        while let Some(function) = pending.pop() {
            for &caller in callers.of_function(function) {
                if let Some(known @ false) = set.get_mut(caller as usize)
                    && !excepted(caller)
                {
                    *known = true;
                    pending.push(caller as usize);
                }
            }
        }
        set
    }
}

/// The functions that refer to each function, in one list: one list for each function would be many small allocations.
struct Callers {
    /// By function, the position of its first caller.
    starts: Vec<usize>,
    callers: Vec<u32>,
}

impl Callers {
    fn of(input: &Input<'_>, imported: u32, functions: usize) -> Callers {
        let calls = || {
            (imported..).zip(&input.bodies).flat_map(|(caller, body)| {
                body.references.iter().filter_map(move |reference| match reference.target {
                    FunctionRef::Program(callee) => Some((caller, callee as usize)),
                    _ => None,
                })
            })
        };
        // First, how many callers each function has; then the sums; then the positions, which advance to the next function's.
        let mut starts = vec![0_usize; functions + 1];
        for (_, callee) in calls() {
            starts.get_mut(callee + 1).into_iter().for_each(|count| *count += 1);
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut callers = vec![0; sum];
        for (caller, callee) in calls() {
            if let Some(next) = next.get_mut(callee)
                && let Some(place) = callers.get_mut(*next)
            {
                *place = caller;
                *next += 1;
            }
        }
        Callers { starts, callers }
    }

    fn of_function(&self, function: usize) -> &[u32] {
        let range = self.starts.get(function).copied().zip(self.starts.get(function + 1).copied());
        range.and_then(|(start, end)| self.callers.get(start..end)).unwrap_or_default()
    }
}
