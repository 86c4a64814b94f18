//! Lowering the functions that call intrinsics.

use crate::allocator_exports::Code;
use crate::code::FunctionRef;
use crate::context::Context;
use crate::engine::knowledge::contents::Assigned;
use crate::engine::knowledge::event::StructureKind;
use crate::engine::locals::{Locals, MAX_LOCALS};
use crate::engine::shape::{Arity, Shape};
use crate::engine::tape::Tape;
use crate::engine::{Argument, Engine, Lowered, Origin};
use crate::error::{Error, Finding, Place, Severity};
use crate::helpers::Needs;
use crate::index::LocalIndex;
use crate::link::carried::carried;
use crate::link::frames::Frames;
use crate::link::input::{Body, Calls, GlobalInstruction, Input, SizeInstruction};
use crate::link::reach::certain_calls;
use crate::link::shape::shape;
use crate::link::unwinding::{Unwind, Unwinding};
use crate::link::walk::{Carrying, Walk, block_arity};
use crate::link::wrappers::Step;
use linmem_intrinsics::{FunctionType, Signature};
use std::collections::BTreeSet;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{Encode, ValType};
use wasmparser::{FuncValidatorAllocations, ModuleArity, Operator, OperatorsReader};

/// A function that wraps an intrinsic, for imports that the program uses other than by a direct call.
pub(super) struct Shim {
    /// The index of the import.
    pub(super) import: u32,
    /// Its body.
    pub(super) lowered: Lowered,
}

/// The largest function body in bytes, from the implementation limits of the WebAssembly JavaScript interface.
const MAX_CODE: usize = 7_654_321;

/// Functions with more bytes than this are lowered for size, since lowering for speed could exceed [`MAX_CODE`].
const LARGE: usize = 1 << 20;

/// The purpose for which functions are lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To write a module.
    Link,
    /// To write a module that is small.
    LinkSmall,
    /// To find all definite errors. If there are any, the code is discarded.
    Check,
}

/// The findings from lowering functions.
pub(super) struct Findings {
    /// The purpose of the lowering.
    pub(super) purpose: Purpose,
    /// Accesses that are definite violations.
    pub(super) list: Vec<Finding>,
}

/// Lowers all functions that call intrinsics; the result for every other function is `None`. Accesses that are definite
/// violations are added to the findings.
///
/// # Errors
///
/// All errors, not only the first: functions that become too large.
pub(super) fn lower_all(
    input: &Input<'_>,
    context: &Context,
    needs: &mut Needs,
    findings: &mut Findings,
    unwind: Option<&mut Unwind>,
    frames: &Frames,
) -> Result<Vec<Option<Lowered>>, Vec<Error>> {
    let mut allocations = FuncValidatorAllocations::default();
    let mut errors = Vec::new();
    let mut all = Vec::with_capacity(input.bodies.len());
    let mut unwind = unwind;
    for (position, body) in input.bodies.iter().enumerate() {
        let lowered = body.calls.as_ref().map(|calls| -> Result<Lowered, Error> {
            let unused = std::mem::take(&mut allocations);
            let unwinding = unwind.as_mut().and_then(|unwind| unwind.function(body.index, position));
            let (mut lowered, used) = lower(input, (body, calls), context, findings, (unwinding, frames), unused)?;
            lowered.add_to(needs, &[]);
            allocations = used;
            check_limits(input, body, &lowered)?;
            Ok(lowered)
        });
        match lowered.transpose() {
            Ok(lowered) => all.push(lowered),
            Err(found) => errors.push(found),
        }
    }
    if errors.is_empty() { Ok(all) } else { Err(errors) }
}

