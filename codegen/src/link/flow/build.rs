//! From the instructions of a function to its graph: what each one does with handles.
//!
//! The walk goes beside wasmparser's validator, which knows the arity of every instruction and the height of the stack.
//! `control` has the instructions that control structures are made of.

use super::allocates;
use super::control;
use super::frames::{Frame, Frames, Kind};
use super::graph::{Graph, Origin, Step, Way};
use super::handlers::{Handlers, Tag};
use crate::engine::knowledge::contents::Assigned;
use crate::error::Error;
use crate::link::scan::{Body, Calls, Input};
use linmem_intrinsics::{Operation, Signature};
use wasmparser::{
    FuncToValidate, FuncValidator, FuncValidatorAllocations, Operator, OperatorsReader, TypeRef, ValType,
    ValidatorResources,
};

/// The graph of a function; nothing if it tracks no region, or is beyond what is analysed.
pub(super) fn graph(input: &Input<'_>, body: &Body<'_>, calls: &Calls) -> Result<Option<Graph>, Error> {
    let again = FuncToValidate { resources: calls.validator.resources.clone(), ..calls.validator };
    let imported_tags = input.import_list.iter().filter(|import| matches!(import.ty, TypeRef::Tag(_))).count();
    let ty = input.function_type(body.index);
    let mut walk = Walk {
        input,
        calls,
        params: ty.params().len() as u32,
        validator: again.into_validator(FuncValidatorAllocations::default()),
        graph: Graph::default(),
        frames: Frames::default(),
        handlers: Handlers::new(imported_tags as u32),
        live: true,
        operands: Vec::new(),
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
        walk.validator.op(offset, &operator)?;
        if walk.live {
            walk.operands.resize(walk.validator.operand_stack_height() as usize, Operand::Other);
        }
    }
    let Walk { mut graph, handlers, .. } = walk;
    if graph.regions.is_empty() || handlers.finish(&mut graph).is_none() {
        return Ok(None);
    }
    Ok(Some(graph))
}

/// What an operand can be, whatever the ways to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// No handle.
    Other,
    /// Perhaps a handle.
    Handle,
    /// What the function was called with: a parameter that is never assigned.
    Parameter(u32),
}

/// A function that is being read.
pub(super) struct Walk<'a> {
    input: &'a Input<'a>,
    calls: &'a Calls,
    /// How many parameters the function has.
    params: u32,
    pub(super) validator: FuncValidator<ValidatorResources>,
    pub(super) graph: Graph,
    pub(super) frames: Frames,
    pub(super) handlers: Handlers,
    /// Whether control can come here.
    pub(super) live: bool,
    /// The operands, while control can come here.
    pub(super) operands: Vec<Operand>,
}

