//! The data segments that the start function copies.
//!
//! linmem's start function, and that of LLVM's linker for shared memories, copy passive segments to constant addresses.
//! They may do so in a block that only one instance executes. The first instructions of any other start function count, up
//! to the first one that can branch or call.

use crate::error::Error;
use crate::image::{ConstOp, Offset, Value};
use crate::link::input::Input;
use crate::start;
use wasmparser::{BinaryReader, CodeSectionReader, Operator};

/// The ids of the section that names the start function, and of the section of code.
const START: u8 = 8;
const CODE: u8 = 10;

/// The name of the start function of LLVM's linker.
const LLVM: &str = "__wasm_init_memory";

/// A copy of a passive data segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SegmentCopy {
    pub(super) memory: u32,
    pub(super) segment: u32,
    /// The address, if it is computed from constants only.
    pub(super) address: Option<u64>,
    /// The number of bytes.
    pub(super) bytes: u32,
}

/// The copies that the start function of a module makes, without repetitions.
///
/// # Errors
///
/// If the module is invalid.
pub(super) fn copies(input: &Input<'_>) -> Result<Vec<SegmentCopy>, Error> {
    let contents = |id| {
        let range = &input.section(id)?.range;
        Some(BinaryReader::new(&input.bytes[range.clone()], range.start))
    };
    let (Some(mut start), Some(code)) = (contents(START), contents(CODE)) else { return Ok(Vec::new()) };
    let function = start.read_var_u32()?;
    let bodies = CodeSectionReader::new(code)?;
    let imported = input.function_count.saturating_sub(bodies.count());
    let Some(position) = function.checked_sub(imported) else { return Ok(Vec::new()) };
    let Some(body) = bodies.into_iter().nth(position as usize) else { return Ok(Vec::new()) };
    let is_known = input.named(function).is_some_and(|name| name == start::NAME || name == LLVM);
    let mut copies = Vec::new();
    // The constants before the current instruction.
    let mut operands = Vec::new();
    for operator in body?.get_operators_reader()? {
        let operator = operator?;
        if let Some(operand) = operand(&operator) {
            operands.push(operand);
            continue;
        }
        match operator {
            Operator::MemoryInit { data_index, mem } => copies.extend(copy(mem, data_index, &operands)),
            Operator::DataDrop { .. } | Operator::MemoryFill { .. } | Operator::GlobalSet { .. } => {}
            _ if is_known => {}
            _ => break,
        }
        operands.clear();
    }
    // The same copy can be in several branches.
    copies.sort_unstable();
    copies.dedup();
    Ok(copies)
}

/// The instruction, if it can be in a constant expression.
fn operand(operator: &Operator<'_>) -> Option<ConstOp> {
    Some(match operator {
        Operator::I32Const { value } => ConstOp::Constant(Value::I32(value.cast_unsigned())),
        Operator::I64Const { value } => ConstOp::Constant(Value::I64(value.cast_unsigned())),
        Operator::GlobalGet { global_index } => ConstOp::GlobalGet(*global_index),
        Operator::I32Add => ConstOp::I32Add,
        Operator::I32Sub => ConstOp::I32Sub,
        Operator::I32Mul => ConstOp::I32Mul,
        Operator::I64Add => ConstOp::I64Add,
        Operator::I64Sub => ConstOp::I64Sub,
        Operator::I64Mul => ConstOp::I64Mul,
        _ => return None,
    })
}

/// The copy with these operands: an address, and two constants.
fn copy(memory: u32, segment: u32, operands: &[ConstOp]) -> Option<SegmentCopy> {
    let [address @ .., ConstOp::Constant(Value::I32(_)), ConstOp::Constant(Value::I32(bytes))] = operands else {
        return None;
    };
    let address = Offset::Extended(address.to_vec()).evaluate(|_| None).map(|value| match value {
        Value::I32(value) => u64::from(value),
        Value::I64(value) => value,
    });
    Some(SegmentCopy { memory, segment, address, bytes: *bytes })
}
