//! A memory of an instance, shared or not: its size, bytes and growth, with checked bounds.

use super::error::Error;
use super::shared::Copier;
use std::sync::Arc;
use wasmtime::{AsContext, AsContextMut, Memory, SharedMemory, StoreContext, StoreContextMut};

/// The handle of a memory.
#[derive(Clone)]
pub(super) enum Linear {
    /// A memory whose bytes can be borrowed.
    Unshared(Memory),
    /// A memory whose bytes can only be copied.
    Shared(SharedMemory, Arc<Copier>),
}

/// The range of an address and a size in a memory of this size.
#[inline]
fn range(address: u64, len: u64, size: u64) -> Result<std::ops::Range<usize>, Error> {
    match address.checked_add(len) {
        Some(end) if end <= size && usize::try_from(end).is_ok() => Ok(address as usize..end as usize),
        _ => Err(Error::OutOfBounds { address, len, size }),
    }
}

impl Linear {
    /// The size in bytes.
    #[inline]
    pub(super) fn size(&self, store: impl AsContext) -> u64 {
        match self {
            // As `data_size`, but compiled into the caller.
            Linear::Unshared(memory) => memory.data(&store).len() as u64,
            Linear::Shared(memory, _) => memory.data_size() as u64,
        }
    }

    /// The size of a page in bytes.
    pub(super) fn page_size(&self, store: impl AsContext) -> u64 {
        match self {
            Linear::Unshared(memory) => memory.page_size(store),
            Linear::Shared(memory, _) => memory.page_size(),
        }
    }

    /// Whether addresses have 64 bits.
    pub(super) fn is_64(&self, store: impl AsContext) -> bool {
        match self {
            Linear::Unshared(memory) => memory.ty(store).is_64(),
            Linear::Shared(memory, _) => memory.ty().is_64(),
        }
    }

    /// Checks that a range is inside the memory.
    pub(super) fn check(&self, store: impl AsContext, address: u64, len: u64) -> Result<(), Error> {
        range(address, len, self.size(store)).map(|_| ())
    }

    /// Bytes of the memory, if `is_allowed` says so for all of its bytes.
    #[inline]
    pub(super) fn slice_if<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
        address: u64,
        len: u64,
        is_allowed: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Option<&'a [u8]>, Error> {
        let Linear::Unshared(memory) = self else { return Err(Error::Shared) };
        let data = memory.data(store);
        if !is_allowed(data) {
            return Ok(None);
        }
        let size = data.len() as u64;
        data.get(range(address, len, size)?).map(Some).ok_or_else(|| Error::OutOfBounds { address, len, size })
    }

    #[inline]
    pub(super) fn slice<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
        address: u64,
        len: u64,
    ) -> Result<&'a [u8], Error> {
        let Linear::Unshared(memory) = self else { return Err(Error::Shared) };
        let data = memory.data(store);
        let size = data.len() as u64;
        data.get(range(address, len, size)?).ok_or_else(|| Error::OutOfBounds { address, len, size })
    }

    #[inline]
    pub(super) fn slice_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
        address: u64,
        len: u64,
    ) -> Result<&'a mut [u8], Error> {
        let Linear::Unshared(memory) = self else { return Err(Error::Shared) };
        let data = memory.data_mut(store);
        let size = data.len() as u64;
        data.get_mut(range(address, len, size)?).ok_or_else(|| Error::OutOfBounds { address, len, size })
    }

    /// Copies bytes of the memory into a buffer.
    #[inline]
    pub(super) fn read(&self, store: impl AsContext, address: u64, buffer: &mut [u8]) -> Result<(), Error> {
        match self {
            Linear::Unshared(_) => {
                let store = store.as_context();
                buffer.copy_from_slice(self.slice(store, address, buffer.len() as u64)?);
                Ok(())
            }
            Linear::Shared(_, copier) => {
                self.check(store, address, buffer.len() as u64)?;
                copier.read(address, buffer)
            }
        }
    }

    /// Copies bytes into the memory.
    #[inline]
    pub(super) fn write(&self, mut store: impl AsContextMut, address: u64, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Linear::Unshared(_) => {
                let store = store.as_context_mut();
                self.slice_mut(store, address, bytes.len() as u64)?.copy_from_slice(bytes);
                Ok(())
            }
            Linear::Shared(_, copier) => {
                self.check(store, address, bytes.len() as u64)?;
                copier.write(address, bytes)
            }
        }
    }

    /// Sets bytes of the memory to zero.
    #[inline]
    pub(super) fn zero(&self, mut store: impl AsContextMut, address: u64, len: u64) -> Result<(), Error> {
        match self {
            Linear::Unshared(_) => {
                let store = store.as_context_mut();
                self.slice_mut(store, address, len)?.fill(0);
                Ok(())
            }
            Linear::Shared(_, copier) => {
                self.check(store, address, len)?;
                const ZEROES: [u8; 4096] = [0; 4096];
                let mut done = 0;
                while done < len {
                    let piece = ZEROES.len().min(usize::try_from(len - done).unwrap_or(usize::MAX));
                    copier.write(address + done, ZEROES.get(..piece).unwrap_or_default())?;
                    done += piece as u64;
                }
                Ok(())
            }
        }
    }

    /// The number of pages that hold this many bytes.
    pub(super) fn pages(&self, store: impl AsContext, bytes: u64) -> u64 {
        bytes.div_ceil(self.page_size(store))
    }

    /// Grows the memory, and returns the address of the first new byte.
    pub(super) fn grow<T: 'static>(&self, store: &mut StoreContextMut<'_, T>, pages: u64) -> Result<u64, Error> {
        let (size, page_size) = (self.size(&mut *store), self.page_size(&mut *store));
        let grown = match self {
            Linear::Unshared(memory) => memory.grow(store, pages),
            Linear::Shared(memory, _) => memory.grow(pages),
        };
        grown_at(grown, page_size, pages, size)
    }

    /// The same for stores whose limiter is asynchronous.
    pub(super) async fn grow_async<T: Send + 'static>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        pages: u64,
    ) -> Result<u64, Error> {
        let (size, page_size) = (self.size(&mut *store), self.page_size(&mut *store));
        let grown = match self {
            Linear::Unshared(memory) => memory.grow_async(store, pages).await,
            Linear::Shared(memory, _) => memory.grow(pages),
        };
        grown_at(grown, page_size, pages, size)
    }
}

/// The address of the first new byte.
fn grown_at(grown: wasmtime::Result<u64>, page_size: u64, pages: u64, size: u64) -> Result<u64, Error> {
    let not_grown = |reason| Error::NotGrown { pages, size, reason };
    let old = grown.map_err(|error| not_grown(error.root_cause().to_string()))?;
    old.checked_mul(page_size).ok_or_else(|| not_grown("the memory is too large".to_string()))
}
