//! The state of reading a function, and the effects of ordinary instructions on handles.

use super::frames::{Frame, Frames, Kind};
use super::graph::{Callee, Exit, Graph, Origin, Site, Step, Way};
use super::handlers::{Handlers, Tag};
use super::segments::Source;
use super::throws::Throws;
use crate::engine::knowledge::contents::Assigned;
use crate::link::input::{Calls, Input};
use crate::link::wrappers::{Step as Wrapped, Wrapper};
use crate::module::value_type;
use crate::width::{PointerType, WIDTH};
use linmem_intrinsics::{Operation, Signature};
use wasmparser::{FuncValidator, Operator, ValidatorResources};

/// The possible contents of an operand, on any path to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// Not a handle.
    Other,
    /// Possibly a handle.
    Handle,
    /// The value of a parameter that is never assigned.
    Parameter(u32),
    /// Possibly a segment, if segments are followed.
    Segment(Source),
}

/// A function that is being read.
pub(super) struct Walk<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) calls: &'a Calls,
    pub(super) throws: &'a Throws,
    /// Whether calls that cannot throw have no edges to handlers.
    pub(super) precise: bool,
    /// The number of parameters of the function.
    pub(super) params: u32,
    pub(super) validator: FuncValidator<ValidatorResources>,
    pub(super) graph: Graph,
    pub(super) frames: Frames,
    pub(super) handlers: Handlers,
    /// Whether the current position is reachable.
    pub(super) live: bool,
    /// The operands, if the current position is reachable.
    pub(super) operands: Vec<Operand>,
    /// A position below which no operand is a segment.
    pub(super) first_segment: usize,
    /// The constants that the instructions immediately before the current position pushed, the top of the stack last. `None` is
    /// one of another type.
    pub(super) constants: Vec<Option<u32>>,
    /// Whether a use of a handle that is not tracked is recorded.
    pub(super) records_unknown: bool,
    /// Whether segments are followed.
    pub(super) follows: bool,
}

