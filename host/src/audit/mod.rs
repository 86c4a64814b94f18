//! The auditor: finds wrong accesses and wrong closes in a module that was linked with tracing.
//!
//! Such a module imports its events from `linmem_trace`; [`define`] provides them. The auditor keeps two things: for each
//! region and each allocation where it was made and freed (`blocks` and `regions`), and in the memory that the module
//! exports as `linmem_trace.shadow` one byte for each byte of the traced memory (`shadow`). The module compares each access
//! with that memory itself and calls the auditor only if a byte of it is not accessible. As long as regions are used
//! correctly, the module also writes the shadow itself, and records what it does in the last page of that memory (`page`). The
//! auditor reads the records before anything else.
//!
//! The auditor judges only bytes that belong to linmem. Those are known for the first chunk, from the first region to the end
//! of the chunk; in further chunks only for allocations and what follows them.
//!
//! Closing a region would let the next allocation use its bytes again, and hide a use after free. So a close leaves top as it
//! was while the bytes that it keeps this way are at most a quarter of the first chunk. Then memory is used
//! again: from its start if no region is open.

mod auditor;
mod blocks;
mod define;
mod finding;
mod page;
mod regions;
mod shadow;

pub use auditor::Auditor;
pub(crate) use define::SHADOW;
pub use define::{define, finish, keep_open};
pub use finding::{Finding, Findings, Kind, Transfer};