/// Lowers the functions that have static frames, in a module that was built.
///
/// # Errors
///
/// If a function becomes too large.
pub(super) fn lower_framed(
    input: &Input<'_>,
    context: &Context,
    frames: &Frames,
) -> Result<Vec<(u32, Lowered)>, Error> {
    let functions: BTreeSet<u32> = frames.functions().collect();
    let mut allocations = FuncValidatorAllocations::default();
    let mut all = Vec::with_capacity(functions.len());
    for body in input.bodies.iter().filter(|body| functions.contains(&body.index)) {
        let Some(calls) = &body.calls else { continue };
        // The builder refuses functions with definite violations.
        let mut findings = Findings { purpose: Purpose::Link, list: Vec::new() };
        let unused = std::mem::take(&mut allocations);
        let (lowered, used) = lower(input, (body, calls), context, &mut findings, (None, frames), unused)?;
        check_limits(input, body, &lowered)?;
        allocations = used;
        all.push((body.index, lowered));
    }
    Ok(all)
}

fn check_limits(input: &Input<'_>, body: &Body<'_>, lowered: &Lowered) -> Result<(), Error> {
    // Look up the source line only if there is an error.
    let place = || input.place(body.index, body.body.range().start);
    let params = input.function_type(body.index).params().len();
    if params + lowered.locals.len() > MAX_LOCALS {
        let message = format!("the lowered function has more than {MAX_LOCALS} locals");
        return Err(Error::Unsupported { message, place: place() });
    }
    // Each relocation becomes an index of at most five bytes, and each local declaration takes at most six.
    let code = &lowered.code;
    if code.bytes.len() + 5 * code.relocations.len() + 6 * lowered.locals.len() > MAX_CODE {
        let message = format!("the lowered function has more than {MAX_CODE} bytes of code");
        return Err(Error::Unsupported { message, place: place() });
    }
    Ok(())
}

/// Makes the shims: functions that pass their parameters to an intrinsic.
pub(super) fn shims(input: &Input<'_>, context: &Context, needs: &mut Needs) -> Vec<Shim> {
    let mut shims = Vec::new();
    for &import in &input.shims {
        let Some(signature) = input.imports.intrinsic(import) else { continue };
        let mut lowered = shim(context, signature, Origin { function: import, ..Origin::default() });
        lowered.add_to(needs, &[]);
        shims.push(Shim { import, lowered });
    }
    shims
}

/// The body of a function that passes its parameters to an intrinsic.
fn shim(context: &Context, signature: &Signature, origin: Origin) -> Lowered {
    passing(context, &signature.function_type(), origin, &Code::Intrinsic(*signature))
}

/// The body of a function of this type that passes its parameters to this code.
pub(super) fn passing(context: &Context, ty: &FunctionType, origin: Origin, code: &Code) -> Lowered {
    let params = ty.params.len() as u32;
    let locals = Locals::new(context.width(), params, Vec::new(), vec![Assigned::Never; params as usize]);
    let mut engine = Engine::new(*context, locals, ty.results.len() as u32);
    engine.set_origin(origin);
    engine.allocator_export(code);
    engine.end(|tape| {
        tape.emit(|sink| {
            sink.end();
        });
    });
    engine.finish()
}

