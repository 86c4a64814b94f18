//! Allocation and freeing of blocks, by the source that a memory has.
//!
//! Nothing that a guest returns is trusted: a block has to be inside the memory, to be aligned, and not to overlap anything that
//! the host holds. A block that fails a check is neither written nor freed, since it may belong to somebody else.

use super::calls::Callee;
use super::error::{Error, Lie};
use super::free_list::rounded;
use super::linear::Linear;
use super::linmem::{Acquired, Form, Linmem, Segment};
use super::live::Shared;
use super::region::Region;
use super::source::{Allocator, Calls, Request};
use super::state::{Block, Open, Origin, Waiting};
use std::sync::Arc;
use wasmtime::{AsContext, StoreContext, StoreContextMut};

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

/// A region that is open while a guest allocates in it. If the future of that is dropped, the region is closed later.
struct Opened<'a> {
    shared: &'a Shared,
    region: Option<Region>,
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        if let Some(region) = self.region.take() {
            self.shared.add_unused(region, 0);
        }
    }
}

/// The functions that call the guest. They exist twice, for `call` and for `call_async`.
macro_rules! calls {
    ($allocate:ident, $by_calls:ident, $by_acquire:ident, $by_region:ident, $by_realloc:ident, $by_pages:ident,
        $release:ident, $release_region:ident, $close_unused:ident, $flush:ident,
        $call:ident, $open:ident, $segment:ident, $acquire:ident, $close:ident, $top:ident, $grow:ident,
        [$($asynchronous:tt)*], [$($wait:tt)*], [$($send:tt)*]) => {
        /// Allocates a block. Blocks that wait to be freed are freed first.
        #[inline(always)]
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
            if self.shared.has_waiting() {
                self.$flush(store)$($wait)*;
            }
            match &self.allocator {
                Allocator::Calls(calls) => self.$by_calls(store, calls, len, align)$($wait)*,
                Allocator::CabiRealloc(realloc) => self.$by_realloc(store, realloc, len, align)$($wait)*,
                Allocator::Pages => self.$by_pages(store, len, align, grow)$($wait)*,
                Allocator::Linmem(linmem) => {
                    if self.shared.has_entries()
                        && let Err(error) = self.$close_unused(store, linmem, 0)$($wait)*
                    {
                        self.shared.lock().state.keep(error);
                    }
                    self.$by_acquire(store, linmem, len, align)$($wait)*
                }
            }
        }

        #[inline(always)]
        $($asynchronous)* fn $by_calls<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            calls: &Calls,
            len: u64,
            align: u64,
        ) -> Result<Block, Error> {
            let Request { arguments, len: raw_len, align: raw_align } = calls.request(len.max(1), align)?;
            let raw = calls.allocate.$call(store, arguments)$($wait)*?;
            self.accept(&*store, calls.allocate.name(), raw, raw_len, raw_align)?;
            if let Some(pin) = &calls.pin
                && let Err(error) = pin.$call(store, [raw, 0, 0, 0])$($wait)*
            {
                self.shared.remove(raw);
                // Without a pin, a collector frees the block. This frees one that was pinned before `pin` failed.
                let _ = calls.free.$call(store, [raw, raw_len, raw_align, 0])$($wait)*;
                return Err(error);
            }
            let address = raw.next_multiple_of(align);
            Ok(Block { address, len, origin: Origin::Raw { start: raw, len: raw_len, align: raw_align }, form: Form::Address })
        }

        #[inline(always)]
        $($asynchronous)* fn $by_acquire<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            linmem: &Linmem,
            len: u64,
            align: u64,
        ) -> Result<Block, Error> {
            let id = self.shared.number();
            let acquired = linmem.$acquire(store, len, align, id, self.shared.token(id))$($wait)*?;
            let Some(Acquired { segment, region }) = acquired else {
                return self.$by_region(store, linmem, len, align, id)$($wait)*;
            };
            let is_there = segment.address != 0;
            let block = self.accept_segment(&*store, segment, region, len, align);
            if block.is_err() && is_there {
                // The region is open, unless this is a lie as well.
                let _ = linmem.$close(store, &region)$($wait)*;
            }
            block
        }

        #[inline(never)]
        $($asynchronous)* fn $by_region<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            linmem: &Linmem,
            len: u64,
            align: u64,
            id: u64,
        ) -> Result<Block, Error> {
            let handle = linmem.$open(store)$($wait)*?;
            let mut region = Region { id, handle, top: 0, loan: 0, token: 0 };
            let mut opened = Opened { shared: &self.shared, region: Some(region) };
            let segment = linmem.$segment(store, handle, len, align)$($wait)*;
            let top = match &segment {
                Ok(_) => linmem.$top(store)$($wait)*,
                Err(_) => Ok(0),
            };
            opened.region = None;
            let block = top.and_then(|top| {
                region.top = top;
                self.accept_segment(&*store, segment?, region, len, align)
            });
            if block.is_err() && let Err(error) = linmem.$close(store, &region)$($wait)* {
                self.shared.lock().state.keep(error);
            }
            block
        }

        #[inline(never)]
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
            self.check(&*store, realloc.name(), address, chunk, 0, chunk_align)?;
            self.add_chunk(realloc.name(), address, chunk)?;
            self.reuse(len, raw_len, align).ok_or_else(|| self.full(store, len, "has no more room"))
        }

        #[inline(never)]
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
            let in_advance = self.shared.lock().state.owned().min(LARGEST_IN_ADVANCE).div_ceil(page_size);
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
        #[inline(always)]
        pub(super) $($asynchronous)* fn $release<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            block: &Block,
            zero: bool,
        ) -> Result<(), Error> {
            let zeroed = |heap: &Heap, store: &mut StoreContextMut<'_, T>| match zero {
                true => heap.linear.zero(store, block.address, block.len),
                false => Ok(()),
            };
            match (&self.allocator, &block.origin) {
                (Allocator::Linmem(linmem), Origin::Region(region)) => {
                    self.check_lent(&*store, block)?;
                    let zeroed = zeroed(self, store);
                    self.$release_region(store, linmem, block, region)$($wait)*.and(zeroed)
                }
                (Allocator::Calls(calls), &Origin::Raw { start, len, align }) => {
                    let zeroed = zeroed(self, store);
                    self.shared.remove(start);
                    calls.free.$call(store, [start, len, align, 0])$($wait)*.and(zeroed)
                }
                (_, &Origin::Raw { start, len, .. }) => {
                    let zeroed = zeroed(self, store);
                    self.shared.lock().state.free.give(start, len);
                    zeroed
                }
                // A block is only freed by the heap that it is from.
                (_, Origin::Region(_)) => Ok(()),
            }
        }

        #[inline(always)]
        $($asynchronous)* fn $release_region<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            linmem: &Linmem,
            block: &Block,
            region: &Region,
        ) -> Result<(), Error> {
            if self.shared.remove_only(region) {
                if linmem.$close(store, region)$($wait)*? {
                    return Ok(());
                }
                self.shared.add_unused(*region, block.address);
                return Err(refused(block));
            }
            self.shared.leave(block.address, block.len, region);
            if self.$close_unused(store, linmem, region.id)$($wait)*? { Ok(()) } else { Err(refused(block)) }
        }

        /// Closes the regions that no block is in, from the innermost one. Returns whether the guest did not prevent that the
        /// region with this number is closed.
        #[inline(never)]
        $($asynchronous)* fn $close_unused<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            linmem: &Linmem,
            id: u64,
        ) -> Result<bool, Error> {
            let mut is_closed = false;
            while let Some(Open { region, start, .. }) = self.next_to_close() {
                // If it is not lent any more, the guest has closed it.
                if self.is_lent(&*store, &region) && !linmem.$close(store, &region)$($wait)*? {
                    self.shared.add_unused(region, start);
                    return Ok(is_closed);
                }
                is_closed |= region.id == id;
            }
            Ok(true)
        }

        /// Frees the blocks that wait for it. Errors are kept.
        #[inline(never)]
        pub(super) $($asynchronous)* fn $flush<T: $($send)* 'static>(&self, store: &mut StoreContextMut<'_, T>) {
            while let Some(waiting) = self.next_to_free() {
                if let Err(error) = self.$release(store, &waiting.block, waiting.zero)$($wait)* {
                    self.shared.lock().state.keep(error);
                }
            }
        }
    };
}

