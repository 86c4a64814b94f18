//! Builds the graph of a function from the effects of its instructions on handles.
//!
//! The walk runs together with wasmparser's validator, which knows the arity of every instruction and the height of the
//! stack. `control` handles control instructions.

use super::control;
use super::frames::Frames;
use super::graph::{Callee, Graph, Step};
use super::handlers::Handlers;
use super::throws::Throws;
use super::walk::{Operand, Walk};
use crate::error::Error;
use crate::link::input::{Body, Calls, Input};
use wasmparser::{FuncToValidate, FuncValidatorAllocations, Operator, OperatorsReader, TypeRef};

/// How a function is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Every call has edges to handlers.
    Plain,
    /// Calls that cannot throw have no edges to handlers.
    Precise,
    /// As `Plain`, and uses of handles that are not tracked are recorded.
    Expanded,
    /// The same, and segments are followed, whether the function uses regions or not.
    Followed,
}

/// The graph of a function; `None` if it tracks no region, or exceeds the limits of the analysis.
pub(super) fn graph(
    input: &Input<'_>,
    body: &Body<'_>,
    calls: &Calls,
    throws: &Throws,
    how: How,
) -> Result<Option<Graph>, Error> {
    let again = FuncToValidate { resources: calls.validator.resources.clone(), ..calls.validator };
    let imported_tags = input.import_list.iter().filter(|import| matches!(import.ty, TypeRef::Tag(_))).count();
    let ty = input.function_type(body.index);
    let mut walk = Walk {
        input,
        calls,
        throws,
        precise: how == How::Precise,
        records_unknown: matches!(how, How::Expanded | How::Followed),
        follows: how == How::Followed,
        params: ty.params().len() as u32,
        validator: again.into_validator(FuncValidatorAllocations::default()),
        graph: Graph::new(ty.params().len() as u32),
        frames: Frames::default(),
        handlers: Handlers::new(imported_tags as u32),
        live: true,
        operands: Vec::new(),
        first_segment: usize::MAX,
        constants: Vec::new(),
    };
    walk.begin(ty.results().len() as u32);
    let mut reader = body.body.get_binary_reader();
    walk.validator.read_locals(&mut reader)?;
    let mut operators = OperatorsReader::new(reader);
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        if walk.step(&operator, offset).is_none() {
            return Ok(None);
        }
        match operator {
            Operator::I32Const { value } => walk.constants.push(Some(value.cast_unsigned())),
            Operator::I64Const { .. }
            | Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::RefNull { .. } => walk.constants.push(None),
            _ => walk.constants.clear(),
        }
        walk.validator.op(offset, &operator)?;
        if walk.live {
            walk.operands.resize(walk.validator.operand_stack_height() as usize, Operand::Other);
        }
    }
    let Walk { mut graph, handlers, .. } = walk;
    if graph.regions.is_empty() && how != How::Followed || handlers.finish(&mut graph).is_none() {
        return Ok(None);
    }
    Ok(Some(graph))
}

impl Walk<'_> {
    /// Reads one instruction, before the validator sees it. `None` if the function cannot be analysed.
    fn step(&mut self, operator: &Operator<'_>, offset: usize) -> Option<()> {
        let height = self.validator.operand_stack_height();
        if control::structure(self, operator, height, offset)? || !self.live {
            return Some(());
        }
        match *operator {
            Operator::LocalGet { local_index } => self.local_get(local_index, height),
            Operator::LocalSet { local_index } => {
                self.assign(local_index, height.saturating_sub(1), |local, at| Step::Set { local, at });
            }
            Operator::LocalTee { local_index } => {
                self.assign(local_index, height.saturating_sub(1), |local, at| Step::Tee { local, at });
            }
            // A handle that is dropped or compared does not escape.
            Operator::Drop | Operator::I32Eqz | Operator::I64Eqz => {
                self.pop(height.saturating_sub(1), |at| Step::Drop { at });
            }
            // The handles of static frames are not different.
            Operator::I32Eq | Operator::I32Ne | Operator::I64Eq | Operator::I64Ne if !self.records_unknown => {
                self.pop(height.saturating_sub(2), |at| Step::Drop { at });
            }
            Operator::Call { function_index } => match self.input.intrinsic(function_index) {
                Some(signature) => self.intrinsic(&signature.clone(), height, offset),
                None if self.expand(function_index, height, offset) => {}
                None => {
                    self.call(operator, Callee::Known(function_index), height, offset)?;
                    if self.input.imports.never_returns(function_index) {
                        self.stop();
                    }
                }
            },
            Operator::ReturnCall { function_index } => match self.input.intrinsic(function_index) {
                Some(signature) => {
                    let signature = *signature;
                    self.intrinsic(&signature, height, offset);
                    let at = height.saturating_sub(signature.operand_count() as u32);
                    self.escape(at);
                    self.leave(at, signature.results().len() as u32, offset);
                }
                None if self.expand(function_index, height, offset) => {
                    let ty = self.input.function_type(function_index);
                    let (params, results) = (ty.params().len() as u32, ty.results().len() as u32);
                    self.escape(height.saturating_sub(params));
                    self.leave(height.saturating_sub(params), results, offset);
                }
                None => self.tail_call(operator, height, offset)?,
            },
            Operator::ReturnCallIndirect { .. } | Operator::ReturnCallRef { .. } => {
                self.tail_call(operator, height, offset)?;
            }
            Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::Suspend { .. }
            | Operator::Switch { .. }
            | Operator::Resume { .. }
            | Operator::ResumeThrow { .. }
            | Operator::ResumeThrowRef { .. } => {
                self.call(operator, Callee::Unknown, height, offset)?;
                control::resume(self, operator, offset);
            }
            _ => {
                if !control::transfer(self, operator, height, offset)? {
                    self.consume(operator, height)?;
                }
            }
        }
        Some(())
    }
}
