//! The sorts of terms, and the operations of SMT-LIB.

/// The width of the integers of claims: two's complement, so wide that no sum of a few numbers of 64 bits leaves it.
pub const INTEGER: u32 = 80;

/// The type of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sort {
    /// True or false.
    Bool,
    /// A bit-vector of this width, at most 128.
    Bits(u32),
    /// A memory: a byte for each address of this width.
    Memory(u32),
}

/// An operation of SMT-LIB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of SMT-LIB")]
pub enum Op {
    Not,
    And,
    Or,
    Eq,
    Ite,
    BvNot,
    BvAnd,
    BvOr,
    BvXor,
    BvAdd,
    BvSub,
    BvMul,
    BvUdiv,
    BvUrem,
    BvSdiv,
    BvSrem,
    BvShl,
    BvLshr,
    BvAshr,
    BvUlt,
    BvUle,
    BvSlt,
    BvSle,
    /// The bits from the first number, as many as the second one says.
    Extract(u32, u32),
    /// To this width.
    ZeroExtend(u32),
    /// To this width.
    SignExtend(u32),
    Concat,
    Select,
    Store,
}

/// The largest number of a width.
pub(crate) fn mask(width: u32) -> u128 {
    if width >= 128 { u128::MAX } else { (1 << width) - 1 }
}
