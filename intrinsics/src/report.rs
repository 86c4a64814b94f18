//! The text of a violation report. The kind and three numbers come from the running program, the rest from the site.

use crate::catalogue::{Intrinsic, Operation};
use crate::violation::Violation;
use std::fmt;

/// A violation that a program reported. The meaning of its numbers depends on the kind:
///
/// | kind | a | b | c |
/// | --- | --- | --- | --- |
/// | `OutOfMemory` | the requested size in bytes | the requested alignment | the size of the memory in pages |
/// | `BadAlignment` | the alignment | | |
/// | `AlreadyFreed` | the handle of the region | | |
/// | `UseAfterFree` of an allocation | the handle of the region | | |
/// | `UseAfterFree` of a segment | the accessed address | the number of accessed bytes | the next free address |
/// | `OutOfBounds` | the offset | the number of accessed bytes | the size of the segment |
/// | `OutOfBounds` of `ofAddress` | the address | the size | |
/// | `Forged` | 1 for the null reference, else 0 | | |
/// | `NotInnermost` | the handle of the region | the number of open regions inside it | |
/// | `Nested` | the handle of the open region | | |
/// | `Corrupted` | the handle that was used | the address of the header | the first word found there |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The kind of the violation.
    pub kind: Violation,
    /// The name of the intrinsic that detected it.
    pub intrinsic: String,
    /// The numbers, as the table above describes them.
    pub numbers: [u32; 3],
}

/// Describes an out-of-bounds access of `bytes` bytes at `offset` in a segment of `size` bytes.
pub fn out_of_bounds(offset: u32, bytes: u32, size: u32) -> String {
    let end = u64::from(offset) + u64::from(bytes);
    let noun = if size == 1 { "byte" } else { "bytes" };
    format!("bytes {offset}..{end} of a segment of {size} {noun}")
}

/// Describes a segment of `bytes` bytes at `address` that ends above the address space.
pub fn beyond_memory(address: u32, bytes: u32) -> String {
    let end = u64::from(address) + u64::from(bytes);
    format!("the addresses {address}..{end} exceed the address space, which ends at {}", 1u64 << 32)
}

/// Names `bytes` bytes at `address`.
fn at_address(address: u32, bytes: u32) -> String {
    match bytes {
        1 => format!("the byte at address {address}"),
        _ => format!("the {bytes} bytes at address {address}"),
    }
}

/// Whether the intrinsic with this name allocates from a region.
fn is_allocation(intrinsic: &str) -> bool {
    let allocates = |known: Intrinsic| {
        matches!(
            known.operation(),
            Operation::Allocate | Operation::AllocateAligned | Operation::AllocateArray | Operation::AllocateText(_)
        )
    };
    Intrinsic::from_name(intrinsic).is_some_and(allocates)
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
                write!(f, "out of memory: cannot open a region; the memory has {pages}")
            }
            Violation::OutOfMemory if b > 8 => {
                write!(f, "out of memory: cannot allocate {a} bytes aligned to {b}; the memory has {pages}")
            }
            Violation::OutOfMemory => write!(f, "out of memory: cannot allocate {a} bytes; the memory has {pages}"),
            Violation::BadAlignment => write!(f, "the alignment {a} is not a power of two up to 65536"),
            Violation::AlreadyFreed => write!(f, "allocator {a} is not open: it was already closed, or never opened"),
            Violation::UseAfterFree if !is_allocation(&self.intrinsic) => {
                write!(f, "{} of a freed segment", at_address(a, b))
            }
            Violation::UseAfterFree => write!(f, "allocator {a} is not open: it was closed, or never opened"),
            Violation::NotInnermost => {
                let (regions, are) = if b == 1 { ("region", "is") } else { ("regions", "are") };
                write!(f, "allocator {a} is not the innermost one: {b} {regions} opened in it {are} still open")
            }
            Violation::Nested => write!(f, "allocator {a} is open, but regions must not nest"),
            Violation::Corrupted => {
                write!(f, "the region header at address {b} was overwritten: its first word is {c:#010x}")
            }
            Violation::OutOfBounds if self.intrinsic == Intrinsic::SegmentOfAddress.name() => {
                f.write_str(&beyond_memory(a, b))
            }
            Violation::OutOfBounds => f.write_str(&out_of_bounds(a, b, c)),
            Violation::Forged if a == 0 => write!(f, "the reference does not refer to a segment of this module"),
            Violation::Forged => write!(f, "the reference is null and does not refer to a segment"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_displays_its_numbers() {
        for &kind in Violation::ALL {
            let text =
                Report { kind, intrinsic: "MemoryAllocator.free".to_string(), numbers: [11, 16, 13] }.to_string();
            assert!(text.starts_with("MemoryAllocator.free: "), "{text}");
            assert!(text.contains("11") || matches!(kind, Violation::Corrupted | Violation::Forged), "{text}");
        }
        let text = |intrinsic: Intrinsic, kind, numbers| {
            Report { kind, intrinsic: intrinsic.name().to_string(), numbers }.to_string()
        };
        assert_eq!(
            text(Intrinsic::SegmentGetInt, Violation::OutOfBounds, [13, 4, 16]),
            "MemorySegment.getInt: bytes 13..17 of a segment of 16 bytes"
        );
        assert_eq!(
            text(Intrinsic::SegmentFill, Violation::OutOfBounds, [u32::MAX, u32::MAX, 1]),
            "MemorySegment.fill: bytes 4294967295..8589934590 of a segment of 1 byte"
        );
        assert_eq!(
            text(Intrinsic::SegmentOfAddress, Violation::OutOfBounds, [u32::MAX, 2, 0]),
            "MemorySegment.ofAddress: the addresses 4294967295..4294967297 exceed the address space, which ends at 4294967296"
        );
        assert_eq!(
            text(Intrinsic::SegmentGetByte, Violation::UseAfterFree, [24, 1, 16]),
            "MemorySegment.getByte: the byte at address 24 of a freed segment"
        );
        let one = Report { kind: Violation::NotInnermost, intrinsic: String::new(), numbers: [3, 1, 0] };
        assert_eq!(one.to_string(), "allocator 3 is not the innermost one: 1 region opened in it is still open");
    }
}
