//! Arrays, of which the lengths are known, and the elements until one is assigned; and `memory.init`.
//!
//! Elements are those of an epoch. Whatever may assign one begins the next epoch.

use super::executor::{Executor, pop};
use crate::claim::{LENGTH, is_of};
use crate::error::Error;
use crate::state::{State, integer};
use crate::term::{INTEGER, Op, Sort, Term};
use wasmparser::Operator;

impl Executor<'_> {
    /// Traps unless an array has a range.
    fn array_range(&mut self, state: &mut State, array: Term, index: Term, count: Term) {
        let length = self.length(state, array);
        let (index, count) = (integer(self.pool, index), integer(self.pool, count));
        let (end, length) = (self.pool.apply(Op::BvAdd, &[index, count]), integer(self.pool, length));
        let outside = self.pool.apply(Op::BvUlt, &[length, end]);
        self.trap("array", state, outside);
    }

    /// Records that elements are assigned, if there are any.
    fn assigns_elements(&mut self, state: &State, count: Term) {
        let some = self.pool.is_true(count);
        let path = self.pool.and(state.path, some);
        self.events.writes.push(path);
        self.epoch += 1;
    }

    /// A new array.
    fn new_array(&mut self, state: &mut State, ty: u32, length: Term) {
        let array = self.pool.fresh("array", Sort::Bits(32));
        let some = self.pool.is_true(array);
        let of_type = self.pool.unknown(&is_of(ty), vec![array], Sort::Bool);
        let known = self.pool.unknown(LENGTH, vec![array], Sort::Bits(32));
        let equal = self.pool.eq(known, length);
        self.assumed.extend([some, of_type, equal]);
        state.stack.push(array);
    }

    /// Traps unless a data segment has a range. One that is not active may have been dropped: then its size is 0.
    fn data_range(&mut self, state: &mut State, data: u32, offset: Term, bytes: Term) -> Result<(), Error> {
        let (address, size) = *self.module.data.get(data as usize).ok_or_else(|| Error::new("no such data segment"))?;
        let zero = self.pool.bits(INTEGER, 0);
        let size = self.pool.bits(INTEGER, size.into());
        let dropped = self.pool.variable(&format!("dropped.{data}@{}", self.epoch), Sort::Bool);
        let size = if address.is_some() { zero } else { self.pool.ite(dropped, zero, size) };
        let end = self.pool.apply(Op::BvAdd, &[offset, bytes]);
        let outside = self.pool.apply(Op::BvUlt, &[size, end]);
        self.trap("memory", state, outside);
        Ok(())
    }

    pub(super) fn array(&mut self, operator: &Operator<'_>, mut state: State) -> Result<Option<State>, Error> {
        use Operator as O;
        match operator {
            O::ArraySet { .. } => {
                let (_, index, array) = (pop(&mut state)?, pop(&mut state)?, pop(&mut state)?);
                let one = self.pool.bits(32, 1);
                self.array_range(&mut state, array, index, one);
                self.assigns_elements(&state, one);
            }
            O::ArrayFill { .. } => {
                let (count, _) = (pop(&mut state)?, pop(&mut state)?);
                let (index, array) = (pop(&mut state)?, pop(&mut state)?);
                self.array_range(&mut state, array, index, count);
                self.assigns_elements(&state, count);
            }
            O::ArrayCopy { .. } => {
                let (count, from_index, from) = (pop(&mut state)?, pop(&mut state)?, pop(&mut state)?);
                let (to_index, to) = (pop(&mut state)?, pop(&mut state)?);
                self.array_range(&mut state, to, to_index, count);
                self.array_range(&mut state, from, from_index, count);
                self.assigns_elements(&state, count);
            }
            O::ArrayNewDefault { array_type_index } => {
                let length = pop(&mut state)?;
                self.new_array(&mut state, *array_type_index, length);
            }
            O::ArrayNew { array_type_index } => {
                let (length, _) = (pop(&mut state)?, pop(&mut state)?);
                self.new_array(&mut state, *array_type_index, length);
            }
            O::ArrayNewFixed { array_type_index, array_size } => {
                state.stack.truncate(state.stack.len() - *array_size as usize);
                let length = self.pool.bits(32, (*array_size).into());
                self.new_array(&mut state, *array_type_index, length);
            }
            O::ArrayNewData { array_type_index, array_data_index } => {
                let (count, offset) = (pop(&mut state)?, pop(&mut state)?);
                let (_, bits) = self.module.elements[array_type_index];
                let (wide, offset) = (integer(self.pool, count), integer(self.pool, offset));
                let each = self.pool.bits(INTEGER, (bits / 8).into());
                let bytes = self.pool.apply(Op::BvMul, &[wide, each]);
                self.data_range(&mut state, *array_data_index, offset, bytes)?;
                self.new_array(&mut state, *array_type_index, count);
            }
            O::MemoryInit { data_index, .. } => {
                let (bytes, offset, to) = (pop(&mut state)?, pop(&mut state)?, pop(&mut state)?);
                let (from, wide) = (integer(self.pool, offset), integer(self.pool, bytes));
                self.data_range(&mut state, *data_index, from, wide)?;
                self.range(&mut state, to, bytes);
                self.writes_memory(&state, bytes);
                state.memory = self.pool.fresh("memory", self.pool.sort(state.memory));
            }
            other => return Err(Error::new(format!("{other:?} in {} is not supported", self.name()))),
        }
        Ok(Some(state))
    }

    /// Records that bytes are stored, if there are any.
    pub(super) fn writes_memory(&mut self, state: &State, bytes: Term) {
        let some = self.pool.is_true(bytes);
        let path = self.pool.and(state.path, some);
        self.events.writes.push(path);
    }
}
