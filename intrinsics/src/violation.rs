//! The kinds of violations.

use std::fmt;

macro_rules! violations {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// A use that the safety level forbids.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Violation {
            $($(#[doc = $doc])+ $name = $code,)+
        }

        impl Violation {
            /// Every kind, in the order of their codes.
            pub const ALL: &'static [Violation] = &[$(Violation::$name),+];

            /// The name of the kind, as used in function names and messages.
            pub const fn name(self) -> &'static str {
                match self { $(Violation::$name => stringify!($name)),+ }
            }
        }
    };
}

violations! {
    /// An access to bytes outside of the segment.
    OutOfBounds = 0,
    /// A use of a freed segment, or an allocation from a closed region.
    UseAfterFree = 1,
    /// An allocation from a region that is not the innermost open one.
    NotInnermost = 2,
    /// A close of a region that is not open.
    AlreadyFreed = 3,
    /// An open of a region while another is open, if nesting is forbidden.
    Nested = 4,
    /// An alignment that is not a power of two up to 65536.
    BadAlignment = 5,
    /// An allocation for which there is no memory.
    OutOfMemory = 6,
    /// A region header that was overwritten.
    Corrupted = 7,
    /// A reference that is not to a segment of this module.
    Forged = 8,
}

impl Violation {
    /// The number of the kind in a report.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The kind with this number, if there is one.
    pub fn from_code(code: u32) -> Option<Violation> {
        Violation::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_dense_and_round_trip() {
        for (position, kind) in Violation::ALL.iter().enumerate() {
            assert_eq!(kind.code() as usize, position);
            assert_eq!(Violation::from_code(kind.code()), Some(*kind));
        }
        assert_eq!(Violation::from_code(Violation::ALL.len() as u32), None);
    }
}
