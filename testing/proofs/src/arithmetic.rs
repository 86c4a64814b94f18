//! The instructions that compute with integers.

use crate::term::{Op, Pool, Term};
use wasmparser::Operator;

/// An instruction with two operands of one width and a result of that width.
fn binary(operator: &Operator<'_>) -> Option<Op> {
    use Operator as O;
    Some(match operator {
        O::I32Add | O::I64Add => Op::BvAdd,
        O::I32Sub | O::I64Sub => Op::BvSub,
        O::I32Mul | O::I64Mul => Op::BvMul,
        O::I32And | O::I64And => Op::BvAnd,
        O::I32Or | O::I64Or => Op::BvOr,
        O::I32Xor | O::I64Xor => Op::BvXor,
        O::I32DivU | O::I64DivU => Op::BvUdiv,
        O::I32DivS | O::I64DivS => Op::BvSdiv,
        O::I32RemU | O::I64RemU => Op::BvUrem,
        O::I32RemS | O::I64RemS => Op::BvSrem,
        _ => return None,
    })
}

fn shift(operator: &Operator<'_>) -> Option<Op> {
    use Operator as O;
    Some(match operator {
        O::I32Shl | O::I64Shl => Op::BvShl,
        O::I32ShrU | O::I64ShrU => Op::BvLshr,
        O::I32ShrS | O::I64ShrS => Op::BvAshr,
        _ => return None,
    })
}

/// A comparison, and whether its operands are exchanged.
fn comparison(operator: &Operator<'_>) -> Option<(Op, bool)> {
    use Operator as O;
    Some(match operator {
        O::I32LtU | O::I64LtU => (Op::BvUlt, false),
        O::I32LtS | O::I64LtS => (Op::BvSlt, false),
        O::I32LeU | O::I64LeU => (Op::BvUle, false),
        O::I32LeS | O::I64LeS => (Op::BvSle, false),
        O::I32GtU | O::I64GtU => (Op::BvUlt, true),
        O::I32GtS | O::I64GtS => (Op::BvSlt, true),
        O::I32GeU | O::I64GeU => (Op::BvUle, true),
        O::I32GeS | O::I64GeS => (Op::BvSle, true),
        O::I32Eq | O::I64Eq => (Op::Eq, false),
        _ => return None,
    })
}

/// Whether a division traps.
pub(crate) fn division_traps(pool: &mut Pool, operator: &Operator<'_>, a: Term, b: Term) -> Option<Term> {
    use Operator as O;
    let width = pool.width(a);
    let zero = pool.bits(width, 0);
    let by_zero = pool.eq(b, zero);
    match operator {
        O::I32DivS | O::I64DivS => {
            let (least, minus_one) = (pool.bits(width, 1 << (width - 1)), pool.bits(width, u128::MAX));
            let (is_least, is_minus_one) = (pool.eq(a, least), pool.eq(b, minus_one));
            let overflows = pool.and(is_least, is_minus_one);
            Some(pool.or(by_zero, overflows))
        }
        O::I32DivU | O::I64DivU | O::I32RemS | O::I64RemS | O::I32RemU | O::I64RemU => Some(by_zero),
        _ => None,
    }
}

/// Executes an instruction that only computes, on the operands on the stack. `false` if it is another instruction.
pub(crate) fn execute(pool: &mut Pool, operator: &Operator<'_>, stack: &mut Vec<Term>) -> bool {
    use Operator as O;
    let mut pop = || stack.pop().expect("the module is valid");
    let result = if let Some(op) = binary(operator) {
        let (b, a) = (pop(), pop());
        pool.apply(op, &[a, b])
    } else if let Some(op) = shift(operator) {
        let (b, a) = (pop(), pop());
        let b = modulo_width(pool, b);
        pool.apply(op, &[a, b])
    } else if let Some((op, exchanged)) = comparison(operator) {
        let (b, a) = (pop(), pop());
        let holds = pool.apply(op, &if exchanged { [b, a] } else { [a, b] });
        pool.of_bool(holds)
    } else {
        match operator {
            O::I32Const { value } => pool.bits(32, *value as u32 as u128),
            O::I64Const { value } => pool.bits(64, *value as u64 as u128),
            O::F32Const { value } => pool.bits(32, value.bits().into()),
            O::F64Const { value } => pool.bits(64, value.bits().into()),
            O::I32Ne | O::I64Ne => {
                let (b, a) = (pop(), pop());
                let equal = pool.eq(a, b);
                let holds = pool.not(equal);
                pool.of_bool(holds)
            }
            O::I32Eqz | O::I64Eqz => {
                let a = pop();
                let holds = pool.is_true(a);
                let holds = pool.not(holds);
                pool.of_bool(holds)
            }
            O::I32WrapI64 => unary(pool, Op::Extract(0, 32), pop()),
            O::I64ExtendI32U => unary(pool, Op::ZeroExtend(64), pop()),
            O::I64ExtendI32S => unary(pool, Op::SignExtend(64), pop()),
            O::I32Extend8S => extended(pool, pop(), 8),
            O::I32Extend16S => extended(pool, pop(), 16),
            O::I64Extend8S => extended(pool, pop(), 8),
            O::I64Extend16S => extended(pool, pop(), 16),
            O::I64Extend32S => extended(pool, pop(), 32),
            O::I32Rotl | O::I64Rotl | O::I32Rotr | O::I64Rotr => {
                let (b, a) = (pop(), pop());
                rotated(pool, a, b, matches!(operator, O::I32Rotl | O::I64Rotl))
            }
            O::I32Popcnt | O::I64Popcnt => {
                let a = pop();
                ones(pool, a)
            }
            O::I32Clz | O::I64Clz => first_one(pool, pop(), true),
            O::I32Ctz | O::I64Ctz => first_one(pool, pop(), false),
            // Floating-point numbers are their bits.
            O::I32ReinterpretF32 | O::I64ReinterpretF64 | O::F32ReinterpretI32 | O::F64ReinterpretI64 => return true,
            O::Select | O::TypedSelect { .. } => {
                let (condition, b, a) = (pop(), pop(), pop());
                let condition = pool.is_true(condition);
                pool.ite(condition, a, b)
            }
            _ => return false,
        }
    };
    stack.push(result);
    true
}

