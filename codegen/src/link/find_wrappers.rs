//! Finds the functions of a module that only pass on to an intrinsic.

use crate::code::FunctionRef;
use crate::link::input::{Body, Input};
use crate::link::wrappers::{Step, Wrapper, Wrappers};
use std::collections::BTreeMap;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmparser::{BinaryReaderError, FuncType, Operator};

/// The largest body of a wrapper in bytes.
const LARGEST: usize = 96;

/// The largest number of steps of a wrapper, with those of the wrappers that it calls.
const MOST_STEPS: usize = 48;

/// Finds the wrappers of a module.
pub(super) fn find(input: &Input<'_>) -> Wrappers {
    let mut candidates = BTreeMap::new();
    for body in &input.bodies {
        let is_small = body.body.range().len() <= LARGEST;
        if let (true, Ok(Some(steps))) = (is_small, read(input, body)) {
            candidates.insert(body.index, steps);
        }
    }
    let mut found = BTreeMap::new();
    // A wrapper can call one that follows it. Each round finds those whose callee is known, so that cycles are left over.
    loop {
        let known = found.len();
        candidates.retain(|function, steps: &mut Vec<Step>| match wrapper(input, &found, *function, steps) {
            Some(wrapper) => {
                found.insert(*function, wrapper);
                false
            }
            None => true,
        });
        if candidates.is_empty() || found.len() == known {
            return Wrappers::of(found);
        }
    }
}

fn wrapper(input: &Input<'_>, known: &BTreeMap<u32, Wrapper>, function: u32, steps: &[Step]) -> Option<Wrapper> {
    let (mut size, mut target) = (steps.len(), None);
    for step in steps {
        match step {
            Step::Intrinsic(import) => target = Some(*import),
            Step::Wrapper(callee) => {
                let callee = known.get(callee)?;
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

/// Whether a function calls a wrapper directly.
pub(super) fn are_called_by(wrappers: &Wrappers, body: &Body<'_>) -> bool {
    !wrappers.is_empty()
        && body.references.iter().any(|reference| match reference.target {
            FunctionRef::Program(function) => wrappers.get(function).is_some(),
            _ => false,
        })
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
