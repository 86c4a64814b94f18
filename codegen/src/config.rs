//! What a user chooses: one structure for the library and the command line.

use crate::error::Error;
use linmem_allocator::{Nesting, OutOfMemory, Unwind, Zero};
use linmem_intrinsics::{Names, Representation, Safety};
use std::fmt;
use std::str::FromStr;

/// Where linmem's memory begins in a module that brings its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// At this address; from there to the end of the memory's minimum size the program leaves all bytes to linmem.
    Address(u32),
    /// At the address that this immutable global holds, such as `__heap_base`.
    Global(String),
}

impl FromStr for Base {
    type Err = String;

    fn from_str(text: &str) -> Result<Base, String> {
        if let Some(name) = text.strip_prefix("global:") {
            return Ok(Base::Global(name.to_string()));
        }
        let parsed = match text.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => text.parse(),
        };
        parsed.map(Base::Address).map_err(|_| {
            format!("`{text}` is not a base: an address below 2^32 (decimal, or hexadecimal with 0x), or global:NAME")
        })
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Base::Address(address) => write!(f, "{address}"),
            Base::Global(name) => write!(f, "global:{name}"),
        }
    }
}

/// What lowered code does when it meets a violation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnViolation {
    /// It calls a function named after the kind, whose body is `unreachable`.
    #[default]
    Trap,
    /// It tells the host first.
    Report,
}

/// Whether lowered code is inline or calls helpers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Optimize {
    /// Fast paths inline.
    #[default]
    Speed,
    /// Whatever takes the fewest bytes.
    Size,
}

macro_rules! named {
    ($($type:ident, $what:literal: $($name:ident = $text:literal),+;)+) => {$(
        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<$type, String> {
                match text {
                    $($text => Ok($type::$name),)+
                    _ => Err(format!("`{text}` is not {}: {}", $what, [$($text),+].join(", "))),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($type::$name => $text),+ })
            }
        }
    )+};
}

named! {
    OnViolation, "a reaction to violations": Trap = "trap", Report = "report";
    Optimize, "something to optimize for": Speed = "speed", Size = "size";
}

/// The choices, with the defaults of `linmem link`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// How much is checked; nothing means `spatial` where segments carry their size, else `none`. Where they do not,
    /// `temporal` checks regions alone, and `spatial` is refused.
    pub safety: Option<Safety>,
    /// What regions may be open at the same time.
    pub nesting: Nesting,
    /// When memory is set to zero.
    pub zero: Zero,
    /// What an allocation does when memory cannot be had.
    pub out_of_memory: OutOfMemory,
    /// What an exception that passes through a scope of the library door does to its region.
    pub unwind: Unwind,
    /// What lowered code does when it meets a violation.
    pub on_violation: OnViolation,
    /// Whether lowered code is inline or calls helpers.
    pub optimize: Optimize,
    /// Whether a program that makes segments of addresses is refused. It takes segments that are references: any others
    /// can be made by arithmetic.
    pub sealed: bool,
    /// Where linmem's memory begins in a module that brings its own.
    pub base: Option<Base>,
    /// How many pages the memory that linmem defines may have at most.
    pub max_pages: Option<u32>,
    /// The names that a program can import, aliases and host functions included.
    pub names: Names,
}

impl Config {
    /// How much is checked with segments of this representation.
    pub fn safety_of(&self, representation: Representation) -> Safety {
        let default = if representation.carries_size() { Safety::Spatial } else { Safety::None };
        self.safety.unwrap_or(default)
    }

    /// Refuses what cannot be done with segments of this representation, rather than doing less than was asked.
    ///
    /// # Errors
    ///
    /// [`Error::Option`] names the first such choice, and says why.
    pub fn check(&self, representation: Representation) -> Result<(), Error> {
        let fail = |message: String| Err(Error::Option { message });
        let is_reference = matches!(representation, Representation::Reference { .. });
        if self.safety == Some(Safety::Spatial) && !representation.carries_size() {
            return fail(format!(
                "--safety spatial: a segment that is an {representation} does not say how long it is; declare segments as \
                 i64, or as references"
            ));
        }
        if self.sealed && !is_reference {
            return fail(format!(
                "--sealed: a segment that is an {representation} can be made by arithmetic; declare segments as references"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_read_as_they_are_written() {
        assert_eq!("1024".parse(), Ok(Base::Address(1024)));
        assert_eq!("0x10000".parse(), Ok(Base::Address(65536)));
        assert_eq!("global:__heap_base".parse(), Ok(Base::Global("__heap_base".into())));
        assert!("4294967296".parse::<Base>().is_err());
        assert!("-1".parse::<Base>().is_err());
    }

    #[test]
    fn what_a_representation_cannot_do_is_refused() {
        assert_eq!(Config::default().check(Representation::Address), Ok(()));
        let asked = Config { safety: Some(Safety::Spatial), ..Config::default() };
        let refused = asked.check(Representation::Address).map_err(|error| error.to_string());
        assert!(refused.is_err_and(|text| text.starts_with("--safety spatial: a segment that is an i32")));
        assert_eq!(asked.check(Representation::Packed), Ok(()));
        let sealed = Config { sealed: true, ..Config::default() };
        assert!(sealed.check(Representation::Packed).is_err());
        assert_eq!(sealed.check(Representation::ALL[2]), Ok(()));
    }
}
