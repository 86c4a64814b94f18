//! Finds the locals and the blocks of a function whose segments can be numbers: where segments are references, those that hold
//! only segments that the function makes, and that are read only by intrinsics.
//!
//! One pass over the code follows what is on the stack. Locals and the results of blocks whose segments may meet form classes;
//! one use or one assignment of another kind excludes a whole class. This decides what pays: the engine can make a structure of
//! the numbers wherever one is needed. What code depends on is less:
//!
//! 1. Each assignment of a local of the result is of a segment whose numbers the engine has: one that an intrinsic makes, or one
//!    of the same class. The same holds for what reaches the end of a block.
//! 2. Each read of such a local is preceded by an assignment on every path. A branch to the end of a structure, an exception and
//!    the end of an arm keep what is assigned on all paths to there. At the start of a loop, that is what was assigned before it.
//! 3. No value that was read from such a local is on the stack where the local is assigned. Otherwise the engine would have to
//!    add locals for each.

mod classes;
mod follow;
mod structures;
mod values;

use crate::error::Error;
use crate::link::input::{Body, Calls, Input};
use crate::planted::{self, Optimization};
use classes::Classes;
use follow::{Follow, Frame, Value};
use std::collections::BTreeSet;
use wasmparser::{Catch, FuncToValidate, FuncValidatorAllocations, Operator, OperatorsReader};

/// What is found.
#[derive(Clone, Debug, Default)]
pub(super) struct Carried {
    /// The locals.
    pub(super) locals: Vec<u32>,
    /// The offsets of the instructions that open the blocks.
    pub(super) blocks: BTreeSet<usize>,
}

/// Finds the locals and blocks of a function. `with_blocks` says whether its structures stay as they are.
pub(super) fn carried(input: &Input<'_>, body: &Body<'_>, calls: &Calls, with_blocks: bool) -> Result<Carried, Error> {
    if planted::is_off(Optimization::Numbers) {
        return Ok(Carried::default());
    }
    let again = FuncToValidate { resources: calls.validator.resources.clone(), ..calls.validator };
    let mut validator = again.into_validator(FuncValidatorAllocations::default());
    let mut reader = body.body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    let params = input.function_type(body.index).params().len() as u32;
    let mut follow = Follow {
        input,
        validator,
        params,
        classes: Classes::default(),
        locals: Vec::new(),
        blocks: Vec::new(),
        pending: Vec::new(),
        operands: Vec::new(),
        frames: Vec::new(),
        assigned: 0,
        dead: None,
        with_blocks,
    };
    follow.frames.push(Frame { height: 0, assigned: 0, at_end: u64::MAX, result: None, is_loop: false, is_if: false });
    let mut operators = OperatorsReader::new(reader);
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        if follow.step(&operator, offset).is_none() {
            return Ok(Carried::default());
        }
        follow.validator.op(offset, &operator)?;
        if follow.dead.is_none() {
            let height = follow.validator.operand_stack_height() as usize;
            follow.cut(height);
            follow.operands.resize(height, Value::Other);
        }
    }
    Ok(follow.finish())
}

