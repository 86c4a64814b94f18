//! The numbers of segments that are [numbers](crate::engine::numbers), and of what belongs to them.

/// A segment as numbers, by its position in the list of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NumbersId(pub(super) u32);

impl NumbersId {
    /// Its position in the list.
    pub(super) fn position(self) -> usize {
        self.0 as usize
    }
}

/// A structure that was just made, by its position in the list of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MadeId(pub(super) u32);

/// A place where a part of a new segment is pushed, by its position in the list of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PartUse(pub(super) u32);
