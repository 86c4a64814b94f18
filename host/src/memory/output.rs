//! What functions of a guest return: segments, packed segments, strings that end with NUL, and lists.
//!
//! All of them are checked to be inside the memory. [`GuestMemory::adopt`](super::GuestMemory::adopt) makes a block that the
//! guest hands over an allocation of the host.

use super::address::Address;
use super::error::Error;
use super::guest::GuestMemory;
use super::segment::Segment;
use wasmtime::AsContext;

/// The number of bytes of a shared memory that are searched at once.
const PIECE: usize = 4096;

impl GuestMemory {
    /// The bytes that a function of the guest returned as an address and a size.
    ///
    /// # Errors
    ///
    /// If the range is not inside the memory.
    pub fn get_output(
        &self,
        store: impl AsContext,
        address: impl Address,
        len: impl Address,
    ) -> Result<Segment, Error> {
        let segment = Segment::new(address, len);
        self.heap.linear.check(store, segment.address, segment.len)?;
        Ok(segment)
    }

    /// The segment that a function of the guest returned as a packed `i64`.
    ///
    /// # Errors
    ///
    /// If the range is not inside the memory.
    pub fn get_packed_output(&self, store: impl AsContext, packed: i64) -> Result<Segment, Error> {
        let Segment { address, len } = Segment::unpack(packed);
        self.get_output(store, address, len)
    }

    /// The string that ends before the first NUL.
    ///
    /// # Errors
    ///
    /// If there is no NUL before the end of the memory.
    pub fn get_nul_output(&self, store: impl AsContext, address: impl Address) -> Result<Segment, Error> {
        let (store, address) = (store.as_context(), address.unsigned());
        let size = self.size(&store);
        let searched = size.checked_sub(address).ok_or(Error::OutOfBounds { address, len: 1, size })?;
        let position = if self.is_shared() {
            let mut piece = [0; PIECE];
            let mut found = None;
            for start in (0..searched).step_by(PIECE) {
                let len = piece.len().min(usize::try_from(searched - start).unwrap_or(PIECE));
                let piece = piece.get_mut(..len).unwrap_or_default();
                self.heap.linear.read(&store, address + start, piece)?;
                found = piece.iter().position(|byte| *byte == 0).map(|position| start + position as u64);
                if found.is_some() {
                    break;
                }
            }
            found
        } else {
            let bytes = self.heap.linear.slice(&store, address, searched)?;
            bytes.iter().position(|byte| *byte == 0).map(|position| position as u64)
        };
        position.map(|len| Segment { address, len }).ok_or(Error::NoNul { address, searched })
    }

    /// The elements of a list whose address and number of elements are stored at an address, as the canonical ABI returns
    /// lists and strings. Both have the width of an address of this memory.
    ///
    /// # Errors
    ///
    /// If the pair or the elements are not inside the memory.
    pub fn get_list_output(
        &self,
        store: impl AsContext,
        pair: impl Address,
        element_size: u64,
    ) -> Result<Segment, Error> {
        let (store, pair) = (store.as_context(), pair.unsigned());
        let (address, count) = if self.is_64() {
            let [address, count] = self.read_pair::<u64>(&store, pair)?;
            (address, count)
        } else {
            let [address, count] = self.read_pair::<u32>(&store, pair)?;
            (address.into(), count.into())
        };
        let len = count.checked_mul(element_size);
        let len = len.ok_or_else(|| Error::OutOfBounds { address, len: u64::MAX, size: self.size(&store) })?;
        self.get_output(store, address, len)
    }

    fn read_pair<S: super::access::Scalar>(&self, store: impl AsContext, address: u64) -> Result<[S; 2], Error> {
        let store = store.as_context();
        self.heap.linear.check(&store, address, 2 * size_of::<S>() as u64)?;
        Ok([self.read(&store, address)?, self.read(&store, address + size_of::<S>() as u64)?])
    }
}
