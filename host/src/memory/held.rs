//! What both kinds of owners have in common: a block, the memory that it is in, and what happens to it in the end.

use super::error::Error;
use super::guest::GuestMemory;
use super::linmem::Form;
use super::segment::Segment;
use super::source::Allocator;
use super::state::Block;
use std::ops::Deref;
use wasmtime::{AsContext, AsContextMut, StoreContextMut, Val};

/// Whether the bytes of an allocation are set to zero before it is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zero {
    /// The bytes are set to zero.
    OnDrop,
    /// The bytes are left as they are.
    Never,
}

/// A memory, borrowed or not: an allocation that borrows the store also borrows the memory, if it can.
pub(super) enum Handle<'a> {
    Borrowed(&'a GuestMemory),
    Owned(GuestMemory),
}

impl Deref for Handle<'_> {
    type Target = GuestMemory;

    #[inline]
    fn deref(&self) -> &GuestMemory {
        match self {
            Handle::Borrowed(memory) => memory,
            Handle::Owned(memory) => memory,
        }
    }
}

/// A block that has one owner.
pub(super) struct Held<'a> {
    pub(super) memory: Handle<'a>,
    pub(super) block: Block,
    pub(super) zero: Zero,
    /// Whether functions of the guest can only be called by `call_async`, which a drop cannot do.
    pub(super) is_async: bool,
    /// Whether the block belongs to this owner. It does not after it was freed or given to another owner.
    pub(super) is_owned: bool,
}

impl Held<'_> {
    #[inline]
    pub(super) fn segment(&self) -> Segment {
        Segment { address: self.block.address, len: self.block.len }
    }

    /// Checks that the block still belongs to the host, and returns its range.
    #[inline]
    pub(super) fn checked(&self, store: impl AsContext) -> Result<Segment, Error> {
        self.memory.heap.check_lent(store, &self.block)?;
        Ok(self.segment())
    }

    /// A range of the block, given by its offset.
    #[inline]
    pub(super) fn range(&self, store: impl AsContext, offset: u64, len: u64) -> Result<u64, Error> {
        self.memory.heap.check_lent(store, &self.block)?;
        match offset.checked_add(len) {
            Some(end) if end <= self.block.len => Ok(self.block.address + offset),
            _ => Err(Error::OutOfBounds { address: offset, len, size: self.block.len }),
        }
    }

    /// The block as an argument of a function of the guest.
    pub(super) fn to_val(&self, store: impl AsContextMut) -> Result<Val, Error> {
        self.memory.heap.check_lent(&store, &self.block)?;
        match &self.block.form {
            Form::Address => self.segment().to_val(self.memory.is_64()),
            Form::Packed(packed) => Ok(Val::I64(packed.cast_signed())),
            Form::Reference(reference) => Ok(Val::AnyRef(Some(reference.to_rooted(store)))),
        }
    }

    /// Takes the block out of this owner.
    pub(super) fn take(&mut self) -> Held<'static> {
        let Held { memory, block, zero, is_async, is_owned } = self;
        let (memory, is_owned) = (Handle::Owned(GuestMemory::clone(memory)), std::mem::take(is_owned));
        Held { memory, block: block.clone(), zero: *zero, is_async: *is_async, is_owned }
    }

    /// Frees the block. Afterwards it has no owner.
    #[inline]
    pub(super) fn free<T: 'static>(&mut self, store: &mut StoreContextMut<'_, T>) -> Result<(), Error> {
        self.is_owned = false;
        self.memory.heap.release(store, &self.block, self.zero == Zero::OnDrop)
    }

    pub(super) async fn free_async<T: Send + 'static>(
        &mut self,
        store: &mut StoreContextMut<'_, T>,
    ) -> Result<(), Error> {
        self.is_owned = false;
        self.memory.heap.release_async(store, &self.block, self.zero == Zero::OnDrop).await
    }

    /// Frees the block when its owner is dropped. If the guest has to be called by `call_async`, the bytes are set to zero, and
    /// the block waits for the next asynchronous operation. Errors are kept.
    #[inline]
    pub(super) fn drop_with<T: 'static>(&mut self, store: &mut StoreContextMut<'_, T>) {
        if !self.is_owned {
            return;
        }
        let calls_guest = matches!(self.memory.heap.allocator, Allocator::Calls(_) | Allocator::Linmem(_));
        let result = if self.is_async && calls_guest {
            self.is_owned = false;
            let heap = &self.memory.heap;
            heap.check_lent(&*store, &self.block).and_then(|()| {
                heap.wait(self.block.clone(), false);
                match self.zero {
                    Zero::OnDrop => heap.linear.zero(store, self.block.address, self.block.len),
                    Zero::Never => Ok(()),
                }
            })
        } else {
            self.free(store)
        };
        if let Err(error) = result {
            self.memory.heap.shared.lock().state.keep(error);
        }
    }

    /// Lets the block wait to be zeroed and freed, when its owner is dropped without a store.
    pub(super) fn drop_without_store(&mut self) {
        if self.is_owned {
            self.is_owned = false;
            self.memory.heap.wait(self.block.clone(), self.zero == Zero::OnDrop);
        }
    }
}
