//! Why static data cannot be planned.

use crate::layout::{Address, MAX_ALIGNMENT};
use std::fmt;

/// An item in messages: its number, and its name if it is a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The position of the item.
    pub item: usize,
    /// The name of a reservation.
    pub name: Option<String>,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "item {}, reservation `{name}`", self.item),
            None => write!(f, "item {}", self.item),
        }
    }
}

/// Why static data cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The base or the limit is not valid.
    #[error("static data cannot be placed from address {base} to address {limit}")]
    Area {
        /// The base.
        base: Address,
        /// The limit.
        limit: Address,
    },
    /// An alignment is not valid.
    #[error("{item}: alignment {alignment} is not a power of two up to {MAX_ALIGNMENT}")]
    Alignment {
        /// The item.
        item: Label,
        /// The alignment.
        alignment: u64,
    },
    /// A fixed address is not a multiple of its alignment.
    #[error("{item}: address {address} is not a multiple of the alignment {alignment}")]
    Misaligned {
        /// The item.
        item: Label,
        /// The address.
        address: Address,
        /// The alignment.
        alignment: u64,
    },
    /// A fixed address is below the base.
    #[error("{item}: address {address} is below the base, {base}")]
    BelowBase {
        /// The item.
        item: Label,
        /// The address.
        address: Address,
        /// The base.
        base: Address,
    },
    /// The sum of a fixed address and a size is not a number of 64 bits.
    #[error("{item}: {size} bytes at address {address} exceed the address space")]
    Overflow {
        /// The item.
        item: Label,
        /// The address.
        address: Address,
        /// The size in bytes.
        size: u64,
    },
    /// An item at a fixed address ends above the limit.
    #[error("{item}: {size} bytes at address {address} end above {limit}, where static data must end")]
    AboveLimit {
        /// The item.
        item: Label,
        /// The address.
        address: Address,
        /// The size in bytes.
        size: u64,
        /// The limit.
        limit: Address,
    },
    /// No room is left for an item.
    #[error("{item}: no room is left for {size} bytes below {limit}, where static data must end")]
    NoRoom {
        /// The item.
        item: Label,
        /// The size in bytes.
        size: u64,
        /// The limit.
        limit: Address,
    },
    /// Two items at fixed addresses overlap.
    #[error("{second} at address {address} overlaps {first}, which ends at {end}")]
    Overlap {
        /// The item at the lower address.
        first: Label,
        /// Where it ends.
        end: Address,
        /// The item at the higher address.
        second: Label,
        /// Where it starts.
        address: Address,
    },
    /// One name is reserved with two sizes.
    #[error("{item}: the name is reserved with {size} bytes here, but with {other} bytes by item {earlier}")]
    TwoSizes {
        /// The later item.
        item: Label,
        /// Its size in bytes.
        size: u64,
        /// The position of the earlier item.
        earlier: usize,
        /// Its size in bytes.
        other: u64,
    },
    /// One name is reserved at two addresses.
    #[error("{item}: the name is reserved at address {address} here, but at {other} by item {earlier}")]
    TwoAddresses {
        /// The later item.
        item: Label,
        /// Its address.
        address: Address,
        /// The position of the earlier item.
        earlier: usize,
        /// Its address.
        other: Address,
    },
}
