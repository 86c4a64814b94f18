//! What operations make of numbers.

use crate::sort::{Op, Sort, mask};
use std::collections::BTreeMap;

/// The value of a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A bit-vector or a Boolean.
    Number(Sort, u128),
    /// A memory: the bytes that differ from those it began with, which are zero.
    Memory(BTreeMap<u128, u8>),
}

impl Value {
    /// The number.
    pub fn number(&self) -> u128 {
        match self {
            Value::Number(_, number) => *number,
            Value::Memory(_) => panic!("a memory is not a number"),
        }
    }
}

/// The result of an operation; `None` if it is not defined here.
pub(crate) fn apply(op: Op, args: &[Value]) -> Option<Value> {
    let number = |at: usize| args[at].number();
    let width = |at: usize| match args[at] {
        Value::Number(Sort::Bits(width), _) => width,
        _ => 1,
    };
    let signed = |at: usize| signed(width(at), number(at));
    let truth = |holds: bool| Some(Value::Number(Sort::Bool, u128::from(holds)));
    let bits = |width: u32, value: u128| Some(Value::Number(Sort::Bits(width), value & mask(width)));
    let same = |value: u128| bits(width(0), value);
    match op {
        Op::Not => truth(number(0) == 0),
        Op::And => truth(number(0) == 1 && number(1) == 1),
        Op::Or => truth(number(0) == 1 || number(1) == 1),
        Op::Eq => truth(args[0] == args[1]),
        Op::Ite => Some(if number(0) == 1 { args[1].clone() } else { args[2].clone() }),
        Op::BvNot => same(!number(0)),
        Op::BvAnd => same(number(0) & number(1)),
        Op::BvOr => same(number(0) | number(1)),
        Op::BvXor => same(number(0) ^ number(1)),
        Op::BvAdd => same(number(0).wrapping_add(number(1))),
        Op::BvSub => same(number(0).wrapping_sub(number(1))),
        Op::BvMul => same(number(0).wrapping_mul(number(1))),
        Op::BvUdiv => same(number(0).checked_div(number(1)).unwrap_or(u128::MAX)),
        Op::BvUrem => same(number(0).checked_rem(number(1)).unwrap_or(number(0))),
        Op::BvSdiv if number(1) == 0 => same(if signed(0) < 0 { 1 } else { u128::MAX }),
        Op::BvSdiv => same(signed(0).wrapping_div(signed(1)) as u128),
        Op::BvSrem if number(1) == 0 => same(number(0)),
        Op::BvSrem => same(signed(0).wrapping_rem(signed(1)) as u128),
        Op::BvShl => same(if number(1) >= u128::from(width(0)) { 0 } else { number(0) << number(1) }),
        Op::BvLshr => same(if number(1) >= u128::from(width(0)) { 0 } else { number(0) >> number(1) }),
        Op::BvAshr => same((signed(0) >> number(1).min(127)) as u128),
        Op::BvUlt => truth(number(0) < number(1)),
        Op::BvUle => truth(number(0) <= number(1)),
        Op::BvSlt => truth(signed(0) < signed(1)),
        Op::BvSle => truth(signed(0) <= signed(1)),
        Op::Extract(low, width) => bits(width, number(0) >> low),
        Op::ZeroExtend(width) => bits(width, number(0)),
        Op::SignExtend(width) => bits(width, signed(0) as u128),
        Op::Concat => bits(width(0) + width(1), number(0) << width(1) | number(1)),
        Op::Select => match &args[0] {
            Value::Memory(bytes) => bits(8, bytes.get(&number(1)).copied().unwrap_or(0).into()),
            Value::Number(..) => None,
        },
        Op::Store => match &args[0] {
            Value::Memory(bytes) => {
                let mut bytes = bytes.clone();
                bytes.insert(number(1), number(2) as u8);
                Some(Value::Memory(bytes))
            }
            Value::Number(..) => None,
        },
    }
}

/// A number of this width, in two's complement.
pub(crate) fn signed(width: u32, number: u128) -> i128 {
    let shift = 128 - width;
    ((number << shift) as i128) >> shift
}
