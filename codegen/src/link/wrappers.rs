//! Functions that only pass on: their parameters, constants and casts of them go to one intrinsic, and they return its result,
//! nothing, or constants.
//!
//! Compilers often put each import behind such a function. Where a wrapper is called, its code is lowered in its place, so that
//! the constants and the segments of the caller are known. A wrapper whose parameters are exactly the operands, and whose
//! results are those of the intrinsic, is the intrinsic under another index: the static analyses treat it so, too.
//!
//! ```wat
//! (func $free (param i32) (result i32)
//!   local.get 0   call $MemoryAllocator.free   i32.const 0)      ;; MoonBit: the value of an empty result
//! ```

use crate::code::FunctionRef;
use crate::link::input::{Body, Input};
use linmem_intrinsics::Signature;
use std::collections::BTreeMap;
use std::ops::Range;
use wasm_encoder::ValType;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmparser::{BinaryReaderError, FuncType, Operator};

/// The largest body of a wrapper in bytes.
const LARGEST: usize = 96;

/// The largest number of steps of a wrapper, with those of the wrappers that it calls.
const MOST_STEPS: usize = 48;

/// A step of a wrapper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Push a parameter.
    Get(u32),
    /// Push a constant.
    I32(i32),
    /// Push a constant.
    I64(i64),
    /// Push static data, by the index of its global.
    Static(u32),
    /// Execute an instruction without operands, by its bytes in the module.
    Push(Range<usize>),
    /// Execute an instruction with one operand and one result, by its bytes in the module.
    Convert(Range<usize>),
    /// Call an intrinsic, by the index of its import.
    Intrinsic(u32),
    /// Call another wrapper. Its parameters are on the stack.
    Wrapper(u32),
    /// Drop a result.
    Drop,
}

/// A function that only passes on.
#[derive(Clone, Debug)]
pub(crate) struct Wrapper {
    /// Its instructions.
    pub(crate) steps: Vec<Step>,
    /// The intrinsic that it is, if it passes on all parameters and all results unchanged.
    pub(crate) is: Option<u32>,
    /// The types of its parameters, for the locals that hold them where it is called.
    pub(crate) params: Vec<ValType>,
    /// The number of steps with those of the wrappers that it calls.
    size: usize,
}

impl Wrapper {
    /// The number of its first steps that push its first parameters in order, if no other step pushes a parameter. These
    /// parameters can stay on the stack.
    pub(crate) fn passed(&self) -> Option<usize> {
        let in_order = (0..).map(Step::Get).zip(&self.steps).take_while(|(get, step)| get == *step).count();
        let gets = self.steps.iter().filter(|step| matches!(step, Step::Get(_))).count();
        (in_order == gets).then_some(in_order)
    }
}

/// The wrappers of a module, by the indices of their functions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wrappers(BTreeMap<u32, Wrapper>);

impl Wrappers {
    /// Finds the wrappers of a module.
    pub(crate) fn find(input: &Input<'_>) -> Wrappers {
        let mut candidates = BTreeMap::new();
        for body in &input.bodies {
            let is_small = body.body.range().len() <= LARGEST;
            if let (true, Ok(Some(steps))) = (is_small, read(input, body)) {
                candidates.insert(body.index, steps);
            }
        }
        let mut found = Wrappers::default();
        // A wrapper can call one that follows it. Each round finds those whose callee is known, so that cycles are left over.
        loop {
            let known = found.0.len();
            candidates.retain(|function, steps: &mut Vec<Step>| match found.wrapper(input, *function, steps) {
                Some(wrapper) => {
                    found.0.insert(*function, wrapper);
                    false
                }
                None => true,
            });
            if candidates.is_empty() || found.0.len() == known {
                return found;
            }
        }
    }

