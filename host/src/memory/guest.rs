//! The handle of a memory: how it is found, its bytes and its growth.

use super::calls::Exports;
use super::error::Error;
use super::heap::Heap;
use super::linear::Linear;
use super::live::Shared;
use super::shared::Copier;
use super::source::{self, Source};
use std::sync::Arc;
use wasmtime::{AsContext, AsContextMut, Caller, Extern, Instance, StoreContext, StoreContextMut};

/// The name of the memory of a guest, unless another one is given.
const MEMORY: &str = "memory";

/// A memory that an instance exports, with what the host allocated in it.
///
/// Clones are the same memory. As with all handles of wasmtime, every method takes the store of the instance.
///
/// # Panics
///
/// wasmtime panics if a method is called with the store of another instance. Nothing that a guest does causes a panic.
#[derive(Clone)]
pub struct GuestMemory {
    pub(super) heap: Arc<Heap>,
}

impl std::fmt::Debug for GuestMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuestMemory").field("source", &self.source()).finish_non_exhaustive()
    }
}

impl GuestMemory {
    /// The memory that an instance exports as `name`, or as `memory` if there is no name. Allocations come from the first
    /// source that the instance has: see [`Source::Detect`].
    ///
    /// ```
    /// # use linmem_host::{memory::GuestMemory, wasmtime::*};
    /// # fn test(mut store: Store<()>, instance: Instance) -> Result<(), linmem_host::memory::Error> {
    /// let memory = GuestMemory::new(&mut store, &instance, None)?;
    /// let other: Option<GuestMemory> = GuestMemory::new(&mut store, &instance, Some("other")).ok();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such memory: the error lists the exports.
    pub fn new(store: impl AsContextMut, instance: &Instance, name: Option<&str>) -> Result<GuestMemory, Error> {
        GuestMemory::with_source(store, instance, name, &Source::Detect)
    }

    /// The same with a source that the host chooses.
    ///
    /// # Errors
    ///
    /// If there is no such memory, or if the instance does not export the functions of the source.
    pub fn with_source(
        mut store: impl AsContextMut,
        instance: &Instance,
        name: Option<&str>,
        source: &Source,
    ) -> Result<GuestMemory, Error> {
        let exports = instance.exports(&mut store).map(|export| (export.name().to_string(), export.into_extern()));
        let exports = exports.collect();
        GuestMemory::from_exports(store, &exports, name.unwrap_or(MEMORY), source)
    }

