//! The lowerings, one family of intrinsics to a file. Each opens with the shape of the code that it writes; the goldens
//! under `snapshots/` are the truth.

mod access;
mod bulk;
mod host;
mod region;
mod segment;
