//! Atomic operations on a word of a segment.
//!
//! ```wasm
//! ;; the address, and a constant offset in the memory argument, as for other accesses
//! ;; the operands
//! i32.atomic.rmw.add offset=OFFSET
//! ```
//!
//! `compareAndSet` compares the old value with the expected one:
//!
//! ```wasm
//! ;; the address   the expected value   the new value
//! i32.atomic.rmw.cmpxchg offset=OFFSET
//! ;; the expected value   i32.eq       ;; i32.eqz if it is the constant 0
//! ```
//!
//! # Traps
//!
//! Those of the instruction: if the bytes are outside of the memory, if the address is not a multiple of the size of the
//! word, or if `wait` is executed on a memory that is not shared.

use crate::engine::operands::{Operand, Value};
use crate::engine::state::{Certain, Engine};
use crate::helpers::Transfer;
use crate::index::LocalIndex;
use crate::module::val_type;
use linmem_intrinsics::{Access, Atomic, Word};
use wasm_encoder::{InstructionSink, ValType};

/// The expected value of `compareAndSet`, which is needed a second time.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Constant(i64),
    Local(LocalIndex),
}

impl Expected {
    /// Replaces the old value on the stack by whether it is the expected one.
    fn compare(self, word: Word, sink: &mut InstructionSink<'_>) {
        match (self, word) {
            (Expected::Constant(0), Word::Int) => sink.i32_eqz(),
            (Expected::Constant(0), Word::Long) => sink.i64_eqz(),
            (Expected::Constant(constant), Word::Int) => sink.i32_const(constant as i32).i32_eq(),
            (Expected::Constant(constant), Word::Long) => sink.i64_const(constant).i64_eq(),
            (Expected::Local(local), Word::Int) => sink.local_get(local.0).i32_eq(),
            (Expected::Local(local), Word::Long) => sink.local_get(local.0).i64_eq(),
        };
    }
}

impl Engine {
    pub(in crate::engine) fn lower_atomic(
        &mut self,
        atomic: Atomic,
        word: Word,
        (segment, offset): (&mut Operand, &mut Operand),
        values: &mut [Operand],
    ) -> Result<(), Certain> {
        let access = word.access();
        self.check_access(segment, offset, &mut Operand::of_pointer(self.context.width(), access.bytes()))?;
        let expected = match values {
            [expected, _] if atomic == Atomic::CompareAndSet => Some(self.expected(expected, word)),
            _ => None,
        };
        let offset = self.push_word_operands(segment, offset, values);
        let memarg = self.context.memarg(offset, access.bytes());
        let value = val_type(access.value_type());
        let above: &[ValType] = match (atomic, values.len()) {
            (Atomic::Wait, _) => &[value, ValType::I64],
            (_, 0) => &[],
            (_, 1) => &[value],
            _ => &[value, value],
        };
        let transfer = Transfer::of_store(!matches!(atomic, Atomic::Get | Atomic::Wait));
        self.trace_access(u64::from(offset), access.bytes(), transfer, above);
        self.tape.emit(|sink| {
            match (atomic, word) {
                (Atomic::Get, Word::Int) => sink.i32_atomic_load(memarg),
                (Atomic::Get, Word::Long) => sink.i64_atomic_load(memarg),
                (Atomic::Set, Word::Int) => sink.i32_atomic_store(memarg),
                (Atomic::Set, Word::Long) => sink.i64_atomic_store(memarg),
                (Atomic::GetAndAdd, Word::Int) => sink.i32_atomic_rmw_add(memarg),
                (Atomic::GetAndAdd, Word::Long) => sink.i64_atomic_rmw_add(memarg),
                (Atomic::GetAndSet, Word::Int) => sink.i32_atomic_rmw_xchg(memarg),
                (Atomic::GetAndSet, Word::Long) => sink.i64_atomic_rmw_xchg(memarg),
                (Atomic::GetAndAnd, Word::Int) => sink.i32_atomic_rmw_and(memarg),
                (Atomic::GetAndAnd, Word::Long) => sink.i64_atomic_rmw_and(memarg),
                (Atomic::GetAndOr, Word::Int) => sink.i32_atomic_rmw_or(memarg),
                (Atomic::GetAndOr, Word::Long) => sink.i64_atomic_rmw_or(memarg),
                (Atomic::GetAndXor, Word::Int) => sink.i32_atomic_rmw_xor(memarg),
                (Atomic::GetAndXor, Word::Long) => sink.i64_atomic_rmw_xor(memarg),
                (Atomic::CompareAndExchange | Atomic::CompareAndSet, Word::Int) => sink.i32_atomic_rmw_cmpxchg(memarg),
                (Atomic::CompareAndExchange | Atomic::CompareAndSet, Word::Long) => sink.i64_atomic_rmw_cmpxchg(memarg),
                (Atomic::Wait, Word::Int) => sink.memory_atomic_wait32(memarg),
                (Atomic::Wait, Word::Long) => sink.memory_atomic_wait64(memarg),
            };
            if let Some(expected) = expected {
                expected.compare(word, sink);
            }
        });
        if atomic != Atomic::Set {
            self.push(Value::Unknown);
        }
        Ok(())
    }

    /// Wakes threads. The address is that of an `i32`.
    pub(in crate::engine) fn lower_notify(
        &mut self,
        segment: &mut Operand,
        offset: &mut Operand,
        count: &Operand,
    ) -> Result<(), Certain> {
        let bytes = Access::Int.bytes();
        self.check_access(segment, offset, &mut Operand::of_pointer(self.context.width(), bytes))?;
        let offset = self.push_word_operands(segment, offset, std::slice::from_ref(count));
        let memarg = self.context.memarg(offset, bytes);
        self.tape.emit(|sink| {
            sink.memory_atomic_notify(memarg);
        });
        self.push(Value::Unknown);
        Ok(())
    }

    pub(in crate::engine) fn lower_fence(&mut self) {
        self.tape.emit(|sink| {
            sink.atomic_fence();
        });
    }

    /// Makes the expected value available after the instruction that takes it from the stack.
    fn expected(&mut self, operand: &mut Operand, word: Word) -> Expected {
        match (operand.value, word) {
            (Value::I32(constant), _) => Expected::Constant(i64::from(constant)),
            (Value::I64(constant), _) => Expected::Constant(constant),
            (_, Word::Int) => Expected::Local(self.hold_in_local(operand, ValType::I32)),
            (_, Word::Long) => Expected::Local(self.hold_in_local(operand, ValType::I64)),
        }
    }

    /// Pushes the address of a segment and an offset, and the operands after them. Returns the constant to add to the
    /// address.
    fn push_word_operands(&mut self, segment: &Operand, offset: &Operand, values: &[Operand]) -> u32 {
        let constants: Vec<&Operand> = std::iter::once(offset).chain(values).collect();
        match self.place_at_end(segment, &constants) {
            Some(offset) => {
                for value in values {
                    self.write_constant(value);
                }
                offset
            }
            None => {
                for value in values {
                    self.materialize(value);
                }
                let place = self.place(segment, offset);
                self.push_place(place, segment)
            }
        }
    }
}
