//! Which instructions every execution of a function reaches, as far as its control structures say.
//!
//! An execution may skip an instruction if it lies in an arm of an `if`, in a handler, or in a structure that may have been
//! left before, by a branch, a return, a throw, a trap or an exception. Calls are taken to return, unless the function is
//! known not to; loops are taken to end. In doubt an instruction is not reached.

use crate::link::scan::{Body, Input};
use std::collections::BTreeSet;
use wasmparser::Operator;

/// A control structure that is open. The outermost one is the function.
struct Structure {
    /// Whether its current arm runs whenever the structure is reached.
    runs: bool,
    /// Whether a branch to it goes back to its start.
    is_loop: bool,
    /// Whether something before may have left it.
    left: bool,
}

impl Structure {
    fn new(runs: bool, is_loop: bool) -> Structure {
        Structure { runs, is_loop, left: false }
    }
}

/// The offsets in the binary of the calls that every execution of a function reaches.
pub(crate) fn certain_calls(input: &Input<'_>, body: &Body<'_>) -> BTreeSet<usize> {
    let mut reach = Reach { input, open: vec![Structure::new(true, false)] };
    let mut calls = BTreeSet::new();
    // The function is valid, so that all of it can be read.
    let Ok(mut operators) = body.body.get_operators_reader() else { return calls };
    while let Ok((operator, offset)) = operators.read_with_offset() {
        if matches!(operator, Operator::Call { .. } | Operator::ReturnCall { .. }) && reach.is_certain() {
            calls.insert(offset);
        }
        reach.step(&operator);
        if operators.eof() {
            break;
        }
    }
    calls
}

struct Reach<'a> {
    input: &'a Input<'a>,
    open: Vec<Structure>,
}

impl Reach<'_> {
    fn is_certain(&self) -> bool {
        self.open.iter().all(|structure| structure.runs && !structure.left)
    }

    /// The structure that a branch goes to is left; a loop is not.
    fn branch(&mut self, label: u32) {
        let position = self.open.len().checked_sub(1 + label as usize);
        if let Some(target) = position.and_then(|position| self.open.get_mut(position)) {
            target.left |= !target.is_loop;
        }
    }

    /// The function is left.
    fn leave(&mut self) {
        if let Some(function) = self.open.first_mut() {
            function.left = true;
        }
    }

    fn step(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. } => self.open.push(Structure::new(true, false)),
            Operator::Loop { .. } => self.open.push(Structure::new(true, true)),
            Operator::TryTable { try_table } => self.open.push(Structure::new(try_table.catches.is_empty(), false)),
            Operator::If { .. } | Operator::Try { .. } => self.open.push(Structure::new(false, false)),
            Operator::End | Operator::Delegate { .. } => {
                self.open.pop();
            }
            Operator::Br { relative_depth }
            | Operator::BrIf { relative_depth }
            | Operator::BrOnNull { relative_depth }
            | Operator::BrOnNonNull { relative_depth }
            | Operator::BrOnCast { relative_depth, .. }
            | Operator::BrOnCastFail { relative_depth, .. } => self.branch(*relative_depth),
            Operator::BrTable { targets } => {
                for target in targets.targets().flatten().chain([targets.default()]) {
                    self.branch(target);
                }
            }
            Operator::Call { function_index } if !self.input.imports.never_returns(*function_index) => {}
            // What has no place in code that compilers make today is taken to leave.
            Operator::Return
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::Call { .. }
            | Operator::Unreachable
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. }
            | Operator::BrOnCastDescEq { .. }
            | Operator::BrOnCastDescEqFail { .. }
            | Operator::Resume { .. }
            | Operator::ResumeThrow { .. }
            | Operator::ResumeThrowRef { .. }
            | Operator::Suspend { .. }
            | Operator::Switch { .. } => self.leave(),
            _ => {}
        }
    }
}
