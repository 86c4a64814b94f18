//! Finds the instructions that every execution of a function reaches, judged by its control structures.
//!
//! An execution may skip an instruction if the instruction is in an arm of an `if`, in a handler, or in a structure
//! that a branch, a return, a throw, a trap or an exception may have exited earlier. Calls are assumed to return,
//! unless the callee is known not to; loops are assumed to terminate. If in doubt, an instruction is considered not
//! reached.

use crate::link::input::{Body, Input};
use std::collections::BTreeSet;
use wasmparser::Operator;

/// An open control structure. The outermost one is the function.
struct Structure {
    /// Whether its current arm is executed whenever the structure is reached.
    runs: bool,
    /// Whether it is a loop: a branch to it goes to its start.
    is_loop: bool,
    /// Whether an earlier instruction may have exited it.
    left: bool,
}

impl Structure {
    fn new(runs: bool, is_loop: bool) -> Structure {
        Structure { runs, is_loop, left: false }
    }
}

/// The binary offsets of the calls that every execution of a function reaches.
pub(crate) fn certain_calls(input: &Input<'_>, body: &Body<'_>) -> BTreeSet<usize> {
    let mut reach = Reach { input, open: vec![Structure::new(true, false)] };
    let mut calls = BTreeSet::new();
    // The function is valid, so reading it cannot fail.
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

    /// Records that a branch exits its target, unless the target is a loop.
    fn branch(&mut self, label: u32) {
        let position = self.open.len().checked_sub(1 + label as usize);
        if let Some(target) = position.and_then(|position| self.open.get_mut(position)) {
            target.left |= !target.is_loop;
        }
    }

    /// Records that the function is exited.
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
            // Instructions that today's compilers do not emit are conservatively assumed to exit the function.
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
