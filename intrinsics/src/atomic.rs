//! Atomic operations on the words of a segment.
//!
//! They are those that Java's `VarHandle` has for segments, and those that WebAssembly's threads proposal has for `i32`
//! and `i64`. All of them are sequentially consistent.

use crate::access::Access;

/// An integer that is read and written atomically, at an address that is a multiple of its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// Four bytes as `i32`.
    Int,
    /// Eight bytes as `i64`.
    Long,
}

impl Word {
    /// All words.
    pub const ALL: &'static [Word] = &[Word::Int, Word::Long];

    /// The access that has the same width and type.
    pub const fn access(self) -> Access {
        match self {
            Word::Int => Access::Int,
            Word::Long => Access::Long,
        }
    }
}

/// An operation on one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Atomic {
    /// Read it.
    Get,
    /// Write it.
    Set,
    /// Add to it, and return the old value.
    GetAndAdd,
    /// Replace it, and return the old value.
    GetAndSet,
    /// Replace it by the bitwise and with the operand, and return the old value.
    GetAndAnd,
    /// Replace it by the bitwise or with the operand, and return the old value.
    GetAndOr,
    /// Replace it by the bitwise exclusive or with the operand, and return the old value.
    GetAndXor,
    /// Replace it if it has the expected value, and return the old value.
    CompareAndExchange,
    /// Replace it if it has the expected value, and return 1 if it had, else 0.
    CompareAndSet,
    /// Wait until another thread notifies its address, unless it has another value than the expected one.
    Wait,
}
