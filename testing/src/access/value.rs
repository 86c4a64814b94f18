//! What segments are to the interpreter, which depends on how they are represented.

use linmem::Safety;

/// What a segment is in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Packed,
    Reference { nullable: bool },
}

/// What of the choices decides how a program goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Semantics {
    pub(crate) kind: Kind,
    pub(crate) safety: Safety,
}

impl Semantics {
    pub(crate) fn is_temporal(self) -> bool {
        self.safety == Safety::Temporal
    }

    /// What is not a segment: null, if there is such a thing.
    pub(crate) fn null(self) -> Value {
        match self.kind {
            Kind::Packed => Value::Span(Span { start: 0, size: 0, region: None, fixed: false }),
            Kind::Reference { nullable } => Value::Forged { null: nullable },
        }
    }

    /// What is not a segment, but a struct of the program's.
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
    /// Of which region, by the order of opening.
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

    /// The same, behind a call.
    pub(crate) fn opaque(self) -> Value {
        match self {
            Value::Span(span) => Value::Span(Span { fixed: false, ..span }),
            forged => forged,
        }
    }
}
