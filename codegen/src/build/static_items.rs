//! The static data of a module that is being built, and the segments over it.

use crate::build::late_constant::LateConstants;
use crate::build::owner::Owner;
use crate::config::StaticData;
use crate::statics::{Initial, StaticSegment};
use linmem_allocator::statics::Sharing;
use std::collections::BTreeMap;

/// A segment over static data of a [`ModuleBuilder`](crate::build::ModuleBuilder): a constant, a reservation, or a part of one.
///
/// All functions of the module can use it, as an operand or as a [`Segment`](crate::build::Segment). It is never freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Static {
    pub(super) segment: StaticSegment,
    /// Identifies the module.
    pub(super) owner: Owner,
}

impl Static {
    /// Its size in bytes.
    pub fn size(self) -> u32 {
        self.segment.bytes
    }

    /// A part of it. `None` if the part is not inside of it.
    pub fn slice(self, offset: u32, bytes: u32) -> Option<Static> {
        Some(Static { segment: self.segment.part(offset, bytes)?, ..self })
    }
}

/// The static data of a module.
pub(super) struct Statics {
    /// Identifies the module.
    pub(super) owner: Owner,
    /// The contents and alignments of the items.
    pub(super) items: Vec<(Initial, u32)>,
    /// The numbers of reservations, by name.
    pub(super) by_name: BTreeMap<String, u32>,
    pub(super) sharing: Sharing,
    /// The constants that constant expressions refer to.
    pub(super) constants: LateConstants,
}

impl Statics {
    pub(super) fn new(config: StaticData) -> Statics {
        Statics {
            owner: Owner::new(),
            items: Vec::new(),
            by_name: BTreeMap::new(),
            sharing: config.sharing(),
            constants: LateConstants::default(),
        }
    }

    /// Adds an item of this many bytes.
    pub(super) fn add(&mut self, initial: Initial, bytes: u32, alignment: u32) -> Static {
        let item = self.items.len() as u32;
        self.items.push((initial, alignment));
        Static { segment: StaticSegment { item, offset: 0, bytes }, owner: self.owner }
    }
}
