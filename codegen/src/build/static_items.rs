//! The static data of a module that is being built, and the segments over it.

use crate::build::late_constant::LateConstants;
use crate::build::owner::Owner;
use crate::config::StaticData;
use crate::context::Context;
use crate::error::{Error, Place};
use crate::statics::{Area, Initial, StaticSegment};
use linmem_allocator::layout::{MAX_ALIGNMENT, is_alignment};
use linmem_allocator::statics::{Item, Plan, Sharing, plan};
use std::collections::BTreeMap;

/// A segment over static data of a [`ModuleBuilder`](crate::build::ModuleBuilder) or a
/// [`LateLowering`](crate::build::LateLowering): a constant, a reservation, or a part of one.
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
#[derive(Debug)]
pub(super) struct Statics {
    /// Identifies the module.
    pub(super) owner: Owner,
    items: Vec<StaticItem>,
    /// The numbers of reservations, by name.
    by_name: BTreeMap<String, u32>,
    pub(super) sharing: Sharing,
    /// The constants that constant expressions refer to.
    pub(super) constants: LateConstants,
}

#[derive(Debug)]
struct StaticItem {
    initial: Initial,
    alignment: u32,
    /// Its address, if the frontend chose it.
    address: Option<u32>,
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

    /// The number of items.
    pub(super) fn count(&self) -> u32 {
        self.items.len() as u32
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds a constant.
    ///
    /// # Errors
    ///
    /// If the alignment is not valid.
    pub(super) fn bytes(&mut self, bytes: Vec<u8>, alignment: u32, address: Option<u32>) -> Result<Static, Error> {
        check_alignment("static data", alignment)?;
        Ok(self.constant(bytes, alignment, address))
    }

    /// Adds a constant whose alignment is valid.
    pub(super) fn constant(&mut self, bytes: Vec<u8>, alignment: u32, address: Option<u32>) -> Static {
        // A size above the largest one is found when the module is finished, since there is no room for it.
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.add(StaticItem { initial: Initial::Bytes(bytes), alignment, address }, size)
    }

    /// Adds a reservation, or returns the one of this name, which then has the larger alignment.
    ///
    /// # Errors
    ///
    /// If the alignment is not valid, or the name is reserved with another size.
    pub(super) fn reserve(&mut self, name: &str, size: u32, alignment: u32) -> Result<Static, Error> {
        check_alignment(&format!("the reservation `{name}`"), alignment)?;
        let Some(&item) = self.by_name.get(name) else {
            let initial = Initial::Zeros { name: name.to_string(), size };
            let reserved = self.add(StaticItem { initial, alignment, address: None }, size);
            self.by_name.insert(name.to_string(), reserved.segment.item);
            return Ok(reserved);
        };
        if let Some(StaticItem { initial: Initial::Zeros { size: other, .. }, alignment: largest, .. }) =
            self.items.get_mut(item as usize)
        {
            if *other != size {
                return fail(format!(
                    "`{name}` is reserved with {size} bytes, but was reserved with {other} bytes before"
                ));
            }
            *largest = alignment.max(*largest);
        }
        Ok(Static { segment: StaticSegment { item, offset: 0, bytes: size }, owner: self.owner })
    }

    /// Adds an item of this many bytes.
    fn add(&mut self, item: StaticItem, bytes: u32) -> Static {
        let number = self.items.len() as u32;
        self.items.push(item);
        Static { segment: StaticSegment { item: number, offset: 0, bytes }, owner: self.owner }
    }

    /// Rejects static data of another module.
    pub(super) fn check_owner(&self, of: Static) -> Result<(), Error> {
        if of.owner != self.owner {
            return fail("the static data belongs to another module".to_string());
        }
        Ok(())
    }

    /// Assigns addresses in an area of the memory with an index, also to the reserve of static frames.
    ///
    /// # Errors
    ///
    /// If the items do not fit.
    pub(super) fn plan(
        &self,
        area: Area,
        memory: u32,
        context: &Context,
        reserve: Option<Item<'_>>,
    ) -> Result<Plan, Error> {
        let items: Vec<Item<'_>> = self
            .items
            .iter()
            .map(|item| Item { address: item.address.map(u64::from), ..item.initial.item(item.alignment) })
            .chain(reserve)
            .collect();
        plan(&items, &area.options(memory, self.sharing, context.choices))
            .or_else(|error| fail(format!("static data cannot be placed: {error}")))
    }
}

fn fail<T>(message: String) -> Result<T, Error> {
    Err(Error::Builder { message, place: Place::Module })
}

fn check_alignment(what: &str, alignment: u32) -> Result<(), Error> {
    if is_alignment(u64::from(alignment)) {
        return Ok(());
    }
    fail(format!("{what} has alignment {alignment}, which is not a power of two up to {MAX_ALIGNMENT}"))
}
