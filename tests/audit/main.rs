//! The auditor: what it finds in traced modules, and what it must not find.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod compiled;
mod correct;
mod planted;
mod tracing;
