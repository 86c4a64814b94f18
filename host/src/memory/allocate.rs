//! How allocations are made: of data, of text, of zeroes, from blocks of the guest, and without a borrow of the store.

use super::allocation::Allocation;
use super::detached::Detached;
use super::error::Error;
use super::guest::GuestMemory;
use super::heap::Grow;
use super::held::{Handle, Held, Zero};
use super::linmem::Form;
use super::segment::Segment;
use super::source::Allocator;
use super::state::{Block, Origin};
use super::text::utf16;
use wasmtime::{AsContextMut, StoreContextMut};

/// The alignment of an allocation, unless another one is requested: that of every scalar.
const ALIGNMENT: u64 = 8;

/// The functions that allocate. They exist twice, for `call` and for `call_async`.
macro_rules! allocating {
    ($alloc:ident, $aligned:ident, $reserve:ident, $utf16:ident, $detached:ident, $flush:ident, $allocate:ident,
        $is_async:literal, $about:literal, [$($asynchronous:tt)*], [$($wait:tt)*], [$($send:tt)*]) => {
        /// Allocates memory, and copies the data to it. Its alignment is 8.
        ///
        #[doc = $about]
        ///
        /// # Errors
        ///
        /// If there is no room, if the guest's allocator fails, or if it returns a block that cannot be right.
        pub $($asynchronous)* fn $alloc<'a, T: $($send)* 'static>(
            &'a self,
            store: impl Into<StoreContextMut<'a, T>>,
            data: &[u8],
            grow: Grow,
            zero: Zero,
        ) -> Result<Allocation<'a, T>, Error> {
            self.$aligned(store.into(), data, ALIGNMENT, grow, zero)$($wait)*
        }

        /// Allocates memory at a multiple of an alignment, which is a power of two up to 65536, and copies the data to it.
        ///
        #[doc = $about]
        ///
        /// # Errors
        ///
        /// If there is no room, if the guest's allocator fails, or if it returns a block that cannot be right.
        pub $($asynchronous)* fn $aligned<'a, T: $($send)* 'static>(
            &'a self,
            store: impl Into<StoreContextMut<'a, T>>,
            data: &[u8],
            align: u64,
            grow: Grow,
            zero: Zero,
        ) -> Result<Allocation<'a, T>, Error> {
            let mut store = store.into();
            let block = self.heap.$allocate(&mut store, data.len() as u64, align, grow)$($wait)*?;
            // The owner is made last, in the place of the result, since it is large.
            if let Err(error) = self.heap.linear.write(&mut store, block.address, data) {
                drop(Allocation::new(store, self.held(block, zero, $is_async)));
                return Err(error);
            }
            Ok(Allocation::new(store, self.held(block, zero, $is_async)))
        }

        /// Allocates memory that is filled with zeroes, for the guest to write to.
        ///
        #[doc = $about]
        ///
        /// # Errors
        ///
        /// If there is no room, if the guest's allocator fails, or if it returns a block that cannot be right.
        pub $($asynchronous)* fn $reserve<'a, T: $($send)* 'static>(
            &'a self,
            store: impl Into<StoreContextMut<'a, T>>,
            len: u64,
            align: u64,
            grow: Grow,
            zero: Zero,
        ) -> Result<Allocation<'a, T>, Error> {
            let mut store = store.into();
            let block = self.heap.$allocate(&mut store, len, align, grow)$($wait)*?;
            let mut allocation = Allocation::new(store, self.held(block, zero, $is_async));
            allocation.zero()?;
            Ok(allocation)
        }

        /// Allocates memory, and writes the text to it in UTF-16. (UTF-8 are the bytes of a `str`.)
        ///
        #[doc = $about]
        ///
        /// # Errors
        ///
        /// If there is no room, if the guest's allocator fails, or if it returns a block that cannot be right.
        pub $($asynchronous)* fn $utf16<'a, T: $($send)* 'static>(
            &'a self,
            store: impl Into<StoreContextMut<'a, T>>,
            text: &str,
            grow: Grow,
            zero: Zero,
        ) -> Result<Allocation<'a, T>, Error> {
            self.$alloc(store.into(), &utf16(text), grow, zero)$($wait)*
        }

        /// Allocates memory whose owner does not borrow the store, and copies the data to it.
        ///
        #[doc = $about]
        ///
        /// # Errors
        ///
        /// If there is no room, if the guest's allocator fails, or if it returns a block that cannot be right.
        pub $($asynchronous)* fn $detached<T: $($send)* 'static>(
            &self,
            mut store: impl AsContextMut<Data = T>,
            data: &[u8],
            grow: Grow,
            zero: Zero,
        ) -> Result<Detached, Error> {
            self.$alloc(store.as_context_mut(), data, grow, zero)$($wait)*.map(Allocation::detach)
        }

        /// Frees the memory whose owner was dropped without a store, or that could not call the guest. Every allocation does
        /// this first.
        ///
        #[doc = $about]
        pub $($asynchronous)* fn $flush<T: $($send)* 'static>(&self, mut store: impl AsContextMut<Data = T>) {
            self.heap.$flush(&mut store.as_context_mut())$($wait)*;
        }
    };
}

