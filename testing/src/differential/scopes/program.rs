//! Programs of scopes, and how they are generated.

use crate::differential::program::Variant;
use proptest::prelude::*;

/// What the host can tell the function to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Op {
    FallThrough,
    BranchOut,
    Return,
    Throw,
    Call,
    CallAndCatch,
    TailCall,
    Allocate,
    Frame,
    /// An inner scope with an allocation; after it, the exits from both scopes.
    Inner,
    InnerContinue,
    InnerOut,
    InnerReturn,
    InnerThrow,
    InnerCatch,
    InnerTable,
}

impl Op {
    pub(crate) const ALL: [Op; 16] = [
        Op::FallThrough,
        Op::BranchOut,
        Op::Return,
        Op::Throw,
        Op::Call,
        Op::CallAndCatch,
        Op::TailCall,
        Op::Allocate,
        Op::Frame,
        Op::Inner,
        Op::InnerContinue,
        Op::InnerOut,
        Op::InnerReturn,
        Op::InnerThrow,
        Op::InnerCatch,
        Op::InnerTable,
    ];

    /// Whether the operation opens a region while one is open.
    pub(crate) fn nests(self) -> bool {
        !matches!(
            self,
            Op::FallThrough | Op::BranchOut | Op::Return | Op::Throw | Op::TailCall | Op::Allocate | Op::Frame
        )
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) variant: usize,
    pub(crate) maximum: u32,
    pub(crate) refused: Vec<u32>,
    pub(crate) ops: Vec<(usize, u32)>,
}

pub(crate) fn program() -> impl Strategy<Value = Program> {
    let weight = |op: &Op| match op {
        Op::Call | Op::CallAndCatch => 6,
        Op::Allocate | Op::Frame => 5,
        _ => 1,
    };
    let ops = prop::strategy::Union::new_weighted(
        Op::ALL.iter().enumerate().map(|(index, op)| (weight(op), Just(index))).collect(),
    );
    let bytes = prop_oneof![5 => 0..100u32, 2 => 100..40_000u32, 1 => 40_000..200_000u32, 1 => any::<u32>()];
    let ops = prop::collection::vec((ops, bytes), 1..80);
    let refused = proptest::collection::vec(0..12u32, 0..3);
    (0..Variant::ALL.len(), 8..60u32, refused, ops).prop_map(|(variant, maximum, refused, ops)| Program {
        variant,
        maximum,
        refused,
        ops,
    })
}

/// The number of bytes that are allocated in an inner scope.
pub(crate) const INNER_BYTES: u32 = 40;
