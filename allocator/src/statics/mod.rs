//! Static data: which addresses constants, reservations and items at fixed addresses have, and which data segments
//! initialize them.
//!
//! ```text
//!   base        fixed                           data ends         end             limit
//!    │            │                                 │              │                │
//!    ▼            ▼                                 ▼              ▼                ▼
//!    ┌───────────┬───────┬──────────────────────────┬──────────────┬─ ─ ─ ─ ─ ─ ─ ─ ┐
//!    │ constants │ fixed │ constants                │ reservations │ not used
//!    └───────────┴───────┴──────────────────────────┴──────────────┴─ ─ ─ ─ ─ ─ ─ ─ ┘
//! ```
//!
//! - Constants fill the space around the items at fixed addresses, from the base upwards. Equal constants share their
//!   bytes, and a constant that is a suffix of another one lies at its end, if the alignments of both allow that.
//! - Reservations come last, so that they are not between bytes that are emitted. Reservations of one name are one.
//! - Data segments contain the bytes that are not zero, and as many zeros between them as make the encoding smallest.
//!
//! The memory between the base and the limit must be zero when the data segments are applied, as new memory is.
//!
//! # Invariants
//!
//! 1. The address of each item is a multiple of its alignment, and the item lies between the base and the limit.
//! 2. Items of at least one byte do not overlap, except constants that share bytes and reservations of one name.
//! 3. After the data segments are applied to zeroed memory, the bytes at the address of a constant are its bytes, and
//!    those of a reservation are zero.
//! 4. Equal items and options give equal plans. If all alignments are 1 and no address is fixed, then the size of the
//!    plan does not depend on the order of the items.

mod check;
mod emit;
mod error;
mod items;
mod place;
mod plan;
mod share;
#[cfg(test)]
mod tests;

pub use emit::DataSegment;
pub use error::{Error, Label};
pub use items::{ALLOWANCE, Contents, Item, Options, Sharing};
pub use plan::{Plan, plan};