impl GuestMemory {
    allocating!(
        alloc,
        alloc_aligned,
        reserve,
        alloc_utf16,
        alloc_detached,
        flush,
        allocate,
        false,
        "The guest's allocator is called by `call`.",
        [],
        [],
        []
    );
}

impl GuestMemory {
    allocating!(
        alloc_async, alloc_aligned_async, reserve_async, alloc_utf16_async, alloc_detached_async, flush_async,
        allocate_async, true, "The guest's allocator is called by `call_async`.", [async], [.await], [Send +]
    );
}

impl Detached {
    /// Borrows the store again.
    pub fn attach<'a, T>(self, store: impl Into<StoreContextMut<'a, T>>) -> Allocation<'a, T> {
        Allocation::new(store.into(), self.take())
    }
}

impl GuestMemory {
    #[inline]
    fn held(&self, block: Block, zero: Zero, is_async: bool) -> Held<'_> {
        Held { memory: Handle::Borrowed(self), block, zero, is_async, is_owned: true }
    }

    /// The address that an allocation of this size would have if no memory grows; `None` if there is none, or if the guest's
    /// allocator decides.
    pub fn next_available(&self, len: u64) -> Option<u64> {
        match self.heap.allocator {
            Allocator::Pages | Allocator::CabiRealloc(_) => self.heap.next(len, ALIGNMENT),
            Allocator::Calls(_) | Allocator::Linmem(_) => None,
        }
    }

    /// Allocates memory, copies the data to it, and leaves it to a function of the guest. With `cabi_realloc`, it is a block of
    /// its own, as the callee may free it.
    pub(crate) fn alloc_for_callee<T: 'static>(
        &self,
        mut store: impl AsContextMut<Data = T>,
        data: &[u8],
    ) -> Result<Detached, Error> {
        let mut store = store.as_context_mut();
        let Allocator::CabiRealloc(realloc) = &self.heap.allocator else {
            return self.alloc_detached(&mut store, data, Grow::Allowed, Zero::Never);
        };
        let len = data.len() as u64;
        let start = realloc.call(&mut store, [0, 0, ALIGNMENT, len])?;
        if len > 0 {
            self.heap.accept(&store, realloc.name(), start, len, ALIGNMENT)?;
            self.heap.linear.write(&mut store, start, data)?;
        }
        let origin = Origin::Raw { start, len, align: ALIGNMENT };
        let block = Block { address: start, len, origin, form: Form::Address };
        let held = self.held(block, Zero::Never, false);
        Ok(Detached::new(Held { memory: Handle::Owned(self.clone()), is_owned: false, ..held }))
    }

    /// Takes over a block that a function of the guest allocated for the host, by the allocator that is the source of this
    /// memory. It is freed as an allocation is.
    ///
    /// # Errors
    ///
    /// If the block cannot be right, or if the source cannot free blocks of the guest.
    pub fn adopt<'a, T: 'static>(
        &'a self,
        store: impl Into<StoreContextMut<'a, T>>,
        segment: Segment,
        align: u64,
        zero: Zero,
    ) -> Result<Allocation<'a, T>, Error> {
        self.adopted(store.into(), segment, align, zero, false)
    }

    /// The same for asynchronous stores: the guest's allocator is called by `call_async`. This itself calls nothing.
    ///
    /// # Errors
    ///
    /// If the block cannot be right, or if the source cannot free blocks of the guest.
    pub fn adopt_async<'a, T: Send + 'static>(
        &'a self,
        store: impl Into<StoreContextMut<'a, T>>,
        segment: Segment,
        align: u64,
        zero: Zero,
    ) -> Result<Allocation<'a, T>, Error> {
        self.adopted(store.into(), segment, align, zero, true)
    }

    fn adopted<'a, T: 'static>(
        &'a self,
        store: StoreContextMut<'a, T>,
        segment: Segment,
        align: u64,
        zero: Zero,
        is_async: bool,
    ) -> Result<Allocation<'a, T>, Error> {
        let Allocator::Calls(calls) = &self.heap.allocator else {
            let reason = "the source of this memory does not free blocks of the guest".to_string();
            return Err(Error::Function { name: "free".to_string(), reason });
        };
        let Segment { address, len } = segment;
        if !align.is_power_of_two() {
            return Err(Error::BadAlignment { align });
        }
        let raw_len = len.max(1);
        self.heap.accept(&store, calls.allocate.name(), address, raw_len, align)?;
        let origin = Origin::Raw { start: address, len: raw_len, align };
        let block = Block { address, len, origin, form: Form::Address };
        Ok(Allocation::new(store, self.held(block, zero, is_async)))
    }
}
