//! Proofs about the code that linmem emits. A function of a linked module is executed on symbols; what it does becomes terms
//! over bit-vectors; and a solver decides whether a claim about them holds for all values.
//!
//! Nothing here knows how linmem lowers: the input is a module in the binary format, and claims in a small language.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod arithmetic;
mod cases;
pub mod claim;
pub mod concrete;
pub mod equal;
pub mod error;
pub mod execute;
mod history;
pub mod module;
mod operation;
pub mod parse;
pub mod prove;
pub mod refute;
pub mod smt;
mod sort;
pub mod state;
mod sum;
pub mod sum_definition;
pub mod term;
pub mod theorem;
pub mod value;
