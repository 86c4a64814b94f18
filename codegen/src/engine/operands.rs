//! The engine's model of the operand stack: which values are constants, plain locals, handles or segments of a frame,
//! and where each was pushed.
//!
//! Everything below the known operands is unknown: popping from an empty stack returns an operand without a position.
//! This makes instructions of unknown arity safe.

use crate::engine::compare::ComparisonId;
use crate::engine::knowledge::frames::{FrameId, RegionId, Slot};
use crate::engine::number_id::{MadeId, NumbersId};
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use crate::segment::SegmentTypes;
use crate::statics::StaticSegment;
use linmem_allocator::Width;

/// The known facts about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing is known.
    Unknown,
    /// An `i32` constant.
    I32(i32),
    /// An `i64` constant.
    I64(i64),
    /// The value that a local held when the operand was pushed.
    Local(LocalIndex),
    /// The handle of a region that this function opened.
    Region(RegionId),
    /// The value of a local plus a constant.
    Sum(LocalIndex, u32),
    /// The size of the packed segment in a local.
    Size(LocalIndex),
    /// A comparison, by its number.
    Comparison(ComparisonId),
    /// A segment in a frame.
    Slot(Slot),
    /// A segment over static data.
    Static(StaticSegment),
    /// The address of a segment over static data.
    StaticAddress(StaticSegment),
    /// A segment that `ofAddress` made of a constant size. It starts at the address that the local held when the
    /// operand was pushed.
    At(LocalIndex),
    /// A segment as a structure in the local.
    Structure(SegmentTypes, LocalIndex),
    /// A segment that is a reference for the program, as numbers.
    Numbers(NumbersId),
    /// A new array of the bytes of a data segment.
    Data(DataRange),
    /// A new array of constants, by its number.
    Constants(ArrayId),
}

/// The number of an array of constants, in the order of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ArrayId(pub(super) u32);

impl ArrayId {
    /// Its position in the list of arrays.
    pub(super) fn position(self) -> usize {
        self.0 as usize
    }
}

/// The bytes of a data segment that an array is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataRange {
    /// The data segment.
    pub(crate) data: u32,
    /// The first byte.
    pub(crate) offset: u32,
    /// The number of elements.
    pub(crate) count: u32,
}

impl Value {
    /// A constant pointer.
    pub(crate) fn of_pointer(width: Width, constant: u32) -> Value {
        match width {
            Width::Bits32 => Value::I32(constant as i32),
            Width::Bits64 => Value::I64(i64::from(constant)),
        }
    }
}

/// A value on the operand stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    /// The known facts about it.
    pub(crate) value: Value,
    /// For a segment of a frame, a handle or a structure: the local of the program that it was read from, if any.
    pub(crate) source: Option<LocalIndex>,
    /// The position at which it is on top of the stack, if known.
    pub(crate) position: Option<Position>,
    /// The start of its instruction, if it is a single instruction that can be removed. `None` if it has not been
    /// written or is part of a larger sequence.
    pub(crate) start: Option<u32>,
    /// Whether the instruction that pushes it has not been written yet.
    pub(crate) deferred: bool,
    /// For a packed segment, or a structure that `ofAddress` made: the position at which its address is on top of the
    /// stack, if the code after that only makes the segment.
    pub(crate) packing: Option<Position>,
    /// For a segment: its size in bytes, if known.
    pub(crate) bytes: Option<u32>,
    /// For a structure that was just made: how to have its parts instead.
    pub(crate) made: Option<MadeId>,
}

impl Operand {
    /// An unknown value.
    pub(crate) const UNKNOWN: Operand = Operand {
        value: Value::Unknown,
        source: None,
        position: None,
        start: None,
        deferred: false,
        packing: None,
        bytes: None,
        made: None,
    };

    /// A constant pointer without an instruction that pushes it.
    pub(crate) fn of_pointer(width: Width, constant: u32) -> Operand {
        Operand { value: Value::of_pointer(width, constant), ..Operand::UNKNOWN }
    }

    /// Its value, if it is a constant pointer below 2^32. Larger pointers are treated as unknown.
    pub(crate) fn pointer(&self, width: Width) -> Option<u32> {
        match (width, self.value) {
            (Width::Bits32, Value::I32(constant)) => Some(constant as u32),
            (Width::Bits64, Value::I64(constant)) => u32::try_from(constant).ok(),
            _ => None,
        }
    }

