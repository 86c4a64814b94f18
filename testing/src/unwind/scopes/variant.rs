//! The configurations of the modules of the library door.

use linmem::{Config, Nesting, Optimize, OutOfMemory, Representation, Safety, StaticFrames, Unwind, Zero};

/// The number of variants: every nesting policy at every safety level in every zeroing mode, with exceptions that close
/// regions and without.
pub const VARIANTS: usize = 54;

/// A configuration, and the representation of segments.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) config: Config,
    pub(super) representation: Representation,
}

impl Variant {
    /// The variant of a module. The other options alternate, as does the representation among those that the safety level
    /// allows.
    pub(super) fn of(number: usize) -> Variant {
        let (safety, unwind, zero, nesting) = (number % 3, number / 3 % 2, number / 6 % 3, number / 18 % 3);
        let turn = number / VARIANTS;
        let config = Config::new()
            .with_safety(Safety::ALL[safety])
            .with_nesting(Nesting::ALL[nesting])
            .with_zero(Zero::ALL[zero])
            .with_unwind(Unwind::ALL[unwind])
            .with_optimize(if (turn + number).is_multiple_of(2) { Optimize::Speed } else { Optimize::Size })
            .with_out_of_memory(OutOfMemory::ALL[(turn + number / 2) % 2])
            .with_static_frames(if turn.is_multiple_of(2) { StaticFrames::Off } else { StaticFrames::On });
        let allowed = |representation: &&Representation| config.check(**representation).is_ok();
        let representations: Vec<Representation> = Representation::ALL.iter().filter(allowed).copied().collect();
        let representation = representations[(number / 3 + 3 * turn) % representations.len()];
        Variant { config, representation }
    }

    pub(super) fn nesting(&self) -> Nesting {
        self.config.nesting
    }

    pub(super) fn releases(&self) -> bool {
        self.config.unwind == Some(Unwind::Release)
    }

    /// Whether an exception of a callee may leave scopes although it does not close their regions. Where regions nest, they
    /// are then freed with a region around them, which is a violation if regions are checked.
    pub(super) fn may_leave_open(&self) -> bool {
        let is_checked = self.config.safety == Some(Safety::Temporal);
        match self.nesting() {
            Nesting::Outermost => true,
            Nesting::Stack => !is_checked,
            Nesting::Forbid => false,
        }
    }
}
