// The first definition of a link counts: in this documentation, the links of the README lead to items.
//! [`memory`]: memory
//! [`run`]: run
//! [`Allocation`]: memory::Allocation
//! [`Allocation::as_slice`]: memory::Allocation::as_slice
//! [`Allocation::as_mut_slice`]: memory::Allocation::as_mut_slice
//! [`Allocation::write`]: memory::Allocation::write
//! [`Allocation::to_vec`]: memory::Allocation::to_vec
//! [`Allocation::zero`]: memory::Allocation::zero
//! [`Allocation::index`]: memory::Allocation::index
//! [`Allocation::to_i32`]: memory::Allocation::to_i32
//! [`Allocation::to_i64`]: memory::Allocation::to_i64
//! [`Allocation::to_packed`]: memory::Allocation::to_packed
//! [`Allocation::to_val`]: memory::Allocation::to_val
//! [`Grow`]: memory::Grow
//! [`Zero`]: memory::Zero
//! [`Source`]: memory::Source
//! [`Segment`]: memory::Segment
//! [`GuestMemory::new`]: memory::GuestMemory::new
//! [`GuestMemory::as_slice`]: memory::GuestMemory::as_slice
//! [`GuestMemory::as_mut_slice`]: memory::GuestMemory::as_mut_slice
//! [`GuestMemory::take_errors`]: memory::GuestMemory::take_errors
//! [`GuestMemory::alloc`]: memory::GuestMemory::alloc
//! [`GuestMemory::next_available`]: memory::GuestMemory::next_available
//! [`GuestMemory::grow`]: memory::GuestMemory::grow
//! [`GuestMemory::grow_by_bytes`]: memory::GuestMemory::grow_by_bytes
//! [`GuestMemory::get_output`]: memory::GuestMemory::get_output
//! [`GuestMemory::get_packed_output`]: memory::GuestMemory::get_packed_output
//! [`GuestMemory::get_nul_output`]: memory::GuestMemory::get_nul_output
//! [`GuestMemory::get_list_output`]: memory::GuestMemory::get_list_output
//! [`GuestMemory::adopt`]: memory::GuestMemory::adopt
#![doc = include_str!("../README.md")]

pub mod audit;
pub mod memory;
pub mod run;
mod threads;

/// Re-exported, so that tests and embedders use the same version as this crate.
pub use wasmtime;
pub use wasmtime_wasi;