impl Heap {
    pub(super) fn new(linear: Linear, is_64: bool, allocator: Allocator, shared: Arc<Shared>) -> Heap {
        let id = shared.lock().state.number();
        Heap { id, linear, is_64, allocator, shared }
    }

    calls!(
        allocate,
        by_calls,
        by_acquire,
        by_region,
        by_realloc,
        by_pages,
        release,
        release_region,
        close_unused,
        flush,
        call,
        open,
        segment,
        acquire,
        close,
        top,
        grow,
        [],
        [],
        []
    );
    calls!(
        allocate_async, by_calls_async, by_acquire_async, by_region_async, by_realloc_async, by_pages_async,
        release_async, release_region_async, close_unused_async, flush_async,
        call_async, open_async, segment_async, acquire_async, close_async, top_async, grow_async,
        [async], [.await], [Send +]
    );

    /// Lets a block wait until the next operation that can call the guest.
    pub(super) fn wait(&self, block: Block, zero: bool) {
        self.shared.lock().state.wait(Waiting { heap: self.id, block, zero });
    }

    fn next_to_free(&self) -> Option<Waiting> {
        self.shared.lock().state.next_to_free(self.id)
    }

    /// The next region to close, unless the newest block is in a region inside it.
    fn next_to_close(&self) -> Option<Open> {
        if self.shared.is_newest_live() { None } else { self.shared.lock().state.next_to_close() }
    }

    /// Whether the region of an allocation is open, as far as the guest tells it. If the guest closed it, or an outer region, its
    /// memory belongs to somebody else.
    #[inline(always)]
    fn is_lent(&self, store: impl AsContext, region: &Region) -> bool {
        if region.loan == 0 {
            return true;
        }
        let address = region.loan.into();
        let token = region.token.to_le_bytes();
        match self.linear {
            Linear::Unshared(_) => self.linear.slice(store.as_context(), address, 8).is_ok_and(|bytes| bytes == token),
            Linear::Shared(..) => {
                let mut bytes = [0; 8];
                self.linear.read(store, address, &mut bytes).is_ok() && bytes == token
            }
        }
    }