impl Follow<'_> {
    /// Reads an instruction, before the validator sees it. `None` if the function cannot be followed.
    fn step(&mut self, operator: &Operator<'_>, offset: usize) -> Option<()> {
        if let Some(depth) = self.dead {
            match operator {
                Operator::Block { .. }
                | Operator::Loop { .. }
                | Operator::If { .. }
                | Operator::Try { .. }
                | Operator::TryTable { .. } => {
                    self.dead = Some(depth + 1);
                    return Some(());
                }
                Operator::End | Operator::Delegate { .. } if depth > 0 => {
                    self.dead = Some(depth - 1);
                    return Some(());
                }
                Operator::Else | Operator::Catch { .. } | Operator::CatchAll if depth == 0 => {}
                Operator::End | Operator::Delegate { .. } => {}
                _ => return Some(()),
            }
        }
        let height = self.validator.operand_stack_height() as usize;
        match operator {
            Operator::LocalGet { local_index } => self.get(*local_index),
            Operator::LocalSet { local_index } => self.set(*local_index),
            Operator::LocalTee { local_index } => {
                self.set(*local_index);
                self.get(*local_index);
            }
            Operator::Drop => self.cut(height.saturating_sub(1)),
            Operator::TypedSelect { .. } | Operator::Select => self.select(height),
            Operator::Call { function_index } => self.call(operator, *function_index, height)?,
            Operator::GlobalGet { global_index } if self.input.statics.segment(*global_index).is_some() => {
                self.push(Value::Made);
            }

            Operator::Block { blockty } => self.open(*blockty, height, 0, Some(offset))?,
            Operator::If { blockty } => {
                self.open(*blockty, height, 1, Some(offset))?;
                self.frames.last_mut()?.is_if = true;
            }
            Operator::Try { blockty } => self.open(*blockty, height, 0, None)?,
            Operator::Loop { blockty } => {
                self.open(*blockty, height, 0, None)?;
                self.frames.last_mut()?.is_loop = true;
            }
            Operator::TryTable { try_table } => {
                for catch in &try_table.catches {
                    let (Catch::One { label, .. }
                    | Catch::OneRef { label, .. }
                    | Catch::All { label }
                    | Catch::AllRef { label }) = *catch;
                    self.branch(label, None)?;
                }
                self.open(try_table.ty, height, 0, None)?;
            }
            Operator::Else | Operator::Catch { .. } | Operator::CatchAll => {
                self.end_arm();
                let frame = self.frames.last_mut()?;
                frame.is_if = false;
                let Frame { height, assigned, .. } = *frame;
                self.assigned = assigned;
                self.cut(height);
            }
            Operator::End | Operator::Delegate { .. } => self.end()?,

            Operator::Br { relative_depth } => {
                self.branch(*relative_depth, Some(height))?;
                self.dead = Some(0);
            }
            Operator::BrIf { relative_depth } => self.branch(*relative_depth, Some(height.saturating_sub(1)))?,
            Operator::BrTable { targets } => {
                for depth in targets.targets().chain([Ok(targets.default())]) {
                    let depth = depth.ok()?;
                    if let Some(result) = self.frame(depth)?.result {
                        self.exclude(result);
                    }
                    self.branch(depth, None)?;
                }
                self.give_up(0);
                self.dead = Some(0);
            }
            Operator::BrOnNull { relative_depth }
            | Operator::BrOnNonNull { relative_depth }
            | Operator::BrOnCast { relative_depth, .. }
            | Operator::BrOnCastFail { relative_depth, .. } => {
                if let Some(result) = self.frame(*relative_depth)?.result {
                    self.exclude(result);
                }
                self.branch(*relative_depth, None)?;
                self.give_up(0);
            }
            Operator::Unreachable
            | Operator::Return
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. } => {
                let (pops, _) = operator.operator_arity(&self.validator)?;
                self.give_up(height.saturating_sub(pops as usize));
                self.dead = Some(0);
            }
            Operator::BrOnCastDescEq { .. }
            | Operator::BrOnCastDescEqFail { .. }
            | Operator::Resume { .. }
            | Operator::ResumeThrow { .. }
            | Operator::ResumeThrowRef { .. }
            | Operator::Switch { .. } => return None,
            _ => self.consume(operator, height)?,
        }
        Some(())
    }

    fn finish(mut self) -> Carried {
        let mut carried = Carried::default();
        for (local, node) in self.locals.clone() {
            if !self.classes.is_excluded(node) {
                carried.locals.push(local);
            }
        }
        for (offset, node) in self.blocks.clone() {
            if !self.classes.is_excluded(node) {
                carried.blocks.insert(offset);
            }
        }
        carried
    }
}
