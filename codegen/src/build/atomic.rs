//! Atomic operations on the words of segments, with their operands as arguments.
//!
//! The address of a word must be a multiple of its size, or the operation traps.

use crate::build::builder::FunctionBuilder;
use crate::build::operand::Operand;
use linmem_intrinsics::{Atomic, Operation, Word};

impl FunctionBuilder {
    /// Reads a word of a segment atomically, onto the stack.
    pub fn get_volatile(&mut self, word: Word, segment: impl Operand, offset: impl Operand) {
        self.count();
        self.in_order([segment.is_on_stack(), offset.is_on_stack()]);
        self.operand(segment);
        offset.push_folding(self);
        self.operation(Operation::OnWord(Atomic::Get, word));
    }

    /// Writes a word of a segment atomically.
    pub fn set_volatile(&mut self, word: Word, segment: impl Operand, offset: impl Operand, value: impl Operand) {
        self.update(Atomic::Set, word, segment, offset, value);
    }

    /// Adds to a word of a segment, and pushes its old value.
    pub fn get_and_add(&mut self, word: Word, segment: impl Operand, offset: impl Operand, value: impl Operand) {
        self.update(Atomic::GetAndAdd, word, segment, offset, value);
    }

    /// Replaces a word of a segment, and pushes its old value.
    pub fn get_and_set(&mut self, word: Word, segment: impl Operand, offset: impl Operand, value: impl Operand) {
        self.update(Atomic::GetAndSet, word, segment, offset, value);
    }

    /// Replaces a word of a segment by its bitwise and with a value, and pushes its old value.
    pub fn get_and_and(&mut self, word: Word, segment: impl Operand, offset: impl Operand, value: impl Operand) {
        self.update(Atomic::GetAndAnd, word, segment, offset, value);
    }

    /// Replaces a word of a segment by its bitwise or with a value, and pushes its old value.
    pub fn get_and_or(&mut self, word: Word, segment: impl Operand, offset: impl Operand, value: impl Operand) {
        self.update(Atomic::GetAndOr, word, segment, offset, value);
    }

    /// Replaces a word of a segment by its exclusive or with a value, and pushes its old value.
    pub fn get_and_xor(&mut self, word: Word, segment: impl Operand, offset: impl Operand, value: impl Operand) {
        self.update(Atomic::GetAndXor, word, segment, offset, value);
    }

    /// Replaces a word of a segment if it has the expected value, and pushes its old value.
    pub fn compare_and_exchange(
        &mut self,
        word: Word,
        segment: impl Operand,
        offset: impl Operand,
        expected: impl Operand,
        value: impl Operand,
    ) {
        self.with_expected(Atomic::CompareAndExchange, word, (segment, offset), expected, value);
    }

    /// Replaces a word of a segment if it has the expected value, and pushes 1 if it had, else 0.
    pub fn compare_and_set(
        &mut self,
        word: Word,
        segment: impl Operand,
        offset: impl Operand,
        expected: impl Operand,
        value: impl Operand,
    ) {
        self.with_expected(Atomic::CompareAndSet, word, (segment, offset), expected, value);
    }

    /// Waits until another thread notifies the address of a word. Pushes 0 if one did, 1 if the word does not have the
    /// expected value, and 2 after the timeout, an `i64` in nanoseconds, which is infinite if it is negative. Traps if
    /// the memory is not shared.
    pub fn wait(
        &mut self,
        word: Word,
        segment: impl Operand,
        offset: impl Operand,
        expected: impl Operand,
        timeout: impl Operand,
    ) {
        self.with_expected(Atomic::Wait, word, (segment, offset), expected, timeout);
    }

    /// Wakes up to `count` threads that wait for the word at an offset, and pushes their number.
    pub fn notify(&mut self, segment: impl Operand, offset: impl Operand, count: impl Operand) {
        self.count();
        self.in_order([segment.is_on_stack(), offset.is_on_stack(), count.is_on_stack()]);
        self.operand(segment);
        offset.push_folding(self);
        count.push_folding(self);
        self.operation(Operation::Notify);
    }

    /// Orders all accesses of memory before it before all accesses after it.
    pub fn fence(&mut self) {
        self.count();
        self.operation(Operation::Fence);
    }

    fn update(&mut self, atomic: Atomic, word: Word, segment: impl Operand, offset: impl Operand, value: impl Operand) {
        self.count();
        self.in_order([segment.is_on_stack(), offset.is_on_stack(), value.is_on_stack()]);
        self.operand(segment);
        offset.push_folding(self);
        value.push_folding(self);
        self.operation(Operation::OnWord(atomic, word));
    }

    fn with_expected(
        &mut self,
        atomic: Atomic,
        word: Word,
        (segment, offset): (impl Operand, impl Operand),
        expected: impl Operand,
        last: impl Operand,
    ) {
        self.count();
        self.in_order([segment.is_on_stack(), offset.is_on_stack(), expected.is_on_stack(), last.is_on_stack()]);
        self.operand(segment);
        offset.push_folding(self);
        expected.push_folding(self);
        last.push_folding(self);
        self.operation(Operation::OnWord(atomic, word));
    }
}
