//! The regions that the host opens in a guest with linmem's allocator.

/// A region that the host opened for one block.
#[derive(Clone, Copy)]
pub(super) struct Region {
    pub(super) id: u64,
    pub(super) handle: u32,
    /// The next free address after the allocation, if the guest tells it, else 0.
    pub(super) top: u32,
    /// Where the guest keeps the token while the region is open, else 0.
    pub(super) loan: u32,
    pub(super) token: u64,
}

impl Region {
    /// Whether the token is where the guest keeps it.
    #[inline]
    pub(super) fn is_lent(&self, memory: &[u8]) -> bool {
        let start = self.loan as usize;
        memory.get(start..start.saturating_add(8)).is_some_and(|bytes| bytes == self.token.to_le_bytes())
    }

    /// The number of bytes that the guest keeps behind a block that ends at an address.
    #[inline]
    pub(super) fn behind(&self, end: u64) -> u64 {
        if self.loan == 0 { 0 } else { u64::from(self.top).saturating_sub(end) }
    }
}
