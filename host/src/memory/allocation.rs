//! Allocations that borrow the store.

use super::address::Address;
use super::detached::Detached;
use super::error::Error;
use super::guest::GuestMemory;
use super::held::Held;
use super::segment::Segment;
use wasmtime::{AsContext, AsContextMut, StoreContext, StoreContextMut, Val};

/// Memory of a guest that the host owns, until this value goes out of scope.
///
/// It borrows the store, and takes its place: it is an [`AsContextMut`], so that functions are called and other memory is
/// allocated through it. Therefore, allocations end in the reverse of the order in which they were made. When one is dropped,
/// its bytes are set to zero and it is freed, also if a call trapped. An error of that is kept:
/// [`GuestMemory::last_error`] and [`GuestMemory::take_errors`].
///
/// If it is leaked (by `mem::forget`), its memory stays allocated.
pub struct Allocation<'a, T: 'static> {
    store: StoreContextMut<'a, T>,
    held: Held<'a>,
}

impl<T> std::fmt::Debug for Allocation<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Allocation").field("segment", &self.segment()).finish_non_exhaustive()
    }
}

impl<T> AsContext for Allocation<'_, T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        self.store.as_context()
    }
}

impl<T> AsContextMut for Allocation<'_, T> {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        self.store.as_context_mut()
    }
}

impl<T> Drop for Allocation<'_, T> {
    fn drop(&mut self) {
        self.held.drop_with(&mut self.store);
    }
}

impl<'a, T> Allocation<'a, T> {
    #[inline]
    pub(super) fn new(store: StoreContextMut<'a, T>, held: Held<'a>) -> Allocation<'a, T> {
        Allocation { store, held }
    }

    /// The memory that it is in.
    pub fn memory(&self) -> &GuestMemory {
        &self.held.memory
    }

    /// Its address in the memory.
    pub fn index(&self) -> u64 {
        self.held.block.address
    }

    /// The number of its bytes.
    pub fn len(&self) -> u64 {
        self.held.block.len
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its address and size.
    pub fn segment(&self) -> Segment {
        self.held.segment()
    }

    /// Its address as the `i32` that a function of a 32-bit memory takes.
    ///
    /// # Errors
    ///
    /// If the address has more than 32 bits.
    #[inline]
    pub fn to_i32(&self) -> Result<i32, Error> {
        self.segment().to_i32()
    }

    /// Its address as the `i64` that a function of a 64-bit memory takes.
    pub fn to_i64(&self) -> i64 {
        self.segment().to_i64()
    }

    /// Its address and size as linmem packs segments into an `i64`.
    ///
    /// # Errors
    ///
    /// If one of them has more than 32 bits.
    pub fn to_packed(&self) -> Result<i64, Error> {
        self.segment().to_packed()
    }

    /// The allocation in the form that the guest has for it: what `linmem_allocate` returned (an address, a packed segment or a
    /// reference), or an address that is as wide as those of the memory.
    ///
    /// # Errors
    ///
    /// If the address does not fit, or if the guest has freed the allocation.
    pub fn to_val(&mut self) -> Result<Val, Error> {
        self.held.to_val(&mut self.store)
    }

    /// Its bytes.
    ///
    /// # Errors
    ///
    /// If the memory is shared, or if the guest has freed the allocation.
    #[inline]
    pub fn as_slice(&self) -> Result<&[u8], Error> {
        self.held.memory.heap.slice(&self.store, &self.held.block)
    }

    /// Its bytes, to be changed.
    ///
    /// # Errors
    ///
    /// If the memory is shared, or if the guest has freed the allocation.
    pub fn as_mut_slice(&mut self) -> Result<&mut [u8], Error> {
        let Segment { address, len } = self.held.checked(&self.store)?;
        self.held.memory.slice_mut(&mut self.store, address, len)
    }

    /// A copy of its bytes, also from a shared memory.
    ///
    /// # Errors
    ///
    /// If a shared memory cannot be copied from, or if the guest has freed the allocation.
    pub fn to_vec(&self) -> Result<Vec<u8>, Error> {
        let Segment { address, len } = self.held.checked(&self.store)?;
        self.held.memory.read_bytes(&self.store, address, len)
    }

    /// Copies bytes to an offset in the allocation.
    ///
    /// # Errors
    ///
    /// If they do not fit, or if the guest has freed the allocation.
    pub fn write(&mut self, offset: impl Address, bytes: &[u8]) -> Result<(), Error> {
        let address = self.held.range(&self.store, offset.unsigned(), bytes.len() as u64)?;
        self.held.memory.heap.linear.write(&mut self.store, address, bytes)
    }

    /// Sets its bytes to zero.
    ///
    /// # Errors
    ///
    /// If a shared memory cannot be copied to, or if the guest has freed the allocation.
    pub fn zero(&mut self) -> Result<(), Error> {
        let Segment { address, len } = self.held.checked(&self.store)?;
        self.held.memory.heap.linear.zero(&mut self.store, address, len)
    }

    /// Frees the allocation now, as dropping it does, and returns the error of that.
    ///
    /// # Errors
    ///
    /// If the guest's allocator fails, if a region of the guest prevents it, or if the guest has freed the allocation.
    pub fn free(mut self) -> Result<(), Error> {
        self.held.free(&mut self.store)
    }

    /// The same for asynchronous stores.
    ///
    /// # Errors
    ///
    /// If the guest's allocator fails.
    pub async fn free_async(mut self) -> Result<(), Error>
    where
        T: Send,
    {
        self.held.free_async(&mut self.store).await
    }

    /// Ends the borrow of the store.
    pub fn detach(mut self) -> Detached {
        Detached::new(self.held.take())
    }
}
