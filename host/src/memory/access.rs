//! Typed reads and writes.
//!
//! The bytes of a guest are little-endian on every host. Scalars are converted. Records and their arrays are types of
//! [`zerocopy`] that are [`Unaligned`]: their fields are bytes, or integers and floats of [`zerocopy::little_endian`], which
//! convert when they are used. `u32` itself is not `Unaligned`, so that a record with the byte order or the padding of the
//! host is rejected when it is compiled. (A `#[repr(C, packed)]` record is not; its fields have the byte order of the host.)

use super::address::Address;
use super::error::Error;
use super::guest::GuestMemory;
use super::segment::Segment;
use wasmtime::{AsContext, AsContextMut, StoreContext};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// A number that a memory contains in little-endian form.
pub trait Scalar: Copy + sealed::Sealed {
    /// Its bytes.
    #[doc(hidden)]
    type Bytes: AsRef<[u8]> + AsMut<[u8]> + Default;
    #[doc(hidden)]
    fn from_bytes(bytes: Self::Bytes) -> Self;
    #[doc(hidden)]
    fn to_bytes(self) -> Self::Bytes;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! scalars {
    ($($ty:ident)*) => {$(
        impl sealed::Sealed for $ty {}
        impl Scalar for $ty {
            type Bytes = [u8; size_of::<$ty>()];
            fn from_bytes(bytes: Self::Bytes) -> Self {
                $ty::from_le_bytes(bytes)
            }
            fn to_bytes(self) -> Self::Bytes {
                self.to_le_bytes()
            }
        }
    )*};
}

scalars!(u8 i8 u16 i16 u32 i32 u64 i64 u128 i128 f32 f64);

/// The number of bytes of an array.
fn bytes_of<R>(count: u64) -> u64 {
    count.saturating_mul(size_of::<R>() as u64)
}

impl GuestMemory {
    /// Reads a scalar.
    ///
    /// # Errors
    ///
    /// If it is not inside the memory.
    pub fn read<S: Scalar>(&self, store: impl AsContext, address: impl Address) -> Result<S, Error> {
        let mut bytes = S::Bytes::default();
        self.heap.linear.read(store, address.unsigned(), bytes.as_mut())?;
        Ok(S::from_bytes(bytes))
    }

    /// Writes a scalar.
    ///
    /// # Errors
    ///
    /// If it is not inside the memory.
    pub fn write<S: Scalar>(&self, store: impl AsContextMut, address: impl Address, value: S) -> Result<(), Error> {
        self.heap.linear.write(store, address.unsigned(), value.to_bytes().as_ref())
    }

    /// Reads consecutive scalars.
    ///
    /// # Errors
    ///
    /// If they are not inside the memory.
    pub fn read_scalars<S: Scalar>(
        &self,
        store: impl AsContext,
        address: impl Address,
        count: impl Address,
    ) -> Result<Vec<S>, Error> {
        let bytes = self.read_bytes(store, address, bytes_of::<S>(count.unsigned()))?;
        let scalar = |piece: &[u8]| {
            let mut bytes = S::Bytes::default();
            bytes.as_mut().copy_from_slice(piece);
            S::from_bytes(bytes)
        };
        Ok(bytes.chunks_exact(size_of::<S>()).map(scalar).collect())
    }

    /// Writes consecutive scalars.
    ///
    /// # Errors
    ///
    /// If they are not inside the memory.
    pub fn write_scalars<S: Scalar>(
        &self,
        store: impl AsContextMut,
        address: impl Address,
        values: &[S],
    ) -> Result<(), Error> {
        let mut bytes = Vec::with_capacity(size_of_val(values));
        values.iter().for_each(|value| bytes.extend_from_slice(value.to_bytes().as_ref()));
        self.heap.linear.write(store, address.unsigned(), &bytes)
    }

    /// Copies bytes from the memory.
    ///
    /// # Errors
    ///
    /// If they are not inside the memory.
    pub fn read_bytes(
        &self,
        store: impl AsContext,
        address: impl Address,
        len: impl Address,
    ) -> Result<Vec<u8>, Error> {
        let store = store.as_context();
        let Segment { address, len } = Segment::new(address, len);
        // Before the buffer is made: the guest may have chosen the size.
        self.heap.linear.check(&store, address, len)?;
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
        self.heap.linear.read(store, address, &mut bytes)?;
        Ok(bytes)
    }

    /// Copies bytes to the memory.
    ///
    /// # Errors
    ///
    /// If they are not inside the memory.
    pub fn write_bytes(&self, store: impl AsContextMut, address: impl Address, bytes: &[u8]) -> Result<(), Error> {
        self.heap.linear.write(store, address.unsigned(), bytes)
    }

    /// A record in place.
    ///
    /// # Errors
    ///
    /// If it is not inside the memory, or if the memory is shared.
    pub fn record<'a, R, T>(&self, store: impl Into<StoreContext<'a, T>>, address: impl Address) -> Result<&'a R, Error>
    where
        R: FromBytes + KnownLayout + Immutable + Unaligned,
        T: 'static,
    {
        let (store, address, len) = (store.into(), address.unsigned(), size_of::<R>() as u64);
        let out_of_bounds = Error::OutOfBounds { address, len, size: self.size(&store) };
        R::ref_from_bytes(self.heap.linear.slice(store, address, len)?).map_err(|_| out_of_bounds)
    }

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// If it is not inside the memory.
    pub fn read_record<R: FromBytes + Unaligned>(
        &self,
        store: impl AsContext,
        address: impl Address,
    ) -> Result<R, Error> {
        let (store, address, len) = (store.as_context(), address.unsigned(), size_of::<R>() as u64);
        let out_of_bounds = Error::OutOfBounds { address, len, size: self.size(&store) };
        let record = if self.is_shared() {
            R::read_from_bytes(&self.read_bytes(&store, address, len)?).ok()
        } else {
            R::read_from_bytes(self.heap.linear.slice(&store, address, len)?).ok()
        };
        record.ok_or(out_of_bounds)
    }

    /// Writes a record.
    ///
    /// # Errors
    ///
    /// If it is not inside the memory.
    pub fn write_record<R: IntoBytes + Immutable + Unaligned>(
        &self,
        store: impl AsContextMut,
        address: impl Address,
        record: &R,
    ) -> Result<(), Error> {
        self.heap.linear.write(store, address.unsigned(), record.as_bytes())
    }

    /// Reads consecutive records.
    ///
    /// # Errors
    ///
    /// If they are not inside the memory.
    pub fn read_records<R: FromBytes + Unaligned>(
        &self,
        store: impl AsContext,
        address: impl Address,
        count: impl Address,
    ) -> Result<Vec<R>, Error> {
        const { assert!(size_of::<R>() > 0, "records have at least one byte") }
        let bytes = self.read_bytes(store, address, bytes_of::<R>(count.unsigned()))?;
        Ok(bytes.chunks_exact(size_of::<R>()).filter_map(|piece| R::read_from_bytes(piece).ok()).collect())
    }

    /// Writes consecutive records.
    ///
    /// # Errors
    ///
    /// If they are not inside the memory.
    pub fn write_records<R: IntoBytes + Immutable + Unaligned>(
        &self,
        store: impl AsContextMut,
        address: impl Address,
        records: &[R],
    ) -> Result<(), Error> {
        self.heap.linear.write(store, address.unsigned(), records.as_bytes())
    }
}
