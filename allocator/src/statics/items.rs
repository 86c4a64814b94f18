//! What is planned: items, and the options of a plan.

use crate::layout::Address;
use crate::width::Width;

/// The contents of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents<'a> {
    /// A constant.
    Bytes(&'a [u8]),
    /// A reservation: memory that is zero at first.
    Zeros {
        /// Its name. Reservations of the same name and size are one reservation.
        name: &'a str,
        /// Its size in bytes.
        size: u64,
    },
}

/// A constant or a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Its contents.
    pub contents: Contents<'a>,
    /// The alignment of its address: a power of two up to 65536.
    pub alignment: u64,
    /// Its address, if that is fixed. A constant at a fixed address does not share its bytes.
    pub address: Option<Address>,
}

impl Item<'_> {
    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        match self.contents {
            Contents::Bytes(bytes) => bytes.len() as u64,
            Contents::Zeros { size, .. } => size,
        }
    }
}

/// Whether constants share bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// Equal constants and suffixes share their bytes, so that a program must not write to them.
    #[default]
    Shared,
    /// Each constant has its own bytes.
    Unshared,
}

/// The size in bytes below which wasmtime maps an image however little of it is data, by default: its option
/// `memory_guaranteed_dense_image_size`.
pub const ALLOWANCE: u64 = 16 << 20;

/// Where static data goes, and how it is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The width of the memory's addresses.
    pub width: Width,
    /// The index of the memory, which the size of a data segment depends on.
    pub memory: u32,
    /// The first address that an item can have.
    pub base: Address,
    /// The address at which the last item must end. It is at most the largest pointer, so that the end of each item is
    /// an address.
    pub limit: Address,
    /// Whether constants share bytes.
    pub sharing: Sharing,
    /// The size in bytes below which the engine maps an image however little of it is data.
    pub allowance: u64,
}

impl Options {
    /// Shared constants from `base` to `limit` in the first memory, for wasmtime's default allowance.
    pub const fn new(width: Width, base: Address, limit: Address) -> Options {
        Options { width, memory: 0, base, limit, sharing: Sharing::Shared, allowance: ALLOWANCE }
    }
}
