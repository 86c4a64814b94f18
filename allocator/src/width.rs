//! The width of pointers: addresses, sizes and offsets in a memory.

/// The width of the pointers of a memory: 32 bits, or 64 bits in a 64-bit memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    /// Addresses are `i32`.
    #[default]
    Bits32,
    /// Addresses are `i64`.
    Bits64,
}

impl Width {
    /// Both widths.
    pub const ALL: [Width; 2] = [Width::Bits32, Width::Bits64];

    /// The size of a pointer in bits.
    pub const fn pointer_bits(self) -> u32 {
        match self {
            Width::Bits32 => 32,
            Width::Bits64 => 64,
        }
    }

    /// The size of a pointer in bytes.
    pub const fn pointer_bytes(self) -> u32 {
        self.pointer_bits() / 8
    }

    /// The largest number that a pointer can hold.
    pub const fn largest(self) -> u64 {
        u64::MAX >> (64 - self.pointer_bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_pointer_has_all_bits() {
        assert_eq!(Width::ALL.map(Width::pointer_bytes), [4, 8]);
        assert_eq!(Width::ALL.map(Width::largest), [u64::from(u32::MAX), u64::MAX]);
    }
}
