//! Allocation and freeing of blocks, by the source that a memory has.
//!
//! Nothing that a guest returns is trusted: a block has to be inside the memory, to be aligned, and not to overlap anything that
//! the host holds. A block that fails a check is neither written nor freed, since it may belong to somebody else.

use super::calls::Callee;
use super::error::{Error, Lie};
use super::free_list::rounded;
use super::linear::Linear;
use super::linmem::{ALLOCATE, Form, Linmem, Segment};
use super::source::{Allocator, Calls, Request};
use super::state::{Block, State, Waiting};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::{AsContext, StoreContextMut};

/// Whether an allocation may grow the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grow {
    /// If no free range is large enough, the memory grows.
    Allowed,
    /// If no free range is large enough, the allocation fails.
    Forbidden,
}

/// The largest alignment.
const LARGEST_ALIGNMENT: u64 = 65536;

/// The size and alignment of the chunks that the host requests from `cabi_realloc`, if the allocation needs no more.
const CHUNK: u64 = 65536;
const CHUNK_ALIGNMENT: u64 = 8;

/// The memory grows by as much as the host already owns, but by at most this more than needed.
const LARGEST_IN_ADVANCE: u64 = 16 << 20;

/// A memory together with a source of room.
pub(super) struct Heap {
    /// Distinguishes the heaps of a memory.
    id: u64,
    pub(super) linear: Linear,
    pub(super) is_64: bool,
    pub(super) allocator: Allocator,
    pub(super) shared: Arc<Shared>,
}

/// What the heaps of a memory share.
#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// The number of blocks that wait to be freed, to be read without the lock.
    waiting: AtomicUsize,
}

impl Shared {
    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The functions that call the guest. They exist twice, for `call` and for `call_async`.
macro_rules! calls {
    ($allocate:ident, $by_calls:ident, $by_region:ident, $by_realloc:ident, $by_pages:ident, $release:ident, $flush:ident,
        $call:ident, $open:ident, $segment:ident, $close:ident, $grow:ident,
        [$($asynchronous:tt)*], [$($wait:tt)*], [$($send:tt)*]) => {
        /// Allocates a block. Blocks that wait to be freed are freed first.
        pub(super) $($asynchronous)* fn $allocate<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            len: u64,
            align: u64,
            grow: Grow,
        ) -> Result<Block, Error> {
            if !align.is_power_of_two() || align > LARGEST_ALIGNMENT {
                return Err(Error::BadAlignment { align });
            }
            if self.shared.waiting.load(Ordering::Relaxed) > 0 {
                self.$flush(store)$($wait)*;
            }
            match &self.allocator {
                Allocator::Calls(calls) => self.$by_calls(store, calls, len, align)$($wait)*,
                Allocator::CabiRealloc(realloc) => self.$by_realloc(store, realloc, len, align)$($wait)*,
                Allocator::Pages => self.$by_pages(store, len, align, grow)$($wait)*,
                Allocator::Linmem(linmem) => {
                    let region = linmem.$open(store)$($wait)*?;
                    let block = self.$by_region(store, linmem, region, len, align)$($wait)*;
                    if block.is_err()
                        && let Err(error) = linmem.$close(store, region)$($wait)*
                    {
                        self.shared.lock().keep(error);
                    }
                    block
                }
            }
        }

        $($asynchronous)* fn $by_calls<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            calls: &Calls,
            len: u64,
            align: u64,
        ) -> Result<Block, Error> {
            let Request { arguments, len: raw_len, align: raw_align } = calls.request(len.max(1), align)?;
            let raw = calls.allocate.$call(store, arguments)$($wait)*?;
            self.accept(&mut *store, calls.allocate.name(), raw, raw_len, raw_align)?;
            if let Some(pin) = &calls.pin
                && let Err(error) = pin.$call(store, [raw, 0, 0, 0])$($wait)*
            {
                self.shared.lock().remove_live(raw);
                return Err(error);
            }
            let address = raw.next_multiple_of(align);
            Ok(Block { address, len, raw, raw_len, align: raw_align, region: None, form: Form::Address })
        }

