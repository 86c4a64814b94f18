//! The lowerings, one family of intrinsics to a file. Each opens with the shape of the code that it writes; the goldens
//! under `snapshots/` are the truth.

mod access;
mod allocate;
mod bulk;
mod bump;
mod check;
mod host;
mod region;
mod segment;

pub(super) use bump::clear;
