//! What the auditor found.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The kind of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// An access leaves its segment or allocation.
    Overlap,
    /// An access of freed bytes, or an allocation from a closed region.
    UseAfterFree,
    /// An access of bytes of linmem that were never allocated.
    NeverAllocated,
    /// An access of the header of a chunk or region.
    Header,
    /// A region is closed that is already closed.
    DoubleFree,
    /// A region is closed while a region that was opened later is open.
    OutOfOrder,
    /// An allocation from a region other than the innermost one.
    NotInnermost,
    /// An allocation from or a close of a region that was never opened.
    UnknownRegion,
    /// A region that is open when the program ends.
    Leak,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 9] = [
        Kind::Overlap,
        Kind::UseAfterFree,
        Kind::NeverAllocated,
        Kind::Header,
        Kind::DoubleFree,
        Kind::OutOfOrder,
        Kind::NotInnermost,
        Kind::UnknownRegion,
        Kind::Leak,
    ];
}

/// The direction of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transfer {
    /// The bytes are read.
    Read,
    /// The bytes are written.
    Write,
    /// Either.
    Either,
}

/// A mistake of the program. Places are numbers of sites in the section `linmem.sites` of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The kind.
    pub kind: Kind,
    /// The place of the access, the allocation or the close; `None` for a leak.
    pub access: Option<u32>,
    /// The place of the allocation that the access is next to or in; for a region, that of its opening.
    pub allocation: Option<u32>,
    /// The place of the close that freed the allocation or the region.
    pub free: Option<u32>,
    /// The direction, if an access is wrong.
    pub transfer: Option<Transfer>,
    /// The address and the number of accessed bytes.
    pub bytes: Option<(u64, u64)>,
    /// The address and the size of the allocation, if an access is wrong.
    pub block: Option<(u64, u64)>,
    /// How often the same was found at the same places.
    pub count: u64,
}

impl Finding {
    pub(super) fn new(kind: Kind, access: u32) -> Finding {
        let access = site(access);
        Finding { kind, access, allocation: None, free: None, transfer: None, bytes: None, block: None, count: 1 }
    }

    /// Whether the other finding is the same, apart from the addresses.
    pub(super) fn is_same(&self, other: &Finding) -> bool {
        (self.kind, self.access, self.allocation, self.free) == (other.kind, other.access, other.allocation, other.free)
    }
}

/// The number of a site; the module passes -1 if there is none.
pub(super) fn site(number: u32) -> Option<u32> {
    (number != u32::MAX).then_some(number)
}

/// The findings of all instances of a program, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub struct Findings(Arc<Mutex<Vec<Finding>>>);

impl Findings {
    /// A copy of the list.
    pub fn list(&self) -> Vec<Finding> {
        self.lock().clone()
    }

    /// Adds a finding, unless the same one was made before.
    pub(super) fn add(&self, finding: Finding) {
        let mut list = self.lock();
        match list.iter_mut().find(|known| known.is_same(&finding)) {
            Some(known) => known.count = known.count.saturating_add(1),
            None => list.push(finding),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Finding>> {
        // The list is whole at all times.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Findings {
    fn eq(&self, other: &Findings) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Findings {}
