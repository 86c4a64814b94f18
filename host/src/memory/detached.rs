//! Allocations that do not borrow the store.

use super::address::Address;
use super::error::Error;
use super::guest::GuestMemory;
use super::held::Held;
use super::segment::Segment;
use wasmtime::{AsContext, AsContextMut, StoreContext, StoreContextMut, Val};

/// Memory of a guest that the host owns, to be kept in structures, and across calls of asynchronous hosts.
///
/// Each use takes the store, and is checked. When it is dropped, it waits: its bytes are set to zero and it is freed by the next
/// allocation in the memory, or by [`GuestMemory::flush`]. [`Detached::free`] does it at once.
pub struct Detached {
    held: Held<'static>,
}

impl std::fmt::Debug for Detached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detached").field("segment", &self.segment()).finish_non_exhaustive()
    }
}

impl Drop for Detached {
    fn drop(&mut self) {
        self.held.drop_without_store();
    }
}

impl Detached {
    pub(super) fn new(held: Held<'static>) -> Detached {
        Detached { held }
    }

    pub(super) fn take(mut self) -> Held<'static> {
        self.held.take()
    }

    /// The memory that it is in.
    pub fn memory(&self) -> &GuestMemory {
        &self.held.memory
    }

    /// Its address and size, which also convert to arguments of functions.
    pub fn segment(&self) -> Segment {
        self.held.segment()
    }

    /// The allocation in the form that the guest has for it: see [`Allocation::to_val`](super::Allocation::to_val).
    ///
    /// # Errors
    ///
    /// If the address does not fit, or if the guest has freed the allocation.
    pub fn to_val(&self, store: impl AsContextMut) -> Result<Val, Error> {
        self.held.to_val(store)
    }

    /// Its bytes.
    ///
    /// # Errors
    ///
    /// If the memory is shared, or if the guest has freed the allocation.
    pub fn as_slice<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> Result<&'a [u8], Error> {
        self.held.memory.heap.slice(store, &self.held.block)
    }

    /// Its bytes, to be changed.
    ///
    /// # Errors
    ///
    /// If the memory is shared, or if the guest has freed the allocation.
    pub fn as_mut_slice<'a, T: 'static>(
        &mut self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> Result<&'a mut [u8], Error> {
        let store = store.into();
        let Segment { address, len } = self.held.checked(&store)?;
        self.held.memory.slice_mut(store, address, len)
    }

    /// A copy of its bytes, also from a shared memory.
    ///
    /// # Errors
    ///
    /// If a shared memory cannot be copied from, or if the guest has freed the allocation.
    pub fn to_vec(&self, store: impl AsContext) -> Result<Vec<u8>, Error> {
        let Segment { address, len } = self.held.checked(&store)?;
        self.held.memory.read_bytes(store, address, len)
    }

    /// Copies bytes to an offset in the allocation.
    ///
    /// # Errors
    ///
    /// If they do not fit, or if the guest has freed the allocation.
    pub fn write(&mut self, store: impl AsContextMut, offset: impl Address, bytes: &[u8]) -> Result<(), Error> {
        let address = self.held.range(&store, offset.unsigned(), bytes.len() as u64)?;
        self.held.memory.heap.linear.write(store, address, bytes)
    }

    /// Sets its bytes to zero.
    ///
    /// # Errors
    ///
    /// If a shared memory cannot be copied to, or if the guest has freed the allocation.
    pub fn zero(&mut self, store: impl AsContextMut) -> Result<(), Error> {
        let Segment { address, len } = self.held.checked(&store)?;
        self.held.memory.heap.linear.zero(store, address, len)
    }

    /// Frees the allocation.
    ///
    /// # Errors
    ///
    /// If the guest's allocator fails, if a region of the guest prevents it, or if the guest has freed the allocation.
    pub fn free(mut self, mut store: impl AsContextMut) -> Result<(), Error> {
        self.held.free(&mut store.as_context_mut())
    }

    /// Frees the allocation in an asynchronous store.
    ///
    /// # Errors
    ///
    /// If the guest's allocator fails, if a region of the guest prevents it, or if the guest has freed the allocation.
    pub async fn free_async(mut self, mut store: impl AsContextMut<Data: Send>) -> Result<(), Error> {
        self.held.free_async(&mut store.as_context_mut()).await
    }
}
