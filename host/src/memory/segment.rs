//! Segments: an address and a size.

use super::address::Address;
use super::error::Error;
use wasmtime::Val;

/// An address and a size in bytes. Whether it is inside a memory is checked where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The address of the first byte.
    pub address: u64,
    /// The number of bytes.
    pub len: u64,
}

impl Segment {
    /// A segment from numbers of a guest.
    pub fn new(address: impl Address, len: impl Address) -> Segment {
        Segment { address: address.unsigned(), len: len.unsigned() }
    }

    /// The segment that linmem packs into an `i64`: the address in the low 32 bits, the size in the high 32 bits.
    pub fn unpack(packed: i64) -> Segment {
        let bits = packed.cast_unsigned();
        Segment { address: bits & u64::from(u32::MAX), len: bits >> 32 }
    }

    /// The segment packed into an `i64`.
    ///
    /// # Errors
    ///
    /// If the address or the size has more than 32 bits.
    pub fn to_packed(self) -> Result<i64, Error> {
        Ok((i64::from(narrow(self.len)?) << 32) | i64::from(narrow(self.address)?))
    }

    /// The address as the `i32` that a function of a 32-bit memory takes.
    ///
    /// # Errors
    ///
    /// If the address has more than 32 bits.
    #[inline]
    pub fn to_i32(self) -> Result<i32, Error> {
        narrow(self.address).map(u32::cast_signed)
    }

    /// The address as the `i64` that a function of a 64-bit memory takes.
    pub fn to_i64(self) -> i64 {
        self.address.cast_signed()
    }

    /// The size as an `i32`.
    ///
    /// # Errors
    ///
    /// If the size has more than 32 bits.
    pub fn len_i32(self) -> Result<i32, Error> {
        narrow(self.len).map(u32::cast_signed)
    }

    /// The address as a value of the type that an address has.
    pub(super) fn to_val(self, is_64: bool) -> Result<Val, Error> {
        if is_64 { Ok(Val::I64(self.to_i64())) } else { self.to_i32().map(Val::I32) }
    }
}

#[inline]
fn narrow(value: u64) -> Result<u32, Error> {
    u32::try_from(value).map_err(|_| Error::TooLarge { value, bits: 32 })
}
