//! The operand stack as the engine knows it: which values are constants, plain locals, handles or parts of a frame, and
//! where each was pushed.
//!
//! Below what is known everything is unknown: popping an empty stack gives an operand without a position. That is what
//! makes instructions of unknown arity harmless.

use crate::engine::compare::ComparisonId;
use crate::engine::knowledge::frames::{DefinitionId, FrameId, RegionId, Slot};
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use crate::segment::SegmentTypes;

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing.
    Unknown,
    /// A constant.
    I32(i32),
    /// A constant.
    I64(i64),
    /// What a local held when the value was pushed.
    Local(LocalIndex),
    /// The handle of a region that this function opened, and the local that it was read from.
    Region(RegionId, Option<LocalIndex>),
    /// What a local holds, plus a constant.
    Sum(LocalIndex, u32),
    /// The size of the packed segment that a local holds.
    Size(LocalIndex),
    /// A comparison, by its number.
    Comparison(ComparisonId),
    /// A segment in a frame, and the local that the program keeps it in, if the value was read from there.
    Slot(Slot, Option<DefinitionId>),
    /// A segment as a structure, which the first local holds, and the local of the program that it was read from.
    Structure(SegmentTypes, LocalIndex, Option<LocalIndex>),
}

/// A value on the operand stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    /// What is known of it.
    pub(crate) value: Value,
    /// The position at which it lies on top of the stack; nothing where that is not known.
    pub(crate) position: Option<Position>,
    /// Where its one instruction starts, if it can be left out; nothing if it has not been written or is part of
    /// something larger.
    pub(crate) start: Option<u32>,
    /// Whether no instruction pushes it yet.
    pub(crate) deferred: bool,
    /// Of a packed segment: the position at which its address lies on top of the stack, if all behind it only packs it.
    pub(crate) packing: Option<Position>,
    /// Of a segment: how many bytes it has, if that is known.
    pub(crate) bytes: Option<u32>,
}

impl Operand {
    /// A value of which nothing is known.
    pub(crate) const UNKNOWN: Operand =
        Operand { value: Value::Unknown, position: None, start: None, deferred: false, packing: None, bytes: None };

    /// A constant that nothing pushes.
    pub(crate) fn of_constant(constant: u32) -> Operand {
        Operand { value: Value::I32(constant as i32), ..Operand::UNKNOWN }
    }

    /// The constant that it is, if it is one of 32 bits.
    pub(crate) fn constant(&self) -> Option<u32> {
        match self.value {
            Value::I32(constant) => Some(constant as u32),
            _ => None,
        }
    }
}

/// The operands that are known, the last one on top.
#[derive(Debug, Default)]
pub(crate) struct Operands {
    known: Vec<Operand>,
    /// For each frame, by its position, how many operands are segments of it; shorter if the last ones have none.
    slots: Vec<u32>,
}

impl Operands {
    /// How many operands are known.
    pub(crate) fn height(&self) -> usize {
        self.known.len()
    }

    /// Puts an operand on top.
    pub(crate) fn push(&mut self, operand: Operand) {
        if let Value::Slot(slot, _) = operand.value {
            let position = slot.frame.position();
            if self.slots.len() <= position {
                self.slots.resize(position + 1, 0);
            }
            self.slots[position] += 1;
        }
        self.known.push(operand);
    }

    /// Takes the operand on top, but none from below `floor`.
    pub(crate) fn pop(&mut self, floor: usize) -> Operand {
        if self.known.len() <= floor {
            return Operand::UNKNOWN;
        }
        let operand = self.known.pop().unwrap_or(Operand::UNKNOWN);
        self.count_off(&operand);
        operand
    }

    /// An operand is gone.
    fn count_off(&mut self, operand: &Operand) {
        if let Value::Slot(slot, _) = operand.value
            && let Some(count) = self.slots.get_mut(slot.frame.position())
        {
            *count -= 1;
        }
    }

    /// Takes so many operands from the top, but none from below `floor`, and puts them, first to last, in place of what is
    /// in `taken`.
    pub(crate) fn pop_all(&mut self, count: usize, floor: usize, taken: &mut Vec<Operand>) {
        let known = count.min(self.known.len().saturating_sub(floor));
        taken.clear();
        taken.resize(count - known, Operand::UNKNOWN);
        let first = self.known.len() - known;
        taken.extend_from_slice(&self.known[first..]);
        self.truncate(first);
    }

    /// Whether an operand is a segment of a frame.
    pub(crate) fn has_slot_of(&self, frame: FrameId) -> bool {
        self.slots.get(frame.position()).is_some_and(|count| *count > 0)
    }

    /// Forgets all above `height`.
    pub(crate) fn truncate(&mut self, height: usize) {
        while self.known.len() > height {
            self.pop(height);
        }
    }
}
