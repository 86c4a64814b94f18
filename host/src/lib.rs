//! The embedder's side: running linked modules on wasmtime.
//!
//! Only this crate and the command line depend on wasmtime. This crate takes modules as bytes, and does not depend on
//! how they were made.

pub mod audit;
pub mod run;
mod threads;

/// Re-exported, so that tests and embedders use the same version as this crate.
pub use wasmtime;
pub use wasmtime_wasi;