        $($asynchronous)* fn $by_region<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            linmem: &Linmem,
            handle: u32,
            len: u64,
            align: u64,
        ) -> Result<Block, Error> {
            let Segment { address, len: returned, form } = linmem.$segment(store, handle, len, align)$($wait)*?;
            if let Some(returned) = returned.filter(|returned| address != 0 && *returned != len) {
                return Err(bad_block(ALLOCATE, address, returned, Lie::WrongSize { requested: len }));
            }
            if len == 0 {
                // The next segment can have the same address, so that this one is not among the live ones.
                self.check(&mut *store, ALLOCATE, address, len, align)?;
            } else {
                self.accept(&mut *store, ALLOCATE, address, len, align)?;
            }
            let region = Some(self.shared.lock().add_region(handle));
            Ok(Block { address, len, raw: address, raw_len: len, align, region, form })
        }

        $($asynchronous)* fn $by_realloc<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            realloc: &Callee,
            len: u64,
            align: u64,
        ) -> Result<Block, Error> {
            let raw_len = rounded(len).ok_or_else(|| Error::TooLarge { value: len, bits: 64 })?;
            if let Some(block) = self.reuse(len, raw_len, align) {
                return Ok(block);
            }
            let (chunk, chunk_align) = (raw_len.max(CHUNK), align.max(CHUNK_ALIGNMENT));
            let address = realloc.$call(store, [0, 0, chunk_align, chunk])$($wait)*?;
            self.check(&mut *store, realloc.name(), address, chunk, chunk_align)?;
            self.add_chunk(realloc.name(), address, chunk)?;
            self.reuse(len, raw_len, align).ok_or_else(|| self.full(store, len, "has no more room"))
        }

        $($asynchronous)* fn $by_pages<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            len: u64,
            align: u64,
            grow: Grow,
        ) -> Result<Block, Error> {
            let too_large = || Error::TooLarge { value: len, bits: 64 };
            let raw_len = rounded(len).ok_or_else(too_large)?;
            if let Some(block) = self.reuse(len, raw_len, align) {
                return Ok(block);
            }
            if grow == Grow::Forbidden {
                return Err(self.full(store, len, "was not allowed to grow"));
            }
            let page_size = self.linear.page_size(&mut *store);
            // Address 0 means that there is no block, to the guest as well.
            let skipped = if self.linear.size(&mut *store) == 0 { align } else { 0 };
            let padding = if page_size.is_multiple_of(align) { skipped } else { align };
            let needed = raw_len.checked_add(padding).ok_or_else(too_large)?.div_ceil(page_size);
            let in_advance = self.shared.lock().owned().min(LARGEST_IN_ADVANCE).div_ceil(page_size);
            let mut pages = needed.max(in_advance);
            let mut grown = self.linear.$grow(store, pages)$($wait)*;
            if grown.is_err() && pages > needed {
                pages = needed;
                grown = self.linear.$grow(store, pages)$($wait)*;
            }
            let address = grown?;
            self.add_chunk("memory.grow", address + skipped, (pages * page_size).saturating_sub(skipped))?;
            self.reuse(len, raw_len, align).ok_or_else(|| self.full(store, len, "has no more room"))
        }

        /// Frees a block, after setting its bytes to zero if `zero` says so. The block is no longer held by the host, even if
        /// this fails.
        pub(super) $($asynchronous)* fn $release<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            block: &Block,
            zero: bool,
        ) -> Result<(), Error> {
            let zeroed = if zero { self.linear.zero(&mut *store, block.address, block.len) } else { Ok(()) };
            match &self.allocator {
                Allocator::Pages | Allocator::CabiRealloc(_) => self.shared.lock().free.give(block.raw, block.raw_len),
                Allocator::Calls(calls) => {
                    self.shared.lock().remove_live(block.raw);
                    calls.free.$call(store, [block.raw, block.raw_len, block.align, 0])$($wait)*?;
                }
                Allocator::Linmem(linmem) => {
                    let mut next = self.leave_region(block);
                    while let Some(handle) = next {
                        linmem.$close(store, handle)$($wait)*?;
                        next = self.shared.lock().next_to_close();
                    }
                }
            }
            zeroed
        }

        /// Frees the blocks that wait for it. Errors are kept.
        pub(super) $($asynchronous)* fn $flush<T: $($send)* 'static>(&self, store: &mut StoreContextMut<'_, T>) {
            while let Some(waiting) = self.next_to_free() {
                if let Err(error) = self.$release(store, &waiting.block, waiting.zero)$($wait)* {
                    self.shared.lock().keep(error);
                }
            }
        }
    };
}

