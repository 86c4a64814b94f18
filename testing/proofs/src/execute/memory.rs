//! Loads, stores, and the growth of the memory.

use super::executor::{Executor, pop};
use crate::arithmetic;
use crate::error::Error;
use crate::state::{Access, State, integer};
use crate::term::{INTEGER, Op, Pool, Sort, Term};
use wasmparser::{MemArg, Operator};

impl Executor<'_> {
    /// `memory.grow`, which may fail for any reason.
    pub(super) fn grow(&mut self, state: &mut State) -> Result<(), Error> {
        let width = self.address_width();
        let count = pop(state)?;
        let wide = |pool: &mut Pool, value: Term| pool.apply(Op::ZeroExtend(INTEGER), &[value]);
        let (from, added) = (wide(self.pool, state.pages), wide(self.pool, count));
        let sum = self.pool.apply(Op::BvAdd, &[from, added]);
        let most = self.pool.bits(INTEGER, self.module.max_pages.into());
        let fits = self.pool.apply(Op::BvUle, &[sum, most]);
        let agreed = self.agreed(state, count);
        let succeeds = self.pool.and(fits, agreed);
        let path = self.pool.and(state.path, succeeds);
        let byte = self.pool.variable("byte", Sort::Bits(INTEGER));
        let shift = self.pool.bits(INTEGER, 16);
        let page = self.pool.apply(Op::BvLshr, &[byte, shift]);
        let (is_above, is_below) =
            (self.pool.apply(Op::BvUle, &[from, page]), self.pool.apply(Op::BvUlt, &[page, sum]));
        let is_in = self.pool.and(is_above, is_below);
        let is_in = self.pool.and(succeeds, is_in);
        state.granted = self.pool.or(state.granted, is_in);
        // New pages are zeros. Of these, the first bytes matter: the header of a chunk.
        let first = self.pool.apply(Op::BvShl, &[from, shift]);
        let first = self.pool.apply(Op::Extract(0, width), &[first]);
        let header = arithmetic::load(self.pool, state.memory, first, 16);
        let zero = self.pool.bits(128, 0);
        let is_zero = self.pool.eq(header, zero);
        let some = self.pool.is_true(count);
        let grows = self.pool.and(path, some);
        let is_new = self.pool.implies(grows, is_zero);
        self.assumed.push(is_new);
        let before = self.pool.apply(Op::Extract(0, width), &[state.pages]);
        let refused = self.pool.bits(width, u128::MAX);
        let result = self.pool.ite(succeeds, before, refused);
        let sum = self.pool.apply(Op::Extract(0, 64), &[sum]);
        state.pages = self.pool.ite(succeeds, sum, state.pages);
        state.stack.push(result);
        Ok(())
    }

    /// Records an access to a range, and traps if it is not in the memory.
    pub(super) fn range(&mut self, state: &mut State, address: Term, bytes: Term) {
        let (address, bytes) = (integer(self.pool, address), integer(self.pool, bytes));
        self.events.accesses.push(Access { path: state.path, address, bytes });
        let pages = integer(self.pool, state.pages);
        let page = self.pool.bits(INTEGER, 16);
        let size = self.pool.apply(Op::BvShl, &[pages, page]);
        let end = self.pool.apply(Op::BvAdd, &[address, bytes]);
        let outside = self.pool.apply(Op::BvUlt, &[size, end]);
        if self.plan.compared.as_ref().is_some_and(|compared| compared.is_endless) {
            return;
        }
        self.trap("memory", state, outside);
    }

    /// The address of a load or store, after its check.
    pub(super) fn address(
        &mut self,
        state: &mut State,
        memarg: &MemArg,
        address: Term,
        bytes: u32,
    ) -> Result<Term, Error> {
        let wide = integer(self.pool, address);
        let offset = self.pool.bits(INTEGER, memarg.offset.into());
        let start = self.pool.apply(Op::BvAdd, &[wide, offset]);
        let bytes = self.pool.bits(INTEGER, bytes.into());
        self.range(state, start, bytes);
        Ok(self.pool.apply(Op::Extract(0, self.address_width()), &[start]))
    }

    pub(super) fn access_or_reference(
        &mut self,
        operator: &Operator<'_>,
        mut state: State,
    ) -> Result<Option<State>, Error> {
        if self.is_elsewhere(operator) {
            return self.elsewhere(operator, state);
        }
        if let Some((memarg, bytes, width, is_signed)) = loaded(operator) {
            let address = pop(&mut state)?;
            let address = self.address(&mut state, memarg, address, bytes)?;
            let value = arithmetic::load(self.pool, state.memory, address, bytes);
            let extend = if is_signed { Op::SignExtend(width) } else { Op::ZeroExtend(width) };
            let value = self.pool.apply(extend, &[value]);
            state.stack.push(value);
            return Ok(Some(state));
        }
        if let Some((memarg, bytes)) = stored(operator) {
            let (value, address) = (pop(&mut state)?, pop(&mut state)?);
            let address = self.address(&mut state, memarg, address, bytes)?;
            state.memory = arithmetic::store(self.pool, state.memory, address, value, bytes);
            self.events.writes.push(state.path);
            return Ok(Some(state));
        }
        self.atomic(operator, state)
    }
}

/// A load: its place, its bytes, the width of its result, and whether it is signed.
pub(super) fn loaded<'a>(operator: &'a Operator<'_>) -> Option<(&'a MemArg, u32, u32, bool)> {
    use Operator as O;
    Some(match operator {
        O::I32Load { memarg } | O::F32Load { memarg } => (memarg, 4, 32, false),
        O::I64Load { memarg } | O::F64Load { memarg } => (memarg, 8, 64, false),
        O::I32Load8U { memarg } => (memarg, 1, 32, false),
        O::I32Load8S { memarg } => (memarg, 1, 32, true),
        O::I32Load16U { memarg } => (memarg, 2, 32, false),
        O::I32Load16S { memarg } => (memarg, 2, 32, true),
        O::I64Load8U { memarg } => (memarg, 1, 64, false),
        O::I64Load8S { memarg } => (memarg, 1, 64, true),
        O::I64Load16U { memarg } => (memarg, 2, 64, false),
        O::I64Load16S { memarg } => (memarg, 2, 64, true),
        O::I64Load32U { memarg } => (memarg, 4, 64, false),
        O::I64Load32S { memarg } => (memarg, 4, 64, true),
        O::V128Load { memarg } => (memarg, 16, 128, false),
        _ => return None,
    })
}

/// A store: its place and its bytes.
pub(super) fn stored<'a>(operator: &'a Operator<'_>) -> Option<(&'a MemArg, u32)> {
    use Operator as O;
    Some(match operator {
        O::I32Store { memarg } | O::F32Store { memarg } | O::I64Store32 { memarg } => (memarg, 4),
        O::I64Store { memarg } | O::F64Store { memarg } => (memarg, 8),
        O::I32Store8 { memarg } | O::I64Store8 { memarg } => (memarg, 1),
        O::I32Store16 { memarg } | O::I64Store16 { memarg } => (memarg, 2),
        O::V128Store { memarg } => (memarg, 16),
        _ => return None,
    })
}
