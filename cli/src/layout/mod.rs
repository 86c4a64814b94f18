//! How `linmem layout` shows the memories of a module: as a table, as JSON, or as a picture.

mod json;
mod picture;
mod rows;
mod table;
mod words;

pub(crate) use json::json;
pub(crate) use picture::svg;
pub(crate) use table::table;

/// The page size of most hosts, and the largest image that wasmtime makes whatever its span is, unless it is configured
/// otherwise.
pub(crate) const HOST: (u64, u64) = (4096, 16 << 20);