impl Walk<'_> {
    pub(super) fn begin(&mut self, results: u32) {
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
            inside: None,
        });
    }

    pub(super) fn local_get(&mut self, local: u32, height: u32) {
        let operand = self.operand_of(local);
        if operand != Operand::Other {
            self.graph.push(Step::Get { local, at: height });
        } else if self.may_hold_segment(local) {
            self.graph.push(Step::Look { local });
            return self.push_segment(Source::Local(local));
        }
        self.operands.push(operand);
    }

    /// The possible contents of a local. Handles are pointers.
    fn operand_of(&self, local: u32) -> Operand {
        if self.validator.get_local_type(local).map(value_type) != Some(WIDTH.value_type()) {
            return Operand::Other;
        }
        match self.calls.assigned.get(local as usize) {
            Some(Assigned::Once | Assigned::Often) => Operand::Handle,
            None | Some(Assigned::Never) if local < self.params => Operand::Parameter(local),
            None | Some(Assigned::Never) => Operand::Other,
        }
    }

    pub(super) fn assign(&mut self, local: u32, at: u32, step: impl FnOnce(u32, u32) -> Step) {
        if let Some(Operand::Segment(source)) = self.operands.last() {
            self.graph.segments.flow(*source, local);
        }
        if self.may_hold_segment(local) {
            self.graph.push(Step::Put { local });
        }
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

    /// Pops the operands of an instruction, which may use them in any way. Returns the height without them.
    pub(super) fn consume(&mut self, operator: &Operator<'_>, height: u32) -> Option<u32> {
        let (pops, _) = operator.operator_arity(&self.validator)?;
        let at = height.saturating_sub(pops);
        self.escape(at);
        self.pop(at, |at| Step::Consume { at });
        Some(at)
    }

    pub(super) fn call(&mut self, operator: &Operator<'_>, callee: Callee, height: u32, offset: usize) -> Option<()> {
        self.pass(operator, callee, height)?;
        self.consume(operator, height)?;
        let may_throw = self.throws.may_throw(callee);
        self.graph.push(Step::Call { callee, way: if may_throw { Way::Possible } else { Way::None }, offset });
        if let (true, Some(scope)) = (may_throw, self.frames.scope()) {
            self.handlers.leaves(&self.graph, scope, None);
        }
        if may_throw || !self.precise {
            self.throw(None);
        }
        Some(())
    }

    /// Adds the exceptions of a call of the host. The functions of WASI do not throw.
    fn host_call(&mut self) {
        if !self.precise {
            self.throw(None);
        }
    }

    pub(super) fn tail_call(&mut self, operator: &Operator<'_>, height: u32, offset: usize) -> Option<()> {
        let at = self.consume(operator, height)?;
        self.leave(at, 0, offset);
        Some(())
    }

    /// Adds an exception that may be thrown here, as by any callee.
    pub(super) fn throw(&mut self, tag: Tag) {
        if let Some(scope) = self.frames.scope() {
            self.handlers.throw(&mut self.graph, scope, tag);
        }
    }

    /// Leaves the function with results from a position upwards.
    pub(super) fn leave(&mut self, at: u32, count: u32, offset: usize) {
        self.graph.push(Step::Leave { at, count, way: Way::Certain, exit: Exit::Normal, offset });
        self.stop();
    }

    /// Ends the reachable code.
    pub(super) fn stop(&mut self) {
        self.graph.push(Step::Stop);
        self.live = false;
    }

    pub(super) fn intrinsic(&mut self, signature: &Signature, height: u32, offset: usize) {
        let at = height.saturating_sub(signature.operand_count() as u32);
        match signature.intrinsic.operation() {
            Operation::Open => {
                // What was pushed before does not belong to the region that is opened now.
                self.escape(0);
                if let Some(region) = self.graph.track(Origin::New(offset)) {
                    self.site(offset);
                    self.graph.opens_in(self.frames.scope());
                    self.graph.push(Step::New { region, at });
                    self.operands.push(Operand::Handle);
                }
            }
            Operation::Close => {
                self.track_parameter(at);
                self.use_unknown(at);
                self.pop(at, |at| Step::Free { at, offset });
            }
            _ if signature.intrinsic.effects().allocates() => {
                self.track_parameter(at);
                self.use_unknown(at);
                self.site(offset);
                self.escape(at);
                self.pop(at.saturating_add(1), |at| Step::Consume { at });
                let intrinsic = signature.intrinsic;
                self.pop(at, |at| Step::Allocate { at, intrinsic, offset });
                if intrinsic.is_host_call() {
                    self.host_call();
                }
                self.made(signature, Source::Allocation(offset));
            }
            _ => {
                let slice = self.touch(signature, at);
                self.pop(at, |at| Step::Consume { at });
                if signature.intrinsic.is_host_call() {
                    self.host_call();
                }
                slice.into_iter().for_each(|source| self.made(signature, source));
            }
        }
    }

    /// Records that a handle is used that is not tracked, if that matters.
    fn use_unknown(&mut self, at: u32) {
        let is_tracked = matches!(self.operands.get(at as usize), Some(Operand::Handle | Operand::Parameter(_)));
        if self.records_unknown && !is_tracked {
            self.graph.push(Step::UseUnknown);
        }
    }

    /// Records a call that opens a region or allocates.
    fn site(&mut self, offset: usize) {
        let site = Site { inside: self.frames.innermost_loop(), constants: self.constants.clone() };
        self.graph.sites.insert(offset, site);
    }

    /// Reads the steps of a wrapper in place of its call. Returns whether that is possible: if its parameters can stay on the
    /// stack.
    pub(super) fn expand(&mut self, function: u32, height: u32, offset: usize) -> bool {
        let Some(wrapper) = self.input.wrappers.get(function).filter(|_| self.input.is_transparent(function)) else {
            return false;
        };
        self.read_steps(wrapper, height, offset);
        true
    }

    fn read_steps(&mut self, wrapper: &Wrapper, mut height: u32, offset: usize) {
        let input = self.input;
        let passed = wrapper.passed().unwrap_or_default();
        // Parameters that it does not pass on are dropped.
        let dropped = wrapper.params.len().saturating_sub(passed);
        height = height.saturating_sub(dropped as u32);
        self.pop(height, |at| Step::Drop { at });
        self.constants.truncate(self.constants.len().saturating_sub(dropped));
        for step in wrapper.steps.iter().skip(passed) {
            match step {
                // `passed` excludes further parameters.
                Wrapped::Get(_) => {}
                Wrapped::I32(value) => {
                    self.constants.push(Some(value.cast_unsigned()));
                    height += 1;
                    self.operands.resize(height as usize, Operand::Other);
                    continue;
                }
                Wrapped::I64(_) | Wrapped::Static(_) | Wrapped::Push(_) => height += 1,
                Wrapped::Convert(_) => {
                    self.escape(height.saturating_sub(1));
                    self.pop(height.saturating_sub(1), |at| Step::Consume { at });
                }
                Wrapped::Drop => {
                    height = height.saturating_sub(1);
                    self.pop(height, |at| Step::Drop { at });
                }
                Wrapped::Intrinsic(callee) | Wrapped::Wrapper(callee) => {
                    match (input.intrinsic(*callee), input.wrappers.get(*callee)) {
                        (Some(signature), _) => self.intrinsic(&signature.clone(), height, offset),
                        (None, Some(called)) => self.read_steps(called, height, offset),
                        (None, None) => {}
                    }
                    let ty = input.function_type(*callee);
                    height = height.saturating_sub(ty.params().len() as u32) + ty.results().len() as u32;
                }
            }
            self.constants.clear();
            self.operands.resize(height as usize, Operand::Other);
        }
    }

    /// Tracks a region for an operand that is used as a handle, if the operand is a parameter.
    fn track_parameter(&mut self, at: u32) {
        if let Some(Operand::Parameter(local)) = self.operands.get(at as usize) {
            let origin = Origin::Parameter(*local);
            if !self.graph.regions.contains(&origin) {
                self.graph.track(origin);
            }
        }
    }
}
