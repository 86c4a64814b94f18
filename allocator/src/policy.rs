//! The policies that a user can choose for regions.

use std::fmt;
use std::str::FromStr;

macro_rules! policies {
    ($($(#[doc = $doc:literal])+ $name:ident($what:literal, $default:ident) {
        $($(#[doc = $choice_doc:literal])+ $choice:ident = $text:literal,)+
    })+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[doc = $choice_doc])+ $choice,)+
        }

        impl $name {
            /// All choices.
            pub const ALL: &'static [$name] = &[$($name::$choice),+];

            /// The name of the choice in options.
            pub const fn name(self) -> &'static str {
                match self { $($name::$choice => $text),+ }
            }
        }

        impl Default for $name {
            fn default() -> $name {
                $name::$default
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<$name, String> {
                $name::ALL.iter().copied().find(|choice| choice.name() == text).ok_or_else(|| {
                    let choices: Vec<&str> = $name::ALL.iter().map(|choice| choice.name()).collect();
                    format!("`{text}` is not {}; expected one of {}", $what, choices.join(", "))
                })
            }
        }
    )+};
}

policies! {
    /// Which regions may be open at the same time, and which of them may allocate.
    Nesting("a nesting policy", Stack) {
        /// Regions nest. Closing one frees what was allocated since it was opened, nothing else.
        Stack = "stack",
        /// Any open region may allocate; memory is freed when the last open one closes.
        Outermost = "outermost",
        /// Opening a region while another is open is a violation.
        Forbid = "forbid",
    }

    /// When memory is set to zero.
    Zero("a zeroing mode", Never) {
        /// Never: the contents of a new segment are unspecified.
        Never = "never",
        /// When it is allocated: new segments are zeroed.
        Allocate = "allocate",
        /// When it is freed: the bytes of a region are zero after it is closed.
        Free = "free",
    }

    /// What happens to regions when an exception makes their handles unreachable.
    Unwind("an unwinding mode", Program) {
        /// Nothing: the program closes its regions itself. For targets without exceptions, too.
        Program = "program",
        /// They are closed.
        Release = "release",
    }

    /// What an allocation does if there is not enough memory.
    OutOfMemory("an out-of-memory mode", Trap) {
        /// It traps.
        Trap = "trap",
        /// It returns the null segment.
        Null = "null",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        assert!(Nesting::ALL.iter().all(|choice| choice.name().parse() == Ok(*choice)));
        assert!(Zero::ALL.iter().all(|choice| choice.name().parse() == Ok(*choice)));
        assert_eq!(
            "heap".parse::<Nesting>(),
            Err("`heap` is not a nesting policy; expected one of stack, outermost, forbid".to_string())
        );
        assert_eq!(OutOfMemory::default(), OutOfMemory::Trap);
    }
}
