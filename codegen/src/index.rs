//! Indices, one type for each index space, so that they cannot be confused.

macro_rules! indices {
    ($($(#[doc = $doc:literal])+ $name:ident)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(pub(crate) u32);
    )+};
}

indices! {
    /// A type.
    TypeIndex
    /// A global.
    GlobalIndex
    /// A memory.
    MemoryIndex
    /// A local of one function.
    LocalIndex
}

impl LocalIndex {
    /// The index as a position in a vector.
    pub(crate) const fn position(self) -> usize {
        self.0 as usize
    }
}
