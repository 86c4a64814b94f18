//! A set of regions of one function.

use std::ops::{BitAnd, BitOr, BitOrAssign, Sub, SubAssign};

/// A region: the position of its origin in [`Graph::regions`](super::graph::Graph::regions).
pub(super) type Region = u8;

/// The number of regions of a function that are tracked. Further regions are not analysed.
pub(super) const MAX_REGIONS: usize = 64;

/// A set of regions, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Regions(u64);

impl Regions {
    pub(super) const NONE: Regions = Regions(0);

    pub(super) fn of(region: Region) -> Regions {
        Regions(1_u64.checked_shl(u32::from(region)).unwrap_or(0))
    }

    pub(super) fn is_empty(self) -> bool {
        self == Regions::NONE
    }

    pub(super) fn contains(self, region: Region) -> bool {
        !(self & Regions::of(region)).is_empty()
    }

    /// The first region.
    pub(super) fn first(self) -> Option<Region> {
        (!self.is_empty()).then(|| self.0.trailing_zeros() as Region)
    }

    /// The only region, if there is exactly one.
    pub(super) fn single(self) -> Option<Region> {
        if self.0.is_power_of_two() { self.first() } else { None }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Region> {
        (0..MAX_REGIONS as Region).filter(move |region| self.contains(*region))
    }
}

impl BitAnd for Regions {
    type Output = Regions;

    fn bitand(self, other: Regions) -> Regions {
        Regions(self.0 & other.0)
    }
}

impl BitOr for Regions {
    type Output = Regions;

    fn bitor(self, other: Regions) -> Regions {
        Regions(self.0 | other.0)
    }
}

impl BitOrAssign for Regions {
    fn bitor_assign(&mut self, other: Regions) {
        self.0 |= other.0;
    }
}

/// The regions that are not in the other set.
impl Sub for Regions {
    type Output = Regions;

    fn sub(self, other: Regions) -> Regions {
        Regions(self.0 & !other.0)
    }
}

impl SubAssign for Regions {
    fn sub_assign(&mut self, other: Regions) {
        self.0 &= !other.0;
    }
}