    /// # Errors
    ///
    /// If the guest has freed the block.
    #[inline(always)]
    pub(super) fn check_lent(&self, store: impl AsContext, block: &Block) -> Result<(), Error> {
        match &block.origin {
            Origin::Region(region) if !self.is_lent(store, region) => Err(self.lost(block, region)),
            Origin::Region(_) | Origin::Raw { .. } => Ok(()),
        }
    }

    /// Bytes of a block in an unshared memory.
    #[inline]
    pub(super) fn slice<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
        block: &Block,
    ) -> Result<&'a [u8], Error> {
        let Origin::Region(region) = &block.origin else {
            return self.linear.slice(store, block.address, block.len);
        };
        let is_lent = |data: &[u8]| region.loan == 0 || region.is_lent(data);
        match self.linear.slice_if(store, block.address, block.len, is_lent)? {
            Some(bytes) => Ok(bytes),
            None => Err(self.lost(block, region)),
        }
    }

    #[cold]
    fn lost(&self, block: &Block, region: &Region) -> Error {
        self.shared.forget(region);
        Error::FreedByGuest { address: block.address, len: block.len }
    }

    /// A block in a free range of the host's own chunks.
    fn reuse(&self, len: u64, raw_len: u64, align: u64) -> Option<Block> {
        let address = self.shared.lock().state.free.take(raw_len, align)?;
        Some(Block { address, len, origin: Origin::Raw { start: address, len: raw_len, align }, form: Form::Address })
    }

    /// The address that an allocation would have without a new chunk.
    pub(super) fn next(&self, len: u64, align: u64) -> Option<u64> {
        self.shared.lock().state.free.next(rounded(len)?, align)
    }

    fn full(&self, store: impl AsContext, len: u64, reason: &'static str) -> Error {
        Error::OutOfMemory { len, size: self.linear.size(store), reason }
    }

    /// Checks a block that the guest returned, except whether it overlaps others. `behind` bytes after it must be inside the
    /// memory, too.
    #[inline(always)]
    fn check(
        &self,
        store: impl AsContext,
        function: &str,
        address: u64,
        len: u64,
        behind: u64,
        align: u64,
    ) -> Result<(), Error> {
        let size = self.linear.size(store);
        let end = address.checked_add(len).and_then(|end| end.checked_add(behind));
        if address != 0 && end.is_some_and(|end| end <= size) && address & (align - 1) == 0 {
            return Ok(());
        }
        Err(wrong_block(function, address, len, align, end.filter(|end| *end <= size).ok_or(size)))
    }

    /// Checks a block that the guest returned, and adds it to the live ones.
    #[inline(always)]
    pub(super) fn accept(
        &self,
        store: impl AsContext,
        function: &str,
        address: u64,
        len: u64,
        align: u64,
    ) -> Result<(), Error> {
        self.check(&store, function, address, len, 0, align)?;
        let added = self.shared.add(address, len, None, |region| !self.is_lent(&store, region));
        added.map_err(|lie| bad_block(function, address, len, lie))
    }

    /// Checks a segment that the guest returned, and adds it to the live ones.
    #[inline(always)]
    fn accept_segment(
        &self,
        store: impl AsContext,
        segment: Segment,
        region: Region,
        len: u64,
        align: u64,
    ) -> Result<Block, Error> {
        let Segment { function, address, len: returned, form } = segment;
        if let Some(returned) = returned.filter(|returned| address != 0 && *returned != len) {
            return Err(bad_block(function, address, returned, Lie::WrongSize { requested: len }));
        }
        self.check(&store, function, address, len, region.behind(address.saturating_add(len)), align)?;
        let added = self.shared.add(address, len, Some(&region), |region| !self.is_lent(&store, region));
        added.map_err(|lie| bad_block(function, address, len, lie))?;
        Ok(Block { address, len, origin: Origin::Region(region), form })
    }

    fn add_chunk(&self, function: &str, address: u64, len: u64) -> Result<(), Error> {
        self.shared.add_chunk(address, len).map_err(|lie| bad_block(function, address, len, lie))
    }
}

/// What is wrong with a block. `end` is the size of the memory if the block is not inside it.
#[cold]
fn wrong_block(function: &str, address: u64, len: u64, align: u64, end: Result<u64, u64>) -> Error {
    match end {
        _ if address == 0 => Error::Refused { function: function.to_string(), len },
        Ok(_) => bad_block(function, address, len, Lie::Misaligned { align }),
        Err(size) => bad_block(function, address, len, Lie::OutOfBounds { size }),
    }
}

#[cold]
fn refused(block: &Block) -> Error {
    Error::RegionOpen { address: block.address, len: block.len }
}

#[cold]
fn bad_block(function: &str, address: u64, len: u64, lie: Lie) -> Error {
    Error::BadBlock { function: function.to_string(), address, len, lie }
}