    /// The memory of the guest that calls a function of the host.
    ///
    /// # Errors
    ///
    /// If there is no such memory, or if the caller does not export the functions of the source.
    pub fn of_caller<T: 'static>(
        caller: &mut Caller<'_, T>,
        name: Option<&str>,
        source: &Source,
    ) -> Result<GuestMemory, Error> {
        let name = name.unwrap_or(MEMORY);
        let mut names = vec![name];
        for known in source::names() {
            names.push(known);
        }
        if let Source::Exports { allocate, free } = source {
            names.extend([&allocate[..], free]);
        }
        let export = |name: &str| caller.get_export(name).map(|export| (name.to_string(), export));
        let exports = names.into_iter().filter_map(export).collect();
        GuestMemory::from_exports(caller, &exports, name, source).map_err(|error| match error {
            Error::NoMemory { name, exports } => Error::NoMemoryOfCaller { name, exports },
            other => other,
        })
    }

    fn from_exports(
        store: impl AsContextMut,
        exports: &Exports,
        name: &str,
        source: &Source,
    ) -> Result<GuestMemory, Error> {
        let linear = match exports.get(name) {
            Some(Extern::Memory(memory)) => Linear::Unshared(*memory),
            Some(Extern::SharedMemory(memory)) => {
                let copier = Copier::new(store.as_context().engine(), memory)?;
                Linear::Shared(memory.clone(), Arc::new(copier))
            }
            _ => return Err(Error::NoMemory { name: name.to_string(), exports: listed(exports) }),
        };
        let is_64 = linear.is_64(&store);
        let allocator = source.resolve(&store, exports, is_64)?;
        let shared = Arc::new(Shared::new(matches!(linear, Linear::Unshared(_))));
        Ok(GuestMemory { heap: Arc::new(Heap::new(linear, is_64, allocator, shared)) })
    }

    /// The same memory with another source. What one of them allocated is known to the other, so that neither accepts a block
    /// that overlaps a live one of the other.
    ///
    /// # Errors
    ///
    /// If the instance does not export the functions of the source.
    pub fn and_source(
        &self,
        mut store: impl AsContextMut,
        instance: &Instance,
        source: &Source,
    ) -> Result<GuestMemory, Error> {
        let exports = instance.exports(&mut store).map(|export| (export.name().to_string(), export.into_extern()));
        let exports = exports.collect();
        let Heap { linear, is_64, shared, .. } = &*self.heap;
        let allocator = source.resolve(&store, &exports, *is_64)?;
        Ok(GuestMemory { heap: Arc::new(Heap::new(linear.clone(), *is_64, allocator, Arc::<Shared>::clone(shared))) })
    }

    /// Where allocations come from: never [`Source::Detect`].
    pub fn source(&self) -> Source {
        self.heap.allocator.source()
    }

    /// Whether addresses have 64 bits.
    pub fn is_64(&self) -> bool {
        self.heap.is_64
    }

    /// Whether other threads can change the bytes, so that they can be copied, but not borrowed.
    pub fn is_shared(&self) -> bool {
        matches!(self.heap.linear, Linear::Shared(..))
    }

    /// The size of the memory in bytes.
    pub fn size(&self, store: impl AsContext) -> u64 {
        self.heap.linear.size(store)
    }

    /// All bytes of the memory.
    ///
    /// # Errors
    ///
    /// If the memory is shared.
    pub fn as_slice<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> Result<&'a [u8], Error> {
        let store = store.into();
        let size = self.size(&store);
        self.heap.linear.slice(store, 0, size)
    }

    /// All bytes of the memory, to be changed.
    ///
    /// # Errors
    ///
    /// If the memory is shared.
    pub fn as_mut_slice<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> Result<&'a mut [u8], Error> {
        let store = store.into();
        let size = self.size(&store);
        self.heap.linear.slice_mut(store, 0, size)
    }

    /// Some bytes of the memory.
    ///
    /// # Errors
    ///
    /// If the range is not inside the memory, or if the memory is shared.
    pub fn slice<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
        address: u64,
        len: u64,
    ) -> Result<&'a [u8], Error> {
        self.heap.linear.slice(store, address, len)
    }

    /// Some bytes of the memory, to be changed.
    ///
    /// # Errors
    ///
    /// If the range is not inside the memory, or if the memory is shared.
    pub fn slice_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
        address: u64,
        len: u64,
    ) -> Result<&'a mut [u8], Error> {
        self.heap.linear.slice_mut(store, address, len)
    }

    /// Grows the memory by pages, and returns the address of the first new byte. The pages do not become a source of
    /// allocations.
    ///
    /// # Errors
    ///
    /// If the memory cannot be grown.
    pub fn grow(&self, mut store: impl AsContextMut, pages: u64) -> Result<u64, Error> {
        self.heap.linear.grow(&mut store.as_context_mut(), pages)
    }

    /// Grows the memory by as many pages as are needed for this many bytes, and returns the address of the first new byte.
    ///
    /// # Errors
    ///
    /// If the memory cannot be grown.
    pub fn grow_by_bytes(&self, mut store: impl AsContextMut, bytes: u64) -> Result<u64, Error> {
        let pages = self.heap.linear.pages(&store, bytes);
        self.heap.linear.grow(&mut store.as_context_mut(), pages)
    }

    /// The same as [`GuestMemory::grow`], for stores whose limiter is asynchronous.
    ///
    /// # Errors
    ///
    /// If the memory cannot be grown.
    pub async fn grow_async(&self, mut store: impl AsContextMut<Data: Send>, pages: u64) -> Result<u64, Error> {
        self.heap.linear.grow_async(&mut store.as_context_mut(), pages).await
    }

    /// The last error of a free that could not be returned, because it happened when an owner was dropped.
    pub fn last_error(&self) -> Option<Error> {
        self.heap.shared.lock().state.last_error().cloned()
    }

    /// The errors that could not be returned, the oldest first; the last 64 of them are kept. Afterwards there are none.
    pub fn take_errors(&self) -> Vec<Error> {
        self.heap.shared.lock().state.take_errors()
    }
}

/// The names of the exports. Those of memories come first.
fn listed(exports: &Exports) -> Vec<String> {
    let is_memory = |export: &Extern| matches!(export, Extern::Memory(_) | Extern::SharedMemory(_));
    let (memories, others): (Vec<_>, Vec<_>) = exports.iter().partition(|(_, export)| is_memory(export));
    let memories = memories.into_iter().map(|(name, _)| format!("the memory `{name}`"));
    memories.chain(others.into_iter().map(|(name, _)| format!("`{name}`"))).collect()
}
