//! The embedder's side: running linked modules on wasmtime.
//!
//! Together with the command line this crate alone knows wasmtime. It takes modules as bytes and knows nothing of how
//! they were made.

pub mod run;

/// Re-exported, so that tests and embedders use the very version that this crate is built on.
pub use wasmtime;
pub use wasmtime_wasi;
