//! The configuration: one structure for the library and the command line.

use crate::error::Error;
use crate::setting::Setting;
use crate::width::WIDTH;
use linmem_allocator::layout::{Layout, PAGE};
use linmem_allocator::statics::Sharing;
use linmem_allocator::{Nesting, OutOfMemory, Unwind, Zero};
use linmem_intrinsics::{Names, Representation, Safety};
use std::fmt;
use std::str::FromStr;

/// Where linmem's part of the memory begins, in a module that has its own memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Base {
    /// At this address. linmem owns all bytes from there to the end of the memory's minimum size.
    Address(u32),
    /// At the address in this immutable global, such as `__heap_base`.
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
            format!("`{text}` is not a base; expected an address below 2^32 (decimal, or hexadecimal with 0x) or global:NAME")
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

/// How linmem obtains memory beyond the bytes reserved for it, in a module that has its own memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Share {
    /// The program owns the lower part of the address space, linmem the upper part. The program's own `memory.size` and
    /// `memory.grow` count the pages of the lower part.
    Split,
    /// Chunks come from a function that the program exports.
    Allocator {
        /// The export that allocates. Its type determines whether it is called as `malloc`, as AssemblyScript's
        /// `__new`, or as `cabi_realloc`.
        export: String,
        /// The export that each result is passed to, so that a garbage collector keeps it.
        pin: Option<String>,
    },
    /// linmem grows the memory, and relies on the program to use only what its own `memory.grow` returned.
    Trust,
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Share, String> {
        match text.split_once(':') {
            None if text == "split" => Ok(Share::Split),
            None if text == "trust" => Ok(Share::Trust),
            Some(("allocator", names)) => {
                let (export, pin) = match names.split_once(',') {
                    Some((export, pin)) => (export, Some(pin)),
                    None => (names, None),
                };
                if export.is_empty() || pin.is_some_and(str::is_empty) {
                    return Err(format!(
                        "`{text}` lacks the name of an export; expected allocator:NAME or allocator:NAME,PIN"
                    ));
                }
                Ok(Share::Allocator { export: export.to_string(), pin: pin.map(str::to_string) })
            }
            _ => Err(format!("`{text}` is not a way to share a memory; expected split, allocator:NAME[,PIN] or trust")),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Share::Split => f.write_str("split"),
            Share::Allocator { export, pin: None } => write!(f, "allocator:{export}"),
            Share::Allocator { export, pin: Some(pin) } => write!(f, "allocator:{export},{pin}"),
            Share::Trust => f.write_str("trust"),
        }
    }
}

/// The default split of a memory, in pages: 2 GiB.
pub(crate) const DEFAULT_SPLIT: u32 = 32768;

/// The default split of a memory with static data, in pages: 1 GiB. The memory has this size from the start.
pub(crate) const DEFAULT_FIXED_SPLIT: u32 = 16384;

/// The address at which a memory is split: a multiple of the page size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SplitAddress {
    pages: u32,
}

impl SplitAddress {
    /// The largest split, in pages: linmem needs at least one usable page above it, and the last page of an address
    /// space is never used.
    pub(crate) const MOST: u32 = Layout::of(WIDTH).last_page() as u32 - 1;

    /// A split after this number of 64 KiB pages; `None` if it is 0, or if it leaves no page for linmem above it.
    pub fn of_pages(pages: u32) -> Option<SplitAddress> {
        (1..=SplitAddress::MOST).contains(&pages).then_some(SplitAddress { pages })
    }

    /// The number of pages below it.
    pub fn pages(self) -> u32 {
        self.pages
    }
}

