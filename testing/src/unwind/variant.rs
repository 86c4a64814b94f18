//! The configurations that programs are linked with.

use linmem::allocator::{Nesting, OutOfMemory, Unwind, Zero};
use linmem::{Config, Optimize, Safety};

/// How many functions with exceptions a module has.
pub(crate) const FUNCTIONS: usize = 80;

/// A configuration, and the type of segments.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) config: Config,
    pub(crate) segment: &'static str,
}

/// The number of variants: every nesting policy at every safety level in every zeroing mode.
pub const VARIANTS: usize = 27;

impl Variant {
    /// The variant of a module. The other options alternate.
    pub(crate) fn of(number: usize) -> Variant {
        let (safety, nesting, zero) = (number % 3, number / 3 % 3, number / 9 % 3);
        let turn = number / VARIANTS;
        let config = Config {
            safety: Some(Safety::ALL[safety]),
            nesting: Nesting::ALL[nesting],
            zero: Zero::ALL[zero],
            unwind: Unwind::Release,
            optimize: if (turn + number).is_multiple_of(2) { Optimize::Speed } else { Optimize::Size },
            out_of_memory: if turn.is_multiple_of(4) { OutOfMemory::Null } else { OutOfMemory::Trap },
            ..Config::default()
        };
        Variant { config, segment: if (turn + number / 3).is_multiple_of(2) { "i64" } else { "anyref" } }
    }
}
