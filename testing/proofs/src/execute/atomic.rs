//! Atomic instructions. Other threads may write between any two of them, so that a load returns anything.

use super::executor::{Executor, pop};
use crate::error::Error;
use crate::state::State;
use crate::term::{Op, Sort};
use wasmparser::{MemArg, Operator};

/// An atomic instruction.
pub(super) struct Atomic {
    pub(super) memarg: MemArg,
    /// The width of its result, if it has one.
    result: Option<u32>,
    /// The number of its operands after the address.
    operands: usize,
    writes: bool,
}

/// An atomic instruction, unless it is another one.
pub(super) fn atomic(operator: &Operator<'_>) -> Option<(Atomic, u32)> {
    use Operator as O;
    let of = |memarg: &MemArg, bytes, result: Option<u32>, operands, writes| {
        Some((Atomic { memarg: *memarg, result, operands, writes }, bytes))
    };
    match operator {
        O::I32AtomicLoad { memarg } => of(memarg, 4, Some(32), 0, false),
        O::I64AtomicLoad { memarg } => of(memarg, 8, Some(64), 0, false),
        O::I32AtomicStore { memarg } => of(memarg, 4, None, 1, true),
        O::I64AtomicStore { memarg } => of(memarg, 8, None, 1, true),
        O::I32AtomicRmwAdd { memarg }
        | O::I32AtomicRmwAnd { memarg }
        | O::I32AtomicRmwOr { memarg }
        | O::I32AtomicRmwXor { memarg }
        | O::I32AtomicRmwXchg { memarg } => of(memarg, 4, Some(32), 1, true),
        O::I64AtomicRmwAdd { memarg }
        | O::I64AtomicRmwAnd { memarg }
        | O::I64AtomicRmwOr { memarg }
        | O::I64AtomicRmwXor { memarg }
        | O::I64AtomicRmwXchg { memarg } => of(memarg, 8, Some(64), 1, true),
        O::I32AtomicRmwCmpxchg { memarg } => of(memarg, 4, Some(32), 2, true),
        O::I64AtomicRmwCmpxchg { memarg } => of(memarg, 8, Some(64), 2, true),
        O::MemoryAtomicWait32 { memarg } => of(memarg, 4, Some(32), 2, false),
        O::MemoryAtomicWait64 { memarg } => of(memarg, 8, Some(32), 2, false),
        O::MemoryAtomicNotify { memarg } => of(memarg, 4, Some(32), 1, false),
        _ => None,
    }
}

impl Executor<'_> {
    /// Executes an atomic instruction: it traps if it leaves the memory, or if its address is not aligned.
    pub(super) fn atomic(&mut self, operator: &Operator<'_>, mut state: State) -> Result<Option<State>, Error> {
        if matches!(operator, Operator::AtomicFence) {
            state.memory = self.pool.fresh("memory", self.pool.sort(state.memory));
            return Ok(Some(state));
        }
        let Some((Atomic { memarg, result, operands, writes }, bytes)) = atomic(operator) else {
            return self.reference(operator, state);
        };
        for _ in 0..operands {
            pop(&mut state)?;
        }
        let address = pop(&mut state)?;
        let address = self.address(&mut state, &memarg, address, bytes)?;
        let width = self.pool.width(address);
        let mask = self.pool.bits(width, u128::from(bytes) - 1);
        let low = self.pool.apply(Op::BvAnd, &[address, mask]);
        let unaligned = self.pool.is_true(low);
        self.trap("unaligned", &mut state, unaligned);
        state.memory = self.pool.fresh("memory", self.pool.sort(state.memory));
        if writes {
            self.events.writes.push(state.path);
        }
        if let Some(width) = result {
            let value = self.pool.fresh("atomic", Sort::Bits(width));
            state.stack.push(value);
        }
        Ok(Some(state))
    }
}
