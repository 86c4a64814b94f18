//! WASI preview 1: its functions, records and error numbers, one table each.
//!
//! [`functions`] defines the raw imports and the lifted forms, `wasi.<name>`; [`records`] the accessors of fields,
//! `wasi.<record>.<field>`; [`errno`] the names of error numbers. Names, types and layouts are those of
//! [the specification](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md).

pub mod errno;
pub mod functions;
mod operands;
pub mod records;

pub use errno::Errno;
pub use functions::{Function, Parameter, Returned};
pub use records::{Field, Record};

/// The module that the functions are imported from.
pub const MODULE: &str = "wasi_snapshot_preview1";
