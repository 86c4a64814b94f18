//! Finds the functions that may throw an exception.
//!
//! A function may throw if it contains an instruction that throws, or calls a function that may throw. Imported functions
//! may throw, except those of WASI; so may indirect calls. Whether a handler catches the exception is not considered.

use super::graph::Callee;
use crate::code::FunctionRef;
use crate::link::input::Input;
use wasmparser::Operator;

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

/// What the instructions of a function do.
#[derive(Clone, Copy, Debug, Default)]
struct Does {
    throws: bool,
    calls_unknown: bool,
    catches: bool,
    is_legacy: bool,
}

impl Throws {
    /// Reads all functions.
    pub(crate) fn of(input: &Input<'_>) -> Throws {
        let imported = input.imports.function_count();
        let mut may_throw: Vec<bool> =
            (0..imported).map(|import| input.imports.may_throw(import) && !input.nothrow.contains(&import)).collect();
        let mut calls_unknown = Vec::with_capacity(input.bodies.len());
        let mut has_exceptions = input.has_tags();
        let mut is_legacy = false;
        for body in &input.bodies {
            let mut does = Does::default();
            // The function is valid, so reading it cannot fail.
            if let Ok(mut operators) = body.body.get_operators_reader() {
                while !operators.eof() {
                    let Ok(operator) = operators.read() else { break };
                    does.add(&operator);
                }
            }
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
        let mut callers: Vec<Vec<u32>> = vec![Vec::new(); set.len()];
        for (caller, body) in (self.imported..).zip(&input.bodies) {
            for reference in &body.references {
                if let FunctionRef::Program(callee) = reference.target
                    && let Some(list) = callers.get_mut(callee as usize)
                {
                    list.push(caller);
                }
            }
        }
        let mut pending: Vec<usize> = (0..set.len()).filter(|function| set.get(*function) == Some(&true)).collect();
        while let Some(function) = pending.pop() {
            for caller in callers.get_mut(function).map(std::mem::take).unwrap_or_default() {
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

impl Does {
    fn add(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Throw { .. } | Operator::ThrowRef | Operator::Rethrow { .. } => self.throws = true,
            Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::Resume { .. }
            | Operator::ResumeThrow { .. }
            | Operator::ResumeThrowRef { .. }
            | Operator::Suspend { .. }
            | Operator::Switch { .. } => self.calls_unknown = true,
            Operator::TryTable { .. } => self.catches = true,
            Operator::Try { .. } => (self.catches, self.is_legacy) = (true, true),
            _ => {}
        }
    }
}
