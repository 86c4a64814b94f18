//! What a report of a violation says: the kind and three numbers come from the running program, the rest from its site.

use crate::{Intrinsic, Violation};
use std::fmt;

/// A violation that a program met. What its numbers are depends on the kind:
///
/// | kind | a | b | c |
/// | --- | --- | --- | --- |
/// | `OutOfMemory` | the size that was asked for, in bytes | the alignment | how many pages the memory has |
/// | `BadAlignment` | the alignment | | |
/// | `AlreadyFreed`, `UseAfterFree` | the handle of the region | | |
/// | `NotInnermost` | the handle of the region | how many regions are open in it | |
/// | `Nested` | the handle of the region that is open | | |
/// | `Corrupted` | the handle of the region that was asked for | the address of the header | what is in its place |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What went wrong.
    pub kind: Violation,
    /// The intrinsic that found it, by its name.
    pub intrinsic: String,
    /// The numbers.
    pub numbers: [u32; 3],
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.numbers;
        let pages = if c == 1 { "1 page".to_string() } else { format!("{c} pages") };
        if !self.intrinsic.is_empty() {
            write!(f, "{}: ", self.intrinsic)?;
        }
        match self.kind {
            Violation::OutOfMemory if self.intrinsic == Intrinsic::AllocatorNew.name() => {
                write!(f, "there is no memory for a region; the memory has {pages}")
            }
            Violation::OutOfMemory if b > 8 => {
                write!(f, "there is no memory for {a} bytes at a multiple of {b}; the memory has {pages}")
            }
            Violation::OutOfMemory => write!(f, "there is no memory for {a} bytes; the memory has {pages}"),
            Violation::BadAlignment => write!(f, "the alignment {a} is not a power of two up to 65536"),
            Violation::AlreadyFreed => write!(f, "allocator {a} is not open: it was closed before, or never opened"),
            Violation::UseAfterFree => write!(f, "allocator {a} is not open: it was closed, or never opened"),
            Violation::NotInnermost => {
                let (regions, are) = if b == 1 { ("region", "is") } else { ("regions", "are") };
                write!(f, "allocator {a} is not the innermost one: {b} {regions} opened in it {are} still open")
            }
            Violation::Nested => write!(f, "allocator {a} is open, and regions must not nest"),
            Violation::Corrupted => {
                write!(f, "the header of a region at address {b} was overwritten: it begins with {c:#010x}")
            }
            Violation::OutOfBounds | Violation::Forged => write!(f, "{} ({a}, {b}, {c})", self.kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_a_sentence_with_its_numbers() {
        for &kind in Violation::ALL {
            let text =
                Report { kind, intrinsic: "MemoryAllocator.free".to_string(), numbers: [11, 16, 13] }.to_string();
            assert!(text.starts_with("MemoryAllocator.free: "), "{text}");
            assert!(text.contains("11") || kind == Violation::Corrupted, "{text}");
        }
        let one = Report { kind: Violation::NotInnermost, intrinsic: String::new(), numbers: [3, 1, 0] };
        assert_eq!(one.to_string(), "allocator 3 is not the innermost one: 1 region opened in it is still open");
    }
}
