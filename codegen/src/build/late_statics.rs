//! Static data of a module whose writer assigns indices last. See [`ModuleBuilder`](crate::build::ModuleBuilder) for what
//! the methods do; [`Parts`](crate::build::Parts) has the addresses.

use crate::build::indices::VIRTUAL;
use crate::build::late::LateLowering;
use crate::build::parts::{Code, DataPart};
use crate::build::static_items::Static;
use crate::build::statics::{utf16, wtf16};
use crate::code::{self, structures};
use crate::context::Home;
use crate::error::{Error, Place};
use crate::statics::{Area, Kind, PlacedStatics};
use linmem_allocator::layout::PAGE;
use linmem_allocator::statics::Sharing;

impl LateLowering {
    /// Adds a constant with an alignment. See
    /// [`ModuleBuilder::static_bytes`](crate::build::ModuleBuilder::static_bytes).
    ///
    /// # Errors
    ///
    /// If the alignment is not a power of two up to 65536.
    pub fn static_bytes(&mut self, bytes: &[u8], alignment: u32) -> Result<Static, Error> {
        self.statics.bytes(bytes.to_vec(), alignment, None)
    }

    /// Adds a constant at an address. See [`ModuleBuilder::static_at`](crate::build::ModuleBuilder::static_at).
    pub fn static_at(&mut self, address: u32, bytes: &[u8]) -> Static {
        self.statics.constant(bytes.to_vec(), 1, Some(address))
    }

    /// Adds a text in UTF-8, with alignment 1.
    pub fn static_utf8(&mut self, text: &str) -> Static {
        self.statics.constant(text.as_bytes().to_vec(), 1, None)
    }

    /// Adds a text in UTF-16LE, with alignment 2.
    pub fn static_utf16(&mut self, text: &str) -> Static {
        self.statics.constant(utf16(text), 2, None)
    }

    /// Adds UTF-16 code units, which can contain lone surrogates, with alignment 2.
    pub fn static_wtf16(&mut self, units: &[u16]) -> Static {
        self.statics.constant(wtf16(units), 2, None)
    }

    /// Reserves memory that is zero at first. See [`ModuleBuilder::reserve`](crate::build::ModuleBuilder::reserve).
    ///
    /// # Errors
    ///
    /// If the alignment is not a power of two up to 65536, or the name is reserved with another size.
    pub fn reserve(&mut self, name: &str, size: u32, alignment: u32) -> Result<Static, Error> {
        self.statics.reserve(name, size, alignment)
    }

    /// Gives each constant its own bytes, whatever the configuration says.
    pub fn unshare_static_data(&mut self) {
        self.statics.sharing = Sharing::Unshared;
    }

    /// Assigns the addresses of static data, moves top behind it, and inserts the addresses into code. Also returns the data
    /// segments.
    ///
    /// # Errors
    ///
    /// If the static data does not fit.
    pub(super) fn place_statics(&mut self) -> Result<(PlacedStatics, Vec<DataPart>), Error> {
        let Home::Reserved { start, .. } = self.context.home else { return Ok(Default::default()) };
        if self.statics.is_empty() {
            return Ok(Default::default());
        }
        let ceiling = self.context.layout().ceiling();
        let end = self.memory.maximum.map_or(ceiling, |pages| ceiling.min(pages * u64::from(PAGE)));
        let plan = self.statics.plan(Area { start, end, kind: Kind::Home }, 0, &self.context, None)?;
        let Some((home, pages)) = Home::in_new_memory(start, Some(plan.end), self.context.choices) else {
            let message = format!("static data ends at {}, which leaves no room for regions", plan.end);
            return Err(Error::Builder { message, place: Place::Module });
        };
        self.context.home = home;
        self.needs.move_home(home);
        self.memory.minimum = pages;
        let mut placed = PlacedStatics { addresses: plan.addresses, ..PlacedStatics::default() };
        let first = VIRTUAL + self.context.globals().count() as u32;
        placed.globals = structures(self.codes().map(|code| &*code)).into_iter().zip(first..).collect();
        self.codes().for_each(|code| code.place_statics(&placed));
        // Planned segments are within an address space of 32 bits.
        let part = |segment: linmem_allocator::statics::DataSegment| DataPart {
            address: segment.address as u32,
            bytes: segment.bytes,
        };
        Ok((placed, plan.segments.into_iter().map(part).collect()))
    }

    /// The code of the functions that are defined.
    fn codes(&mut self) -> impl Iterator<Item = &mut code::Code> {
        self.functions.values_mut().filter_map(|function| match &mut function.body.as_mut()?.0 {
            Code::Lowered(lowered) => Some(&mut lowered.code),
            Code::Helper(_) => None,
        })
    }
}
