//! Structs, arrays and casts.

use super::executor::{Executor, pop, underflow};
use crate::claim::{LENGTH, field, is_of};
use crate::error::Error;
use crate::state::{State, sort};
use crate::term::{Op, Sort, Term};
use wasmparser::{HeapType, Operator, ValType};

impl Executor<'_> {
    /// Whether a reference is to a type.
    pub(super) fn is_instance(&mut self, reference: Term, ty: HeapType, null: bool) -> Result<Term, Error> {
        let HeapType::Concrete(index) = ty else { return Err(Error::new("a cast to an abstract type")) };
        let index = index.as_module_index().ok_or_else(|| Error::new("a type has no index"))?;
        let of_type = self.pool.unknown(&is_of(index), vec![reference], Sort::Bool);
        let some = self.pool.is_true(reference);
        if null {
            let none = self.pool.not(some);
            return Ok(self.pool.or(none, of_type));
        }
        Ok(self.pool.and(some, of_type))
    }

    /// The length of an array, which must not be null.
    pub(super) fn length(&mut self, state: &mut State, array: Term) -> Term {
        let some = self.pool.is_true(array);
        let null = self.pool.not(some);
        self.trap("null", state, null);
        self.pool.unknown(LENGTH, vec![array], Sort::Bits(32))
    }

    pub(super) fn reference(&mut self, operator: &Operator<'_>, mut state: State) -> Result<Option<State>, Error> {
        use Operator as O;
        match operator {
            O::RefNull { .. } => {
                let null = self.pool.bits(32, 0);
                state.stack.push(null);
            }
            O::RefIsNull => {
                let reference = pop(&mut state)?;
                let some = self.pool.is_true(reference);
                let null = self.pool.not(some);
                let null = self.pool.of_bool(null);
                state.stack.push(null);
            }
            O::RefAsNonNull => {
                let reference = *state.stack.last().ok_or_else(underflow)?;
                let some = self.pool.is_true(reference);
                let null = self.pool.not(some);
                self.trap("null", &mut state, null);
            }
            O::RefCastNonNull { hty } | O::RefCastNullable { hty } => {
                let reference = *state.stack.last().ok_or_else(underflow)?;
                let fits = self.is_instance(reference, *hty, matches!(operator, O::RefCastNullable { .. }))?;
                let fails = self.pool.not(fits);
                self.trap("cast", &mut state, fails);
            }
            O::RefTestNonNull { hty } | O::RefTestNullable { hty } => {
                let reference = pop(&mut state)?;
                let fits = self.is_instance(reference, *hty, matches!(operator, O::RefTestNullable { .. }))?;
                let fits = self.pool.of_bool(fits);
                state.stack.push(fits);
            }
            O::BrOnCast { relative_depth, to_ref_type, .. } | O::BrOnCastFail { relative_depth, to_ref_type, .. } => {
                let reference = *state.stack.last().ok_or_else(underflow)?;
                let fits = self.is_instance(reference, to_ref_type.heap_type(), to_ref_type.is_nullable())?;
                let fails = self.pool.not(fits);
                let is_cast = matches!(operator, O::BrOnCast { .. });
                let (taken, passed) = if is_cast { (fits, fails) } else { (fails, fits) };
                let taken = self.along(&state, taken);
                self.branch(*relative_depth, taken)?;
                state = self.along(&state, passed);
            }
            O::StructGet { struct_type_index, field_index }
            | O::StructGetU { struct_type_index, field_index }
            | O::StructGetS { struct_type_index, field_index } => {
                let reference = pop(&mut state)?;
                let some = self.pool.is_true(reference);
                let null = self.pool.not(some);
                self.trap("null", &mut state, null);
                let fields = &self.module.fields[struct_type_index];
                let (ty, is_mutable) = fields[*field_index as usize];
                let mut name = field(*struct_type_index, *field_index);
                if is_mutable {
                    name.push_str(&format!("@{}", self.epoch));
                }
                let sort = ty.map_or(Sort::Bits(32), sort);
                let value = self.pool.unknown(&name, vec![reference], sort);
                if matches!(ty, Some(ValType::Ref(ty)) if !ty.is_nullable()) {
                    let some = self.pool.is_true(value);
                    self.assumed.push(some);
                }
                state.stack.push(value);
            }
            O::ArrayLen => {
                let array = pop(&mut state)?;
                let length = self.length(&mut state, array);
                state.stack.push(length);
            }
            O::ArrayGet { array_type_index }
            | O::ArrayGetU { array_type_index }
            | O::ArrayGetS { array_type_index } => {
                let (index, array) = (pop(&mut state)?, pop(&mut state)?);
                let length = self.length(&mut state, array);
                let outside = self.pool.apply(Op::BvUle, &[length, index]);
                self.trap("array", &mut state, outside);
                self.sum_steps(index)?;
                let (ty, bits) = self.module.elements[array_type_index];
                let name = format!("element.{array_type_index}@{}", self.epoch);
                let kept = self.pool.unknown(&name, vec![array, index], Sort::Bits(bits));
                let Sort::Bits(width) = sort(ty) else { return Err(Error::new("an element is not a number")) };
                let is_signed = matches!(operator, O::ArrayGetS { .. });
                let extend = if is_signed { Op::SignExtend(width) } else { Op::ZeroExtend(width) };
                let value = self.pool.apply(extend, &[kept]);
                state.stack.push(value);
            }
            O::StructNew { struct_type_index } => {
                let fields = self.module.fields[struct_type_index].clone();
                let values = state.stack.split_off(state.stack.len() - fields.len());
                let reference = self.pool.fresh("struct", Sort::Bits(32));
                let some = self.pool.is_true(reference);
                let of_type = self.pool.unknown(&is_of(*struct_type_index), vec![reference], Sort::Bool);
                self.assumed.extend([some, of_type]);
                for (number, value) in values.into_iter().enumerate().filter(|(number, _)| !fields[*number].1) {
                    let name = field(*struct_type_index, number as u32);
                    let known = self.pool.unknown(&name, vec![reference], self.pool.sort(value));
                    let equal = self.pool.eq(known, value);
                    self.assumed.push(equal);
                }
                state.stack.push(reference);
            }
            other => return self.array(other, state),
        }
        Ok(Some(state))
    }
}
