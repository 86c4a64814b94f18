//! Memory of a guest, from the side of the host: allocate, write, call, read back; the memory is zeroed and freed when its owner
//! goes out of scope.
//!
//! ```
//! use linmem_host::memory::{GuestMemory, Grow, Zero};
//! use linmem_host::wasmtime::{Instance, Result, Store};
//!
//! /// Passes a text to a function of the guest, which returns the packed segment of another text.
//! fn translate(store: &mut Store<()>, instance: &Instance, text: &str) -> Result<String> {
//!     let translate = instance.get_typed_func::<(i32, i32), i64>(&mut *store, "translate")?;
//!     let memory = GuestMemory::new(&mut *store, instance, None)?;
//!     let mut input = memory.alloc(store, text.as_bytes(), Grow::Allowed, Zero::OnDrop)?;
//!     let arguments = (input.to_i32()?, input.segment().len_i32()?);
//!     let output = translate.call(&mut input, arguments)?;
//!     let output = memory.get_packed_output(&input, output)?;
//!     Ok(memory.read_utf8(&input, output.address, output.len)?)
//! }
//! ```
//!
//! - [`GuestMemory`] is a memory that an instance exports. It reads and writes bytes, scalars, records and texts, and grows. It is
//!   not a wrapper that owns the memory: all of wasmtime's own methods can be used beside it.
//! - [`Allocation`] is memory that the host owns. It borrows the store and takes its place, so that nothing can be forgotten:
//!   functions are called, and other allocations are made, through it. [`Detached`] is the same without the borrow.
//! - [`Source`] says where the room comes from: the allocator of the guest, or pages that the host adds.
//! - [`Segment`] is an address and a size, such as the results of a function. [`GuestMemory::get_output`] and its relatives
//!   check them.
//!
//! # Values
//!
//! The bytes of a guest are little-endian on every host. Scalars are converted by [`GuestMemory::read`] and
//! [`GuestMemory::write`]. Records are plain data of [`zerocopy`] without alignment: their fields are bytes, or numbers of
//! [`zerocopy::little_endian`], which convert when they are used. A record with a field such as `u32`, which has the byte order
//! of the host, is rejected by the compiler, unless it is `#[repr(C, packed)]`.
//!
//! ```
//! use linmem_host::memory::zerocopy::little_endian::{F32, U32};
//! use linmem_host::memory::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};
//! use linmem_host::memory::{Error, GuestMemory};
//! use linmem_host::wasmtime::Store;
//!
//! #[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
//! #[zerocopy(crate = "linmem_host::memory::zerocopy")]
//! #[repr(C)]
//! struct Sample {
//!     time: U32,
//!     value: F32,
//! }
//!
//! fn sum(store: &Store<()>, memory: &GuestMemory, address: i32, count: i32) -> Result<f32, Error> {
//!     let samples: Vec<Sample> = memory.read_records(store, address, count)?;
//!     Ok(samples.iter().map(|sample| sample.value.get()).sum())
//! }
//! ```
//!
//! # What a guest can do
//!
//! A guest can return any address from its allocator and from its functions, trap in its allocator, grow its memory at any time,
//! and free or overwrite what the host allocated, since all of the memory belongs to it. It cannot cause undefined behaviour or a
//! panic, and it cannot cause the host to write to anything but a block that the guest's allocator returned to the host, and that
//! overlaps no other block of the host. What the host knows about its blocks is on the host's side. A lie is an [`Error`] that
//! says what was returned.
//!
//! # Asynchronous stores
//!
//! The functions that may call the guest exist with the suffix `_async`. Dropping cannot wait: an allocation of
//! `alloc_async` whose guest has an allocator is set to zero when it is dropped, and freed by the next `_async` allocation, by
//! [`GuestMemory::flush_async`], or at once by [`Allocation::free_async`].
//!
//! # Shared memories
//!
//! Bytes of a shared memory cannot be borrowed, since other threads can change them. Everything that copies works: a small module
//! does it by `memory.copy`, so that neither this crate nor its user needs `unsafe`. This requires an engine with bulk memory
//! operations and several memories, which are on by default.

mod access;
mod address;
mod allocate;
mod allocation;
mod calls;
mod detached;
mod error;
mod free_list;
mod guest;
mod heap;
mod held;
mod linear;
mod linmem;
mod live;
mod newest;
mod output;
mod region;
mod segment;
mod shared;
mod source;
mod state;
mod text;

pub use access::Scalar;
pub use address::Address;
pub use allocation::Allocation;
pub use detached::Detached;
pub use error::{Error, Lie};
pub use guest::GuestMemory;
pub use heap::Grow;
pub use held::Zero;
pub use segment::Segment;
pub use source::Source;
/// Re-exported for the records that [`GuestMemory`] reads and writes.
pub use zerocopy;