impl Walk<'_> {
    fn begin(&mut self, results: u32) {
        let start = self.graph.leader();
        self.graph.place(start);
        let label = self.graph.leader();
        self.frames.push(Frame {
            kind: Kind::Function,
            label,
            targeted: false,
            live: true,
            height: 0,
            params: 0,
            results,
            scope: None,
            caught: None,
        });
    }

    /// One instruction, before the validator has seen it. Nothing if the function cannot be analysed.
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
            // Comparing handles tells nobody enough to close a region.
            Operator::Drop | Operator::I32Eqz => self.pop(height.saturating_sub(1), |at| Step::Drop { at }),
            Operator::I32Eq | Operator::I32Ne => self.pop(height.saturating_sub(2), |at| Step::Drop { at }),
            Operator::Call { function_index } => match self.input.imports.intrinsic(function_index) {
                Some(signature) => self.intrinsic(&signature.clone(), height, offset),
                None => {
                    self.call(operator, height)?;
                    if self.input.imports.never_returns(function_index) {
                        self.stop();
                    }
                }
            },
            Operator::ReturnCall { function_index } => match self.input.imports.intrinsic(function_index) {
                Some(signature) => {
                    let signature = *signature;
                    self.intrinsic(&signature, height, offset);
                    let at = height.saturating_sub(signature.operand_count() as u32);
                    self.leave(at, signature.results().len() as u32, offset);
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
                self.call(operator, height)?;
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

    fn local_get(&mut self, local: u32, height: u32) {
        let operand = self.operand_of(local);
        if operand != Operand::Other {
            self.graph.push(Step::Get { local, at: height });
        }
        self.operands.push(operand);
    }

    /// What a local can hold. Handles are `i32`.
    fn operand_of(&self, local: u32) -> Operand {
        if self.validator.get_local_type(local) != Some(ValType::I32) {
            return Operand::Other;
        }
        match self.calls.assigned.get(local as usize) {
            Some(Assigned::Once | Assigned::Often) => Operand::Handle,
            None | Some(Assigned::Never) if local < self.params => Operand::Parameter(local),
            None | Some(Assigned::Never) => Operand::Other,
        }
    }

    fn assign(&mut self, local: u32, at: u32, step: impl FnOnce(u32, u32) -> Step) {
        if self.operand_of(local) == Operand::Other {
            return;
        }
        self.graph.push(match self.operands.last() {
            Some(Operand::Handle | Operand::Parameter(_)) => step(local, at),
            _ => Step::Forget { local },
        });
    }

    /// Pops operands from a position upwards, with a step if any of them can be a handle.
    pub(super) fn pop(&mut self, at: u32, step: impl FnOnce(u32) -> Step) {
        let popped = self.operands.get(at as usize..).unwrap_or_default();
        if popped.iter().any(|operand| *operand != Operand::Other) {
            self.graph.push(step(at));
        }
        self.operands.truncate(at as usize);
    }

    /// Pops the operands of an instruction, which may do with them whatever it likes. Gives the height without them.
    pub(super) fn consume(&mut self, operator: &Operator<'_>, height: u32) -> Option<u32> {
        let (pops, _) = operator.operator_arity(&self.validator)?;
        let at = height.saturating_sub(pops);
        self.pop(at, |at| Step::Consume { at });
        Some(at)
    }

    fn call(&mut self, operator: &Operator<'_>, height: u32) -> Option<()> {
        self.consume(operator, height)?;
        self.throw(None);
        Some(())
    }

    fn tail_call(&mut self, operator: &Operator<'_>, height: u32, offset: usize) -> Option<()> {
        let at = self.consume(operator, height)?;
        self.leave(at, 0, offset);
        Some(())
    }

    /// Whatever is called may throw.
    pub(super) fn throw(&mut self, tag: Tag) {
        if let Some(scope) = self.frames.scope() {
            self.handlers.throw(&mut self.graph, scope, tag);
        }
    }

    /// Leaves the function with results from a position upwards.
    pub(super) fn leave(&mut self, at: u32, count: u32, offset: usize) {
        self.graph.push(Step::Leave { at, count, way: Way::Certain, offset });
        self.stop();
    }

    /// Control does not come past this.
    pub(super) fn stop(&mut self) {
        self.graph.push(Step::Stop);
        self.live = false;
    }

    fn intrinsic(&mut self, signature: &Signature, height: u32, offset: usize) {
        let at = height.saturating_sub(signature.operand_count() as u32);
        match signature.intrinsic.operation() {
            Operation::Open => {
                if let Some(region) = self.graph.track(Origin::New(offset)) {
                    self.graph.push(Step::New { region, at });
                    self.operands.push(Operand::Handle);
                }
            }
            Operation::Close => {
                self.track_parameter(at);
                self.pop(at, |at| Step::Free { at, offset });
            }
            operation if allocates(operation) => {
                self.track_parameter(at);
                self.pop(at.saturating_add(1), |at| Step::Consume { at });
                let intrinsic = signature.intrinsic;
                self.pop(at, |at| Step::Allocate { at, intrinsic, offset });
                if intrinsic.is_host_call() {
                    self.throw(None);
                }
            }
            _ => {
                self.pop(at, |at| Step::Consume { at });
                if signature.intrinsic.is_host_call() {
                    self.throw(None);
                }
            }
        }
    }

    /// An operand is used as a handle: if it is a parameter, it is a region.
    fn track_parameter(&mut self, at: u32) {
        if let Some(Operand::Parameter(local)) = self.operands.get(at as usize) {
            let origin = Origin::Parameter(*local);
            if !self.graph.regions.contains(&origin) {
                self.graph.track(origin);
            }
        }
    }
}
