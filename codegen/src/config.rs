//! What a user chooses: one structure for the library and the command line.

use crate::error::Error;
use linmem_allocator::{Nesting, OutOfMemory, Unwind, Zero};
use linmem_intrinsics::{Names, Safety};
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
    /// How much is checked; nothing means the highest level that is built as a whole, which is none. Of `temporal`, the
    /// checks of regions are built; `spatial` is not built yet.
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
    /// Where linmem's memory begins in a module that brings its own.
    pub base: Option<Base>,
    /// How many pages the memory that linmem defines may have at most.
    pub max_pages: Option<u32>,
    /// The names that a program can import, aliases and host functions included.
    pub names: Names,
}

impl Config {
    /// Refuses what is promised but not built yet, rather than doing less than was asked.
    ///
    /// # Errors
    ///
    /// [`Error::NotYet`] names the first such choice.
    pub fn check(&self) -> Result<(), Error> {
        match self.safety {
            Some(Safety::Spatial) => Err(Error::NotYet { what: "--safety spatial".to_string() }),
            Some(Safety::None | Safety::Temporal) | None => Ok(()),
        }
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
    fn what_is_not_built_is_refused() {
        assert_eq!(Config::default().check(), Ok(()));
        let asked = Config { safety: Some(Safety::Spatial), ..Config::default() };
        assert_eq!(asked.check().map_err(|e| e.to_string()), Err("--safety spatial is not yet supported".to_string()));
    }
}
