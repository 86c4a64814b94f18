//! The offsets of active data segments: constant expressions of the type of addresses.

use crate::image::memory::Import;
use crate::width::Width;

/// A number in a constant expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// An `i32`, as an unsigned number.
    I32(u32),
    /// An `i64`, as an unsigned number.
    I64(u64),
}

impl Value {
    /// The address that it is in a memory of a width; `None` if it has another type than addresses have.
    pub fn address(self, width: Width) -> Option<u64> {
        match (self, width) {
            (Value::I32(value), Width::Bits32) => Some(value.into()),
            (Value::I64(value), Width::Bits64) => Some(value),
            _ => None,
        }
    }
}

/// An instruction of a constant expression whose result is a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstOp {
    /// `i32.const` or `i64.const`
    Constant(Value),
    /// `global.get`, with the index of the global.
    GlobalGet(u32),
    /// `i32.add`
    I32Add,
    /// `i32.sub`
    I32Sub,
    /// `i32.mul`
    I32Mul,
    /// `i64.add`
    I64Add,
    /// `i64.sub`
    I64Sub,
    /// `i64.mul`
    I64Mul,
}

/// The offset of an active data segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offset {
    /// Exactly one constant.
    Constant(Value),
    /// Exactly one `global.get`.
    Global {
        /// The index of the global.
        index: u32,
        /// The names of its import, if it is imported.
        import: Option<Import>,
    },
    /// Any other expression. Engines do not evaluate it ahead of time, even if all its operands are constants.
    Extended(Vec<ConstOp>),
}

impl Offset {
    /// Evaluates the offset. `global` returns the values of globals, or `None` for a global whose value is unknown.
    ///
    /// Returns `None` if the value of a global is unknown, or if the expression is not valid.
    pub fn evaluate(&self, mut global: impl FnMut(u32) -> Option<Value>) -> Option<Value> {
        match self {
            Offset::Constant(value) => Some(*value),
            Offset::Global { index, .. } => global(*index),
            Offset::Extended(ops) => {
                let mut stack = Vec::new();
                for op in ops {
                    let result = match op {
                        ConstOp::Constant(value) => *value,
                        ConstOp::GlobalGet(index) => global(*index)?,
                        _ => {
                            let right = stack.pop()?;
                            binary(*op, stack.pop()?, right)?
                        }
                    };
                    stack.push(result);
                }
                let result = stack.pop()?;
                stack.is_empty().then_some(result)
            }
        }
    }
}

/// The result of an operation on two numbers; `None` if they have other types than the operation.
fn binary(op: ConstOp, left: Value, right: Value) -> Option<Value> {
    match (left, right) {
        (Value::I32(left), Value::I32(right)) => {
            let operation = match op {
                ConstOp::I32Add => u32::wrapping_add,
                ConstOp::I32Sub => u32::wrapping_sub,
                ConstOp::I32Mul => u32::wrapping_mul,
                _ => return None,
            };
            Some(Value::I32(operation(left, right)))
        }
        (Value::I64(left), Value::I64(right)) => {
            let operation = match op {
                ConstOp::I64Add => u64::wrapping_add,
                ConstOp::I64Sub => u64::wrapping_sub,
                ConstOp::I64Mul => u64::wrapping_mul,
                _ => return None,
            };
            Some(Value::I64(operation(left, right)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_expressions_are_evaluated_with_wrapping() {
        let i32 = |value| ConstOp::Constant(Value::I32(value));
        let i64 = |value| ConstOp::Constant(Value::I64(value));
        for (ops, expected) in [
            (vec![i32(3), i32(5), ConstOp::I32Sub], Some(Value::I32(u32::MAX - 1))),
            (vec![i32(3), i32(5), i32(7), ConstOp::I32Mul, ConstOp::I32Add], Some(Value::I32(38))),
            (vec![i64(u64::MAX), i64(2), ConstOp::I64Add], Some(Value::I64(1))),
            (vec![i64(1 << 63), i64(2), ConstOp::I64Mul], Some(Value::I64(0))),
            (vec![i64(1), i64(2), ConstOp::I64Sub], Some(Value::I64(u64::MAX))),
            (vec![i32(8), ConstOp::GlobalGet(1), ConstOp::I32Add], Some(Value::I32(108))),
            (vec![i32(8), ConstOp::GlobalGet(2), ConstOp::I32Add], None),
        ] {
            let global = |index| (index == 1).then_some(Value::I32(100));
            assert_eq!(Offset::Extended(ops.clone()).evaluate(global), expected, "{ops:?}");
        }
    }

    #[test]
    fn invalid_expressions_have_no_value() {
        let one = ConstOp::Constant(Value::I32(1));
        let wide = ConstOp::Constant(Value::I64(1));
        for ops in [
            vec![],
            vec![one, one],
            vec![ConstOp::I32Add],
            vec![one, ConstOp::I32Add],
            vec![one, wide, ConstOp::I32Add],
            vec![one, one, ConstOp::I64Add],
            vec![wide, wide, ConstOp::I32Mul],
        ] {
            assert_eq!(Offset::Extended(ops.clone()).evaluate(|_| None), None, "{ops:?}");
        }
    }
}
