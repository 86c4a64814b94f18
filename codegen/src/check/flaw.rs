//! A misuse of a region, and the finding about it.

use crate::error::{Error, Finding, Severity};
use crate::link::input::Input;
use linmem_intrinsics::{Intrinsic, Violation};

/// A definite or possible misuse of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// How certain it is.
    pub(crate) severity: Severity,
    /// The violation; `None` if a region is left open.
    pub(crate) kind: Option<Violation>,
    /// The intrinsic that is used; `MemoryAllocator.new` if a region is left open.
    pub(crate) intrinsic: Intrinsic,
    /// The message, as a sentence.
    pub(crate) message: String,
    /// The offset of the instruction in the binary.
    pub(crate) offset: usize,
    /// The offset of the call that opened the region that the message refers to, if this function opened it. It can be
    /// equal to `offset`.
    pub(crate) opened: Option<usize>,
}

impl Flaw {
    /// The flaw as a finding about a function.
    pub(super) fn finding(self, input: &Input<'_>, function: u32) -> Finding {
        let Flaw { severity, kind, intrinsic, mut message, offset, opened } = self;
        let place = input.place(function, offset);
        if let Some(opened) = opened.filter(|opened| *opened != offset) {
            message = format!("{message}; it was opened at {}", input.position(opened));
        }
        let error = match kind {
            Some(kind) => Error::Violation { kind, message: format!("{}: {message}", intrinsic.name()), place },
            None => Error::LeftOpen { message, place },
        };
        Finding { severity, error }
    }
}
