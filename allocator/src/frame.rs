//! Frames: the constant-size allocations of one scope, reserved by one bump.

use crate::layout::{INLINE_BYTES, room};

/// The layout of a frame while it is being collected: sizes go in, offsets come out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FramePlan {
    bytes: u32,
}

impl FramePlan {
    /// An empty frame.
    pub const fn new() -> FramePlan {
        FramePlan { bytes: 0 }
    }

    /// The size of the frame in bytes.
    pub const fn bytes(self) -> u32 {
        self.bytes
    }

    /// Adds an allocation of `bytes` and returns its offset; `None` if the frame would become larger than one inline
    /// bump can reserve.
    pub fn push(&mut self, bytes: u32) -> Option<u32> {
        let end = u64::from(self.bytes) + room(u64::from(bytes));
        if end > u64::from(INLINE_BYTES) {
            return None;
        }
        let offset = self.bytes;
        self.bytes = u32::try_from(end).ok()?;
        Some(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_aligned_and_disjoint() {
        let mut plan = FramePlan::new();
        assert_eq!(plan.push(16), Some(0));
        assert_eq!(plan.push(4), Some(16));
        assert_eq!(plan.push(0), Some(24));
        assert_eq!(plan.push(1), Some(24));
        assert_eq!(plan.bytes(), 32);
    }

    #[test]
    fn oversized_allocation_leaves_frame_unchanged() {
        let mut plan = FramePlan::new();
        assert_eq!(plan.push(INLINE_BYTES - 8), Some(0));
        assert_eq!(plan.push(9), None);
        assert_eq!(plan.push(u32::MAX), None);
        assert_eq!(plan.push(8), Some(INLINE_BYTES - 8));
        assert_eq!(plan.push(1), None);
        assert_eq!(plan.push(0), Some(INLINE_BYTES));
    }
}