/// The units of byte counts, the largest first.
const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl FromStr for SplitAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<SplitAddress, String> {
        let unit = UNITS.iter().find_map(|(name, bytes)| Some((text.strip_suffix(name)?, *bytes)));
        let (digits, unit) = unit.unwrap_or((text, 1));
        let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        let pages = bytes.filter(|bytes| bytes % u64::from(PAGE) == 0).map(|bytes| bytes / u64::from(PAGE));
        let split = pages.and_then(|pages| u32::try_from(pages).ok()).and_then(SplitAddress::of_pages);
        split.ok_or_else(|| {
            format!(
                "`{text}` is not a split; expected a multiple of 65536 bytes from 64KiB to {}KiB, optionally with the suffix \
                 KiB, MiB or GiB",
                u64::from(SplitAddress::MOST) * u64::from(PAGE) / 1024
            )
        })
    }
}

impl fmt::Display for SplitAddress {
    /// Formats the split in the largest unit that divides it, for example `2GiB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = u64::from(self.pages) * u64::from(PAGE);
        match UNITS.iter().find(|(_, unit)| bytes.is_multiple_of(*unit)) {
            Some((name, unit)) => write!(f, "{}{name}", bytes / unit),
            None => write!(f, "{bytes}"),
        }
    }
}

/// What lowered code does at a violation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnViolation {
    /// It calls a function named after the kind, whose body is `unreachable`.
    #[default]
    Trap,
    /// It first reports the violation to the host.
    Report,
}

/// Whether constants of static data share their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StaticData {
    /// Equal constants share their bytes, and so do constants that are suffixes of others. The program must not write to
    /// them.
    #[default]
    Shared,
    /// Each import, or each constant that a frontend adds, has its own bytes, so that the program can write to them.
    Unshared,
}

impl StaticData {
    /// The option of the planner.
    pub(crate) fn sharing(self) -> Sharing {
        match self {
            StaticData::Shared => Sharing::Shared,
            StaticData::Unshared => Sharing::Unshared,
        }
    }
}

/// Whether frames of functions that cannot be entered again have fixed addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StaticFrames {
    /// Where it is known that a function cannot be entered again before it returns, and that no other code can tell the
    /// difference, regions that the function opens and closes have fixed addresses, so that opening, allocating and closing
    /// cost nothing.
    #[default]
    On,
    /// Every region is opened, allocated from and closed when the program runs.
    Off,
}

/// How data segments initialize the memory that segments are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Init {
    /// The program's data segments are kept. Those of static data are active, unless the memory is imported, so that it may
    /// not be zero, or they would prevent an engine from mapping the program's own data as an image.
    #[default]
    Auto,
    /// No data segment of the memory is active: a start function copies them. In a memory that is imported and shared
    /// between threads, only the first instance does, so that a thread that starts does not overwrite what others wrote.
    Passive,
    /// The active data segments of each memory are merged into one, so that engines can map it as an image.
    Image,
}

/// Whether lowered code is inline or calls helpers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Optimize {
    /// Fast paths are inline.
    #[default]
    Speed,
    /// Fast paths are calls of helpers. If the helpers outweigh what the calls save, the link door lowers the module for
    /// speed: without its custom sections (names, sites), which are not compared, the module is never larger than with
    /// [`Speed`](Optimize::Speed). The library door lowers each function once, as it comes, so that a module with few
    /// allocations can be larger.
    Size,
}

/// Which names a module has in its name section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameSection {
    /// The names of the input, or those that the frontend gave, and those of linmem's functions, globals and locals. The
    /// backtrace of an engine then shows the kind of a violation.
    #[default]
    Keep,
    /// No names: the module has no name section.
    None,
    /// As `Keep` if the input has a name section, else as `None`. A module of the library door has names, as with `Keep`.
    Auto,
}

