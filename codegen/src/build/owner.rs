//! The function that a label, a local, a region or a segment belongs to.

use std::sync::atomic::{AtomicU64, Ordering};

/// Identifies a function builder among all builders of the process. It never influences code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Owner(u64);

impl Owner {
    /// An owner that differs from all others.
    pub(super) fn new() -> Owner {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Owner(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Identifies a scope or a control structure among those of its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Serial(pub(super) u32);
