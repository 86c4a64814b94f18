//! The guide: a page for each subject.

/// [docs/reports.md]: reports
#[doc = include_str!("../docs/safety.md")]
pub mod safety {}

#[doc = include_str!("../docs/memory.md")]
pub mod memory {}

/// [docs/reports.md]: reports
#[doc = include_str!("../docs/wasi.md")]
pub mod wasi {}

#[doc = include_str!("../docs/names.md")]
pub mod names {}

#[doc = include_str!("../docs/reports.md")]
pub mod reports {}