macro_rules! named {
    ($($type:ident, $what:literal: $($name:ident = $text:literal),+;)+) => {$(
        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<$type, String> {
                match text {
                    $($text => Ok($type::$name),)+
                    _ => Err(format!("`{text}` is not {}; expected one of {}", $what, [$($text),+].join(", "))),
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
    StaticFrames, "a choice about static frames": On = "on", Off = "off";
    Optimize, "an optimization goal": Speed = "speed", Size = "size";
    StaticData, "a way to store static data": Shared = "shared", Unshared = "unshared";
    NameSection, "a choice of names": Keep = "keep", None = "none", Auto = "auto";
    Init, "a way to initialize a memory": Auto = "auto", Passive = "passive", Image = "image";
}

/// All options, with the defaults of `linmem link`.
///
/// Later versions may have more options. A configuration is therefore built from [`Config::new`] by one method for each
/// option that differs from its default:
///
/// ```
/// use linmem_codegen::Config;
/// use linmem_intrinsics::Safety;
///
/// let config = Config::new().with_safety(Safety::Temporal).with_max_pages(256);
/// assert_eq!(config.max_pages, Some(256));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The safety level. `None` means `spatial` if segments carry their size, else `none`. If segments do not carry
    /// their size, `temporal` checks only regions, and `spatial` is rejected.
    pub safety: Option<Safety>,
    /// Which regions may be open at the same time.
    pub nesting: Nesting,
    /// When memory is set to zero.
    pub zero: Zero,
    /// What an allocation does if there is not enough memory.
    pub out_of_memory: OutOfMemory,
    /// What happens to regions when an exception makes their handles unreachable. `None` means `release` where modules
    /// are built, and `program` where they are linked.
    pub unwind: Option<Unwind>,
    /// What lowered code does at a violation.
    pub on_violation: OnViolation,
    /// Whether lowered code is inline or calls helpers.
    pub optimize: Optimize,
    /// Whether frames of functions that cannot be entered again have fixed addresses, in a module that is linked, or that a
    /// [`ModuleBuilder`](crate::build::ModuleBuilder) builds.
    pub static_frames: StaticFrames,
    /// Whether a program that creates segments from addresses is rejected. Requires segments that are references: all
    /// others can be forged by arithmetic.
    pub sealed: bool,
    /// Whether helpers may use vector instructions, for engines that support them. ASCII is then encoded 64 units at a time,
    /// and decoded 16 bytes at a time.
    pub simd: bool,
    /// The memory that segments are in, in a module that has several: the name of its export, of its import (`name` or
    /// `module.name`), its name in the name section, or its index. `None` means the memory exported as `memory`, else the
    /// first one.
    pub memory: Option<String>,
    /// Where linmem's part of the memory begins, in a module that has its own memory.
    pub base: Option<Base>,
    /// How linmem obtains memory in a module that has its own. `None` means `split` if `split` is given, or if the
    /// module defines the memory, the memory is not shared between threads, and code of the module contains
    /// `memory.size` or `memory.grow` of this memory; else it means `trust`.
    pub share: Option<Share>,
    /// Where the memory is split. `None` means at the declared maximum of the memory, else at 2 GiB; the default is
    /// halved as long as the host refuses to grow the memory so far. If the module imports static data, the memory starts
    /// with the lower part and the static data; then `None` means the declared maximum, else 1 GiB.
    pub split: Option<SplitAddress>,
    /// The maximum number of pages of the memory, if linmem defines it or it is split.
    pub max_pages: Option<u32>,
    /// Whether nobody but linmem grows the memory, if linmem defines it: neither the host nor another instance. Its chunk is
    /// then continued by each growth, and the code for further chunks is not needed. If somebody grows the memory after all,
    /// the next growth fails as if there were no memory.
    pub own_memory: bool,
    /// Whether a linked module exports functions by which its host opens regions, allocates and closes them:
    /// `linmem_open`, `linmem_allocate`, `linmem_close` and others. If an allocation of the host is in a region of the
    /// program, closing that region marks the allocation as freed. In the library door, this is the only effect: see
    /// [`ModuleBuilder::export_allocator`](crate::build::ModuleBuilder::export_allocator).
    pub export_allocator: bool,
    /// Whether constants of static data share their bytes.
    pub static_data: StaticData,
    /// How data segments initialize the memory that segments are in, in a module that is linked.
    pub init: Init,
    /// Whether a linked module tells its host where regions are opened and closed, what they contain, and which accesses are
    /// wrong, so that the host can report these with the places of the allocation and of the free. Only for modules that are
    /// linked; the library door rejects it.
    pub trace: bool,
    /// Whether a module of the library door stores the errno of its last lifted call, for `wasi.last_errno`. A linked
    /// module does if it imports `wasi.last_errno`.
    pub last_errno: bool,
    /// The name of the file that the module was read from, for places in a module that is given as text.
    pub file: Option<String>,
    /// Which names the module has in its name section.
    pub name_section: NameSection,
    /// The names that a program can import, including aliases and host functions.
    pub names: Names,
}

impl Config {
    /// The safety level for segments of this representation.
    pub fn safety_of(&self, representation: Representation) -> Safety {
        let default = if representation.carries_size() { Safety::Spatial } else { Safety::None };
        self.safety.unwrap_or(default)
    }

    /// Rejects `own_memory` where linmem does not define the memory.
    pub(crate) fn check_not_own(&self, owner: &str) -> Result<(), Error> {
        if self.own_memory { Err(Error::option(Setting::own_memory(), owner)) } else { Ok(()) }
    }

    /// Rejects options that segments of this representation do not support, instead of ignoring them.
    ///
    /// # Errors
    ///
    /// [`Error::Option`] names the first such option and the reason.
    pub fn check(&self, representation: Representation) -> Result<(), Error> {
        let is_reference = matches!(representation, Representation::Reference { .. });
        if self.safety == Some(Safety::Spatial) && !representation.carries_size() {
            let message = format!(
                "a segment declared as {representation} does not carry its size; declare segments as i64 or as references"
            );
            return Err(Error::option(Setting::safety(Safety::Spatial), message));
        }
        if self.sealed && !is_reference {
            let message =
                format!("arithmetic can create a segment declared as {representation}; declare segments as references");
            return Err(Error::option(Setting::sealed(), message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_parses_its_display() {
        assert_eq!("1024".parse(), Ok(Base::Address(1024)));
        assert_eq!("0x10000".parse(), Ok(Base::Address(65536)));
        assert_eq!("global:__heap_base".parse(), Ok(Base::Global("__heap_base".into())));
        assert!("4294967296".parse::<Base>().is_err());
        assert!("-1".parse::<Base>().is_err());
    }

    #[test]
    fn share_round_trips() {
        for text in ["split", "trust", "allocator:malloc", "allocator:__new,__pin"] {
            assert_eq!(text.parse::<Share>().map(|share| share.to_string()), Ok(text.to_string()));
        }
        for text in ["", "allocator", "allocator:", "allocator:a,", "allocator:,a", "splits"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }

    #[test]
    fn splits_are_multiples_of_the_page_size() {
        for (text, pages) in [("65536", 1), ("64KiB", 1), ("1MiB", 16), ("2GiB", 32768), ("4294836224", 65534)] {
            let split = text.parse::<SplitAddress>();
            assert_eq!(split.as_ref().map(|split| split.pages()), Ok(pages), "{text}");
            assert_eq!(split.map(|split| split.to_string().parse()), Ok(Ok(SplitAddress { pages })));
        }
        for text in ["", "0", "1", "4GiB", "65535", "-65536", "64 KiB", "99999999999999999999GiB", "4294901760"] {
            assert!(text.parse::<SplitAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn unsupported_options_of_representation_are_rejected() {
        assert_eq!(Config::default().check(Representation::Address), Ok(()));
        let asked = Config { safety: Some(Safety::Spatial), ..Config::default() };
        let refused = asked.check(Representation::Address).map_err(|error| error.to_string());
        assert!(refused.is_err_and(|text| text.starts_with("`safety = spatial`: a segment declared as i32")));
        assert_eq!(asked.check(Representation::Packed), Ok(()));
        let sealed = Config { sealed: true, ..Config::default() };
        assert!(sealed.check(Representation::Packed).is_err());
        assert_eq!(sealed.check(Representation::ALL[2]), Ok(()));
    }
}