impl Heap {
    pub(super) fn new(linear: Linear, is_64: bool, allocator: Allocator, shared: Arc<Shared>) -> Heap {
        let id = shared.lock().number();
        Heap { id, linear, is_64, allocator, shared }
    }

    calls!(
        allocate,
        by_calls,
        by_region,
        by_realloc,
        by_pages,
        release,
        flush,
        call,
        open,
        segment,
        close,
        grow,
        [],
        [],
        []
    );
    calls!(
        allocate_async, by_calls_async, by_region_async, by_realloc_async, by_pages_async, release_async, flush_async,
        call_async, open_async, segment_async, close_async, grow_async,
        [async], [.await], [Send +]
    );

    /// Lets a block wait until the next operation that can call the guest.
    pub(super) fn wait(&self, block: Block, zero: bool) {
        let mut state = self.shared.lock();
        state.wait(Waiting { heap: self.id, block, zero });
        self.shared.waiting.store(state.waiting(), Ordering::Relaxed);
    }

    fn next_to_free(&self) -> Option<Waiting> {
        let mut state = self.shared.lock();
        let waiting = state.next_to_free(self.id);
        self.shared.waiting.store(state.waiting(), Ordering::Relaxed);
        waiting
    }

    /// Marks the region of a block as no longer used, and returns the handle of the next region to close.
    fn leave_region(&self, block: &Block) -> Option<u32> {
        let mut state = self.shared.lock();
        if block.len > 0 {
            state.remove_live(block.raw);
        }
        if let Some(region) = block.region {
            state.leave_region(region);
        }
        state.next_to_close()
    }

    /// A block in a free range of the host's own chunks.
    fn reuse(&self, len: u64, raw_len: u64, align: u64) -> Option<Block> {
        let address = self.shared.lock().free.take(raw_len, align)?;
        Some(Block { address, len, raw: address, raw_len, align, region: None, form: Form::Address })
    }

    /// The address that an allocation would have without a new chunk.
    pub(super) fn next(&self, len: u64, align: u64) -> Option<u64> {
        self.shared.lock().free.next(rounded(len)?, align)
    }

    fn full(&self, store: impl AsContext, len: u64, reason: &'static str) -> Error {
        Error::OutOfMemory { len, size: self.linear.size(store), reason }
    }

    /// Checks a block that the guest returned, except whether it overlaps others.
    fn check(&self, store: impl AsContext, function: &str, address: u64, len: u64, align: u64) -> Result<(), Error> {
        if address == 0 {
            return Err(Error::Refused { function: function.to_string(), len });
        }
        let size = self.linear.size(store);
        let lie = match address.checked_add(len) {
            Some(end) if end <= size && address.is_multiple_of(align) => return Ok(()),
            Some(end) if end <= size => Lie::Misaligned { align },
            _ => Lie::OutOfBounds { size },
        };
        Err(bad_block(function, address, len, lie))
    }

    /// Checks a block that the guest returned, and adds it to the live ones.
    pub(super) fn accept(
        &self,
        store: impl AsContext,
        function: &str,
        address: u64,
        len: u64,
        align: u64,
    ) -> Result<(), Error> {
        self.check(store, function, address, len, align)?;
        self.shared.lock().add_live(address, len).map_err(|lie| bad_block(function, address, len, lie))
    }

    fn add_chunk(&self, function: &str, address: u64, len: u64) -> Result<(), Error> {
        self.shared.lock().add_chunk(address, len).map_err(|lie| bad_block(function, address, len, lie))
    }
}

fn bad_block(function: &str, address: u64, len: u64, lie: Lie) -> Error {
    Error::BadBlock { function: function.to_string(), address, len, lie }
}