fn lower(
    input: &Input<'_>,
    (body, calls): (&Body<'_>, &Calls),
    context: &Context,
    findings: &mut Findings,
    (unwinding, frames): (Option<Unwinding<'_>>, &Frames),
    allocations: FuncValidatorAllocations,
) -> Result<(Lowered, FuncValidatorAllocations), Error> {
    let ty = input.function_type(body.index);
    let mut declared: Vec<ValType> = Vec::new();
    for group in body.body.get_locals_reader()? {
        let (count, ty) = group?;
        let ty = RoundtripReencoder.val_type(ty).map_err(|error| Error::Unsupported {
            message: format!("the type of a local cannot be encoded: {error}"),
            place: Place::Offset(body.body.range().start),
        })?;
        declared.resize(declared.len() + count as usize, ty);
    }
    let mut assigned = calls.assigned.clone();
    assigned.resize(ty.params().len() + declared.len(), Assigned::Never);
    let locals = Locals::new(context.width(), ty.params().len() as u32, declared, assigned);

    let validator = &calls.validator;
    let again = wasmparser::FuncToValidate { resources: validator.resources.clone(), ..*validator };
    let mut walk = Walk {
        input,
        function: body.index,
        validator: again.into_validator(allocations),
        engine: Engine::new(*context, locals, ty.results().len() as u32),
        violations: Vec::new(),
        refused: None,
        unwinding,
        carried: BTreeSet::new(),
        results: vec![None],
        frames,
    };
    if context.segments.types().is_some() && !walk.engine.traces() {
        // Handlers of exceptions change the structures of a function.
        let found = carried(input, body, calls, walk.unwinding.is_none())?;
        found.locals.iter().for_each(|local| walk.engine.carry_local(LocalIndex(*local)));
        walk.carried = found.blocks;
    }
    walk.engine.set_first_frame(frames.first_item());
    walk.begin_unwinding();
    if findings.purpose == Purpose::Check {
        walk.engine.look_for_findings();
    }
    if body.body.range().len() > LARGE {
        walk.engine.optimize_for_size();
    }
    let mut reader = body.body.get_binary_reader();
    walk.validator.read_locals(&mut reader)?;
    let mut operators = OperatorsReader::new(reader);
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        let bytes = &input.bytes[offset..operators.original_position()];
        match walk.unwinding.as_ref().and_then(|unwinding| unwinding.labels.relabel(&operator)) {
            Some(instruction) => {
                let mut relabeled = Vec::new();
                instruction.encode(&mut relabeled);
                walk.step(&operator, offset, &relabeled);
            }
            None => walk.step(&operator, offset, bytes),
        }
        walk.validator.op(offset, &operator)?;
    }
    let Walk { validator, engine, violations, refused, .. } = walk;
    if let Some(error) = refused {
        return Err(error);
    }
    if !violations.is_empty() {
        let certain = certain_calls(input, body);
        findings.list.extend(violations.into_iter().map(|(offset, error)| {
            let severity = if certain.contains(&offset) { Severity::Error } else { Severity::Warning };
            Finding { severity, error }
        }));
    }
    Ok((engine.finish(), validator.into_allocations()))
}

impl Walk<'_> {
    /// Feeds one instruction to the engine, before the validator sees it.
    fn step(&mut self, operator: &Operator<'_>, offset: usize, bytes: &[u8]) {
        if let Operator::BrIf { relative_depth } = operator
            && let Some(numbers) = self.result_of(*relative_depth)
        {
            // No structure was added, so labels stay as they are.
            self.engine.carry_if(numbers);
            let arity = Arity::Known { pops: 1, pushes: 0 };
            return self.engine.other(Shape::BranchIf(*relative_depth), arity, |tape| tape.raw(bytes));
        }
        let unwinding = &mut self.unwinding;
        if let (
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::Try { .. },
            Some(unwinding),
        ) = (operator, &mut *unwinding)
        {
            unwinding.labels.begin();
        }
        let label = |label: u32| unwinding.as_ref().map_or(label, |unwinding| unwinding.labels.get(label));
        let engine = &mut self.engine;
        let copy = |tape: &mut Tape| tape.raw(bytes);
        match operator {
            Operator::I32Const { value } => engine.i32_const(*value),
            Operator::I64Const { value } => engine.i64_const(*value),
            Operator::LocalGet { local_index } => engine.local_get(LocalIndex(*local_index)),
            Operator::LocalSet { local_index } => engine.local_set(LocalIndex(*local_index)),
            Operator::LocalTee { local_index } => engine.local_tee(LocalIndex(*local_index)),
            Operator::Drop => engine.drop(),

            Operator::Block { blockty } => self.begin_block(*blockty, (0, offset), copy),
            Operator::Loop { blockty } => {
                self.results.push(None);
                engine.begin(StructureKind::Loop, 0, block_arity(&self.validator, *blockty), copy);
            }
            Operator::If { blockty } => self.begin_block(*blockty, (1, offset), copy),
            Operator::Try { blockty } => {
                self.results.push(None);
                engine.begin(StructureKind::Block, 0, block_arity(&self.validator, *blockty), copy);
            }
            Operator::TryTable { try_table } => {
                self.results.push(None);
                self.begin_try_table(try_table, offset, bytes);
            }
            Operator::Else => {
                self.end_arm();
                self.engine.next_arm(None, copy);
            }
            Operator::Catch { tag_index } => {
                let params = self.validator.tag_type_arity(*tag_index).map_or(0, |(params, _)| params);
                engine.next_arm(Some(params), copy);
                self.enter_handler(offset);
            }
            Operator::CatchAll => {
                engine.next_arm(Some(0), copy);
                self.enter_handler(offset);
            }
            Operator::End | Operator::Delegate { .. } => self.end(bytes),

            Operator::Unreachable
            | Operator::Br { .. }
            | Operator::BrTable { .. }
            | Operator::Return
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. } => {
                let mut pops = operator.operator_arity(&self.validator).map(|(pops, _)| pops);
                let label = match operator {
                    Operator::Br { relative_depth } => Some(label(*relative_depth)),
                    _ => None,
                };
                if let Operator::Br { relative_depth } = operator
                    && let Some(numbers) = self.result_of(*relative_depth)
                {
                    self.engine.carry(numbers, false);
                    pops = Some(0);
                }
                self.engine.diverge(label, pops, copy);
            }
            Operator::Call { function_index } => match self.input.intrinsic(*function_index) {
                Some(signature) => self.intrinsic_of_program(signature, offset),
                None if self.input.wrappers.get(*function_index).is_some() => self.inline(*function_index, offset),
                None => {
                    self.trace_call(*function_index, offset);
                    self.reference(operator, *function_index, bytes);
                }
            },
            Operator::ReturnCall { function_index } => match self.input.intrinsic(*function_index) {
                Some(signature) => {
                    self.intrinsic(signature, offset);
                    self.return_results(signature.results().len());
                }
                None if self.input.wrappers.get(*function_index).is_some() => {
                    self.inline(*function_index, offset);
                    self.return_results(self.input.function_type(*function_index).results().len());
                }
                None => {
                    self.trace_call(*function_index, offset);
                    let pops = operator.operator_arity(&self.validator).map(|(pops, _)| pops);
                    let target = FunctionRef::Program(*function_index);
                    self.engine.diverge(None, pops, |tape| {
                        tape.raw(&bytes[..1]);
                        tape.function(target);
                    });
                }
            },
            Operator::RefFunc { function_index } => self.reference(operator, *function_index, bytes),
            Operator::ArrayNewData { array_data_index, .. } => engine.array_new_data(*array_data_index, copy),
            Operator::ArrayNewFixed { array_size, .. } => engine.array_new_fixed(*array_size, copy),
            Operator::MemorySize { .. } | Operator::MemoryGrow { .. } => {
                let arity = self.arity(operator);
                let counted = SizeInstruction::of(operator).filter(|(memory, _)| self.engine.counts_pages_of(*memory));
                match counted {
                    Some((_, helper)) => self.engine.call_for_program(arity, helper),
                    None => self.engine.other(Shape::Effect, arity, copy),
                }
            }
            Operator::GlobalGet { global_index } if self.input.statics.segment(*global_index).is_some() => {
                self.input
                    .statics
                    .segment(*global_index)
                    .into_iter()
                    .for_each(|segment| engine.static_segment(segment));
            }
            _ => {
                let renumbered = renumbered(self.input, operator, bytes);
                let bytes = renumbered.as_deref().unwrap_or(bytes);
                let copy = |tape: &mut Tape| tape.raw(bytes);
                let shape = match shape(operator) {
                    Shape::BranchIf(depth) => Shape::BranchIf(label(depth)),
                    shape => shape,
                };
                let arity = self.arity(operator);
                self.trace(operator, offset);
                self.engine.other(shape, arity, copy);
            }
        }
    }

    /// Lowers an intrinsic that the program calls, and keeps or clears the handle for exceptions.
    fn intrinsic_of_program(&mut self, signature: &Signature, offset: usize) {
        self.intrinsic(signature, offset);
        let effects = signature.intrinsic.effects();
        if effects.opens() {
            self.opened(offset);
        } else if effects.closes() {
            self.freed(offset);
        }
    }

    /// Returns this number of operands, which are those on top.
    fn return_results(&mut self, results: usize) {
        self.engine.diverge(None, Some(results as u32), |tape| {
            tape.emit(|sink| {
                sink.return_();
            });
        });
    }

    /// Lowers the steps of a wrapper in place of its call. The places of findings and violations are those of the call.
    fn inline(&mut self, function: u32, offset: usize) {
        let input = self.input;
        let Some(wrapper) = input.wrappers.get(function) else { return };
        let passed = wrapper.passed();
        let taken = wrapper.params.iter().skip(passed.unwrap_or_default()).rev();
        let mut arguments: Vec<Argument> = taken.map(|ty| self.engine.take_argument(*ty)).collect();
        arguments.reverse();
        for step in &wrapper.steps[passed.unwrap_or_default()..] {
            let one = |pops, pushes| Arity::Known { pops, pushes };
            match step {
                Step::Get(param) => {
                    let argument = arguments.get(*param as usize).copied();
                    argument.into_iter().for_each(|argument| self.engine.push_argument(argument));
                }
                Step::I32(value) => self.engine.i32_const_deferred(*value),
                Step::I64(value) => self.engine.i64_const_deferred(*value),
                Step::Static(global) => {
                    input.statics.segment(*global).into_iter().for_each(|segment| self.engine.static_segment(segment));
                }
                Step::Drop => self.engine.drop(),
                Step::Push(bytes) => {
                    self.engine.other(Shape::Pure, one(0, 1), |tape| tape.raw(&input.bytes[bytes.clone()]));
                }
                Step::Convert(bytes) => {
                    self.engine.other(Shape::Effect, one(1, 1), |tape| tape.raw(&input.bytes[bytes.clone()]));
                }
                Step::Intrinsic(import) => {
                    input
                        .imports
                        .intrinsic(*import)
                        .into_iter()
                        .for_each(|signature| self.intrinsic_of_program(signature, offset));
                }
                Step::Wrapper(callee) => match input.intrinsic(*callee) {
                    Some(signature) => self.intrinsic_of_program(signature, offset),
                    None => self.inline(*callee, offset),
                },
            }
        }
    }

    /// Ends a structure, or the function.
    fn end(&mut self, bytes: &[u8]) {
        let copy = |tape: &mut Tape| tape.raw(bytes);
        self.end_arm();
        if let Some(Some(Carrying { numbers, .. })) = self.results.pop() {
            self.engine.end(copy);
            return self.engine.push_carried(numbers);
        }
        let Some(unwinding) = &mut self.unwinding else { return self.engine.end(copy) };
        if unwinding.labels.is_outermost() {
            self.end_unwinding();
            return self.engine.end(copy);
        }
        let (landings, results) = unwinding.labels.end();
        self.engine.end(copy);
        self.land(&landings, results);
    }

    fn reference(&mut self, operator: &Operator<'_>, function: u32, bytes: &[u8]) {
        let arity = self.arity(operator);
        self.engine.other(shape(operator), arity, |tape| {
            tape.raw(&bytes[..1]);
            tape.function(FunctionRef::Program(function));
        });
    }
}

/// The encoding of an instruction whose global has another index in the linked module.
fn renumbered(input: &Input<'_>, operator: &Operator<'_>, bytes: &[u8]) -> Option<Vec<u8>> {
    let global = GlobalInstruction::of(operator).filter(|_| !input.statics.is_empty())?;
    Some(GlobalInstruction::renumbered(bytes, input.statics.index(global)?))
}
