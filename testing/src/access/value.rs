//! The values of segments in the interpreter, which depend on their representation.

use linmem::Safety;

/// The representation of segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Packed,
    Reference { nullable: bool },
}

/// The choices that determine the outcome of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Semantics {
    pub(crate) kind: Kind,
    pub(crate) safety: Safety,
}

impl Semantics {
    pub(crate) fn is_temporal(self) -> bool {
        self.safety == Safety::Temporal
    }

    /// A value that is not a segment: null, if the type allows it.
    pub(crate) fn null(self) -> Value {
        match self.kind {
            Kind::Packed => Value::Span(Span { start: 0, size: 0, region: None, fixed: false }),
            Kind::Reference { nullable } => Value::Forged { null: nullable },
        }
    }

    /// A value that is not a segment: a struct of the program.
    pub(crate) fn foreign(self) -> Value {
        match self.kind {
            Kind::Packed => self.null(),
            Kind::Reference { .. } => Value::Forged { null: false },
        }
    }
}

/// A segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) size: u32,
    /// Its region, numbered in the order of opening.
    pub(crate) region: Option<usize>,
    /// Whether the size follows from constants alone.
    pub(crate) fixed: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    Span(Span),
    Forged { null: bool },
}

impl Value {
    pub(crate) fn size(self) -> u32 {
        match self {
            Value::Span(span) => span.size,
            Value::Forged { .. } => 0,
        }
    }

    /// The same value after a call, whose size the linker does not know.
    pub(crate) fn opaque(self) -> Value {
        match self {
            Value::Span(span) => Value::Span(Span { fixed: false, ..span }),
            forged => forged,
        }
    }
}
