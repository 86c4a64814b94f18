//! The random tests of linmem: programs, what they must do, and how they are run. Tests and fuzz targets use this crate;
//! only the source of the programs differs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

pub mod access;
pub mod differential;
pub mod folder;
pub mod frames;
pub mod host;
pub mod images;
pub mod unwind;

/// A module in the binary format, from text that must be valid.
pub fn parse(text: &str) -> Vec<u8> {
    linmem::wat::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}")).into_owned()
}