fn unary(pool: &mut Pool, op: Op, a: Term) -> Term {
    pool.apply(op, &[a])
}

/// The lower bits of a number, with their sign.
fn extended(pool: &mut Pool, a: Term, bits: u32) -> Term {
    let width = pool.width(a);
    let low = pool.apply(Op::Extract(0, bits), &[a]);
    pool.apply(Op::SignExtend(width), &[low])
}

fn modulo_width(pool: &mut Pool, count: Term) -> Term {
    let width = pool.width(count);
    let mask = pool.bits(width, u128::from(width) - 1);
    pool.apply(Op::BvAnd, &[count, mask])
}

fn rotated(pool: &mut Pool, a: Term, count: Term, left: bool) -> Term {
    let width = pool.width(a);
    let zero = pool.bits(width, 0);
    let back = pool.apply(Op::BvSub, &[zero, count]);
    let (count, back) = (modulo_width(pool, count), modulo_width(pool, back));
    let (to_left, to_right) = if left { (count, back) } else { (back, count) };
    let high = pool.apply(Op::BvShl, &[a, to_left]);
    let low = pool.apply(Op::BvLshr, &[a, to_right]);
    pool.apply(Op::BvOr, &[high, low])
}

fn ones(pool: &mut Pool, a: Term) -> Term {
    let width = pool.width(a);
    (0..width).fold(pool.bits(width, 0), |sum, bit| {
        let bit = pool.apply(Op::Extract(bit, 1), &[a]);
        let bit = pool.apply(Op::ZeroExtend(width), &[bit]);
        pool.apply(Op::BvAdd, &[sum, bit])
    })
}

/// The number of zeros before the first one, from the highest or from the lowest bit.
fn first_one(pool: &mut Pool, a: Term, from_highest: bool) -> Term {
    let width = pool.width(a);
    let mut count = pool.bits(width, width.into());
    for zeros in (0..width).rev() {
        let bit = pool.apply(Op::Extract(if from_highest { width - 1 - zeros } else { zeros }, 1), &[a]);
        let is_one = pool.is_true(bit);
        let zeros = pool.bits(width, zeros.into());
        count = pool.ite(is_one, zeros, count);
    }
    count
}

/// Bytes of a memory as a little-endian number.
pub(crate) fn load(pool: &mut Pool, memory: Term, address: Term, bytes: u32) -> Term {
    let width = pool.width(address);
    let byte = |pool: &mut Pool, at: u32| {
        let at = pool.bits(width, at.into());
        let address = pool.apply(Op::BvAdd, &[address, at]);
        pool.apply(Op::Select, &[memory, address])
    };
    let mut value = byte(pool, 0);
    for at in 1..bytes {
        let next = byte(pool, at);
        value = pool.apply(Op::Concat, &[next, value]);
    }
    value
}

/// A memory with a little-endian number in it.
pub(crate) fn store(pool: &mut Pool, memory: Term, address: Term, value: Term, bytes: u32) -> Term {
    let width = pool.width(address);
    (0..bytes).fold(memory, |memory, at| {
        let offset = pool.bits(width, at.into());
        let address = pool.apply(Op::BvAdd, &[address, offset]);
        let byte = pool.apply(Op::Extract(8 * at, 8), &[value]);
        pool.apply(Op::Store, &[memory, address, byte])
    })
}