    /// Its value, if it is an `i32` constant.
    pub(crate) fn i32(&self) -> Option<i32> {
        match self.value {
            Value::I32(constant) => Some(constant),
            _ => None,
        }
    }
}

/// The known operands, the top of the stack last.
#[derive(Debug, Default)]
pub(crate) struct Operands {
    known: Vec<Operand>,
    /// For each frame, by its position, the number of operands that are its segments. May be shorter than the list of
    /// frames.
    slots: Vec<u32>,
    /// For each segment that is numbers, by its position, the number of operands that are this segment. May be shorter.
    numbers: Vec<u32>,
}

impl Operands {
    /// The number of known operands.
    pub(crate) fn height(&self) -> usize {
        self.known.len()
    }

    /// Pushes an operand. It is inlined so that the operand is built in its place.
    #[inline(always)]
    pub(crate) fn push(&mut self, operand: Operand) {
        match operand.value {
            Value::Slot(slot) => self.count(slot.frame),
            Value::Numbers(id) => self.count_numbers(id),
            _ => {}
        }
        self.known.push(operand);
    }

    fn count_numbers(&mut self, id: NumbersId) {
        if self.numbers.len() <= id.position() {
            self.numbers.resize(id.position() + 1, 0);
        }
        self.numbers[id.position()] += 1;
    }

    /// The positions of the operands that are a segment that is numbers, the lowest one first.
    pub(crate) fn positions_of(&self, id: NumbersId) -> Vec<usize> {
        let count = self.numbers.get(id.position()).copied().unwrap_or_default() as usize;
        let is_it = |(_, operand): &(usize, &Operand)| operand.value == Value::Numbers(id);
        let found = self.known.iter().enumerate().rev().filter(is_it).take(count);
        let mut positions: Vec<usize> = found.map(|(position, _)| position).collect();
        positions.reverse();
        positions
    }

    /// The operand at a position.
    pub(crate) fn at(&self, position: usize) -> Option<Operand> {
        self.known.get(position).copied()
    }

    /// Replaces the operand at a position.
    pub(crate) fn replace(&mut self, position: usize, operand: Operand) {
        let Some(old) = self.at(position) else { return };
        self.count_off(&old);
        match operand.value {
            Value::Slot(slot) => self.count(slot.frame),
            Value::Numbers(id) => self.count_numbers(id),
            _ => {}
        }
        self.known[position] = operand;
    }

    fn count(&mut self, frame: FrameId) {
        let position = frame.position();
        if self.slots.len() <= position {
            self.slots.resize(position + 1, 0);
        }
        self.slots[position] += 1;
    }

    /// The operand on top, if it is known and not below `floor`.
    pub(crate) fn top(&self, floor: usize) -> Option<Operand> {
        self.known.get(floor..)?.last().copied()
    }

    /// The position at which the last known operand is on top of the stack.
    pub(crate) fn last_position(&self) -> Option<Position> {
        self.known.last()?.position
    }

    /// The operands above `floor`, the top of the stack last.
    pub(crate) fn above(&self, floor: usize) -> &[Operand] {
        self.known.get(floor..).unwrap_or_default()
    }

    /// The top of the stack.
    pub(crate) fn top_mut(&mut self) -> Option<&mut Operand> {
        self.known.last_mut()
    }

    /// Pops an operand, but not from below `floor`.
    pub(crate) fn pop(&mut self, floor: usize) -> Operand {
        if self.known.len() <= floor {
            return Operand::UNKNOWN;
        }
        let operand = self.known.pop().unwrap_or(Operand::UNKNOWN);
        self.count_off(&operand);
        operand
    }

    /// Updates the counts after an operand was removed.
    fn count_off(&mut self, operand: &Operand) {
        let count = match operand.value {
            Value::Slot(slot) => self.slots.get_mut(slot.frame.position()),
            Value::Numbers(id) => self.numbers.get_mut(id.position()),
            _ => return,
        };
        if let Some(count) = count {
            *count -= 1;
        }
    }

    /// Pops `count` operands, but none from below `floor`, and replaces the contents of `taken` with them, first to
    /// last.
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

    /// Drops all operands above `height`.
    pub(crate) fn truncate(&mut self, height: usize) {
        while self.known.len() > height {
            self.pop(height);
        }
    }
}
