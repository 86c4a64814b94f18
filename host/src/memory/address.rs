//! Numbers as addresses.

/// A number that a guest uses as an address or a size. WebAssembly does not distinguish signed from unsigned integers: results
/// of functions that are negative are large addresses.
pub trait Address: Copy {
    /// The number without its sign.
    fn unsigned(self) -> u64;
}

impl Address for u32 {
    fn unsigned(self) -> u64 {
        self.into()
    }
}

impl Address for i32 {
    fn unsigned(self) -> u64 {
        self.cast_unsigned().into()
    }
}

impl Address for u64 {
    fn unsigned(self) -> u64 {
        self
    }
}

impl Address for i64 {
    fn unsigned(self) -> u64 {
        self.cast_unsigned()
    }
}

impl Address for usize {
    fn unsigned(self) -> u64 {
        self as u64
    }
}