    fn wrapper(&self, input: &Input<'_>, function: u32, steps: &[Step]) -> Option<Wrapper> {
        let (mut size, mut target) = (steps.len(), None);
        for step in steps {
            match step {
                Step::Intrinsic(import) => target = Some(*import),
                Step::Wrapper(callee) => {
                    let callee = self.0.get(callee)?;
                    size += callee.size;
                    target = callee.is;
                }
                Step::Get(_)
                | Step::I32(_)
                | Step::I64(_)
                | Step::Static(_)
                | Step::Push(_)
                | Step::Convert(_)
                | Step::Drop => {}
            }
        }
        let params = input.function_type(function).params().len() as u32;
        let gets = (0..params).map(Step::Get);
        let is_exact = steps.len() == params as usize + 1 && gets.eq(steps.iter().take(params as usize).cloned());
        let is = target.filter(|_| is_exact);
        // The index of a type is no longer known, which only a wrapper that is an intrinsic does not need.
        let types = input.function_type(function).params().iter().map(|ty| RoundtripReencoder.val_type(*ty).ok());
        let params = if is.is_some() { Vec::new() } else { types.collect::<Option<_>>()? };
        (size <= MOST_STEPS).then(|| Wrapper { steps: steps.to_vec(), is, params, size })
    }

    /// The wrapper that a function is, if it is one.
    pub(crate) fn get(&self, function: u32) -> Option<&Wrapper> {
        self.0.get(&function)
    }

    /// Whether a function calls a wrapper directly.
    pub(crate) fn are_called_by(&self, body: &Body<'_>) -> bool {
        !self.0.is_empty()
            && body.references.iter().any(|reference| match reference.target {
                FunctionRef::Program(function) => self.0.contains_key(&function),
                _ => false,
            })
    }
}

impl Input<'_> {
    /// The signature of an intrinsic that a function is: an import, or a wrapper that passes on everything unchanged.
    pub(crate) fn intrinsic(&self, function: u32) -> Option<&Signature> {
        let import = self.wrappers.get(function).and_then(|wrapper| wrapper.is);
        self.imports.intrinsic(import.unwrap_or(function))
    }
}

/// The steps of a function, if it consists of straight code that calls one intrinsic, or one function that may be a wrapper.
fn read(input: &Input<'_>, body: &Body<'_>) -> Result<Option<Vec<Step>>, BinaryReaderError> {
    if body.body.get_locals_reader()?.get_count() > 0 {
        return Ok(None);
    }
    let mut steps = Vec::new();
    let mut calls = 0;
    let mut operators = body.body.get_operators_reader()?;
    while !operators.eof() {
        let (operator, start) = operators.read_with_offset()?;
        let bytes = start..operators.original_position();
        steps.push(match operator {
            Operator::LocalGet { local_index } => Step::Get(local_index),
            Operator::I32Const { value } => Step::I32(value),
            Operator::I64Const { value } => Step::I64(value),
            Operator::GlobalGet { global_index } if input.statics.segment(global_index).is_some() => {
                Step::Static(global_index)
            }
            Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::V128Const { .. }
            | Operator::RefNull { .. } => Step::Push(bytes),
            Operator::I32WrapI64
            | Operator::I64ExtendI32U
            | Operator::I64ExtendI32S
            | Operator::F32DemoteF64
            | Operator::F64PromoteF32
            | Operator::RefAsNonNull
            | Operator::RefCastNonNull { .. }
            | Operator::RefCastNullable { .. }
            | Operator::AnyConvertExtern
            | Operator::ExternConvertAny => Step::Convert(bytes),
            Operator::Drop => Step::Drop,
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                calls += 1;
                match input.imports.intrinsic(function_index) {
                    Some(_) => Step::Intrinsic(function_index),
                    None => Step::Wrapper(function_index),
                }
            }
            // Code that follows is unreachable.
            Operator::Return | Operator::End => break,
            _ => return Ok(None),
        });
        if let Operator::ReturnCall { .. } = operator {
            break;
        }
    }
    let ty: &FuncType = input.function_type(body.index);
    Ok((calls == 1 && returns(input, &steps, ty)).then_some(steps))
}

/// Whether the steps leave exactly the results. Values below the results are legal before a `return` or a tail call, but not
/// where the steps are lowered in place of a call.
fn returns(input: &Input<'_>, steps: &[Step], ty: &FuncType) -> bool {
    let mut height = 0_usize;
    for step in steps {
        let (pops, pushes) = match step {
            Step::Get(_) | Step::I32(_) | Step::I64(_) | Step::Static(_) | Step::Push(_) => (0, 1),
            Step::Convert(_) => (1, 1),
            Step::Drop => (1, 0),
            Step::Intrinsic(function) | Step::Wrapper(function) => {
                let ty = input.function_type(*function);
                (ty.params().len(), ty.results().len())
            }
        };
        let Some(left) = height.checked_sub(pops) else { return false };
        height = left + pushes;
    }
    height == ty.results().len()
}
