//! The configurations that programs are linked with.

use linmem::{Config, Optimize, Safety};
use linmem::{Nesting, OutOfMemory, Unwind, Zero};

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
        let config = Config::new()
            .with_safety(Safety::ALL[safety])
            .with_nesting(Nesting::ALL[nesting])
            .with_zero(Zero::ALL[zero])
            .with_unwind(Unwind::Release)
            .with_optimize(if (turn + number).is_multiple_of(2) { Optimize::Speed } else { Optimize::Size })
            .with_out_of_memory(if turn.is_multiple_of(4) { OutOfMemory::Null } else { OutOfMemory::Trap });
        Variant { config, segment: if (turn + number / 3).is_multiple_of(2) { "i64" } else { "anyref" } }
    }
}
