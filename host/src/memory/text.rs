//! Strings in the memory of a guest.

use super::address::Address;
use super::error::Error;
use super::guest::GuestMemory;
use super::segment::Segment;
use wasmtime::{AsContext, AsContextMut, StoreContext};

/// The bytes of a string in UTF-16.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn not_utf8(address: u64, len: u64, error: std::str::Utf8Error) -> Error {
    Error::NotUtf8 { address, len, valid: error.valid_up_to() as u64 }
}

impl GuestMemory {
    /// A string in place, in UTF-8.
    ///
    /// # Errors
    ///
    /// If it is not inside the memory or not UTF-8, or if the memory is shared.
    pub fn utf8<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
        address: impl Address,
        len: impl Address,
    ) -> Result<&'a str, Error> {
        let Segment { address, len } = Segment::new(address, len);
        let bytes = self.heap.linear.slice(store, address, len)?;
        std::str::from_utf8(bytes).map_err(|error| not_utf8(address, len, error))
    }

    /// Reads a string in UTF-8.
    ///
    /// # Errors
    ///
    /// If it is not inside the memory or not UTF-8.
    pub fn read_utf8(&self, store: impl AsContext, address: impl Address, len: impl Address) -> Result<String, Error> {
        let bytes = self.read_bytes(store, address, len)?;
        String::from_utf8(bytes).map_err(|error| not_utf8(address.unsigned(), len.unsigned(), error.utf8_error()))
    }

    /// Reads a string in UTF-16, of a number of code units.
    ///
    /// # Errors
    ///
    /// If it is not inside the memory, or if it contains a lone surrogate.
    pub fn read_utf16(
        &self,
        store: impl AsContext,
        address: impl Address,
        units: impl Address,
    ) -> Result<String, Error> {
        let content: Vec<u16> = self.read_scalars(store, address, units)?;
        let (address, units) = (address.unsigned(), units.unsigned());
        String::from_utf16(&content).map_err(|_| Error::NotUtf16 { address, units })
    }

    /// The same, but a lone surrogate becomes U+FFFD.
    ///
    /// # Errors
    ///
    /// If it is not inside the memory.
    pub fn read_utf16_lossy(
        &self,
        store: impl AsContext,
        address: impl Address,
        units: impl Address,
    ) -> Result<String, Error> {
        self.read_scalars(store, address, units).map(|content| String::from_utf16_lossy(&content))
    }

    /// Writes a string in UTF-8, and returns its number of bytes.
    ///
    /// # Errors
    ///
    /// If it is not inside the memory.
    pub fn write_utf8(&self, store: impl AsContextMut, address: impl Address, text: &str) -> Result<u64, Error> {
        self.heap.linear.write(store, address.unsigned(), text.as_bytes())?;
        Ok(text.len() as u64)
    }

    /// Writes a string in UTF-16, and returns its number of code units.
    ///
    /// # Errors
    ///
    /// If it is not inside the memory.
    pub fn write_utf16(&self, store: impl AsContextMut, address: impl Address, text: &str) -> Result<u64, Error> {
        let bytes = utf16(text);
        self.heap.linear.write(store, address.unsigned(), &bytes)?;
        Ok(bytes.len() as u64 / 2)
    }
}
