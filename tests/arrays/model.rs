//! What a copy does, computed without code that linmem emits.

use linmem::intrinsics::Element;

/// What is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Elements to a segment.
    From,
    /// Bytes to an array.
    To,
    /// Bytes to a new array.
    New,
    /// Elements to a new segment.
    Allocate,
}

impl Kind {
    pub(crate) const ALL: [Kind; 4] = [Kind::From, Kind::To, Kind::New, Kind::Allocate];
}

/// One copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Copy {
    pub(crate) kind: Kind,
    /// The address of the segment.
    pub(crate) start: u32,
    /// The size of the segment.
    pub(crate) bytes: u32,
    pub(crate) offset: u32,
    pub(crate) index: u32,
    pub(crate) count: u32,
    /// The length of the array; `None` if it is null.
    pub(crate) length: Option<u32>,
}

impl Copy {
    /// A segment in the middle of the window, and no elements.
    pub(crate) const SMALL: Copy =
        Copy { kind: Kind::From, start: 64, bytes: 1024, offset: 0, index: 0, count: 0, length: Some(0) };

    /// Whether an array is an operand.
    pub(crate) fn has_array(&self) -> bool {
        self.kind != Kind::New
    }

    /// Whether a segment is an operand.
    pub(crate) fn has_segment(&self) -> bool {
        self.kind != Kind::Allocate
    }

    /// How the copy ends, in a memory of this size. `is_checked`: segments are checked.
    pub(crate) fn outcome(&self, element: Element, is_checked: bool, memory: u64) -> Outcome {
        let wide = u64::from;
        let bytes = wide(self.count) * wide(element.bytes());
        if self.has_segment() && is_checked && wide(self.offset) + bytes > wide(self.bytes) {
            return Outcome::OutOfBounds;
        }
        let is_inside = self.length.is_some_and(|length| wide(self.index) + wide(self.count) <= wide(length));
        if self.has_array() && !is_inside {
            return Outcome::Trap;
        }
        let end = wide(self.start) + wide(self.offset) + bytes;
        match self.kind {
            Kind::Allocate => Outcome::Done,
            _ if bytes > 0 && end > memory => Outcome::Trap,
            // The engine cannot make such an array.
            Kind::New if bytes > 1 << 24 => Outcome::Trap,
            Kind::From | Kind::To | Kind::New => Outcome::Done,
        }
    }
}

/// How a copy ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// A trap of the engine.
    Trap,
    /// A violation.
    OutOfBounds,
}
