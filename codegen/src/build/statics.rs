//! Static data of a module that is being built.
//!
//! Code and constant expressions can refer to static data as soon as it is added. Its addresses are assigned when the
//! module is finished: all of it lies behind the header of home, so that the first region starts behind it, and an
//! address of static data is never at or above top. In a memory that instances share, it is at the base, and home is not.

use crate::build::module::{Entry, ModuleBuilder, Source};
use crate::build::static_items::Static;
use crate::code::{Code, structures};
use crate::context::Home;
use crate::error::{Error, Place};
use crate::index::MemoryIndex;
use crate::link::same_in_all;
use crate::start::{Copied, Once, Start};
use crate::statics::{Area, Kind, PlacedStatics, StaticNumber};
use linmem_allocator::layout::{ALIGNMENT, PAGE, align_up};
use linmem_allocator::statics::{Item, Plan, Sharing};
use wasm_encoder::{ConstExpr, ValType};

fn fail<T>(message: String) -> Result<T, Error> {
    Err(Error::Builder { message, place: Place::Module })
}

/// The bytes of a text in UTF-16LE.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The bytes of code units in little-endian order.
pub(super) fn wtf16(units: &[u16]) -> Vec<u8> {
    units.iter().copied().flat_map(u16::to_le_bytes).collect()
}

impl ModuleBuilder {
    /// Adds a constant with an alignment, a power of two up to 65536.
    ///
    /// Equal constants share their bytes, and so do constants that are suffixes of others. The program must not write
    /// to them, unless [`unshare_static_data`](ModuleBuilder::unshare_static_data) was called.
    ///
    /// # Errors
    ///
    /// If the alignment is not valid.
    pub fn static_bytes(&mut self, bytes: &[u8], alignment: u32) -> Result<Static, Error> {
        self.statics.bytes(bytes.to_vec(), alignment, None)
    }

    /// Adds a constant at an address that the frontend chooses, for example because a table elsewhere contains it. It must be
    /// behind the base, where linmem's part of the memory begins. It shares its bytes with no other constant.
    ///
    /// # Errors
    ///
    /// [`finish`](ModuleBuilder::finish) reports items that overlap, or that are not in linmem's part of the memory.
    pub fn static_at(&mut self, address: u32, bytes: &[u8]) -> Static {
        self.statics.constant(bytes.to_vec(), 1, Some(address))
    }

    /// Adds a text in UTF-8, with alignment 1, like [`static_bytes`](ModuleBuilder::static_bytes).
    pub fn static_utf8(&mut self, text: &str) -> Static {
        self.statics.constant(text.as_bytes().to_vec(), 1, None)
    }

    /// Adds a text in UTF-16LE, with alignment 2, like [`static_bytes`](ModuleBuilder::static_bytes).
    pub fn static_utf16(&mut self, text: &str) -> Static {
        self.statics.constant(utf16(text), 2, None)
    }

    /// Adds UTF-16 code units, which can contain lone surrogates, in little-endian order with alignment 2, like
    /// [`static_bytes`](ModuleBuilder::static_bytes).
    pub fn static_wtf16(&mut self, units: &[u16]) -> Static {
        self.statics.constant(wtf16(units), 2, None)
    }

    /// Reserves memory that is zero at first, with an alignment, a power of two up to 65536. All reservations of one
    /// name are one; it has the largest of their alignments.
    ///
    /// # Errors
    ///
    /// If the alignment is not valid, or the name is reserved with another size.
    pub fn reserve(&mut self, name: &str, size: u32, alignment: u32) -> Result<Static, Error> {
        self.statics.reserve(name, size, alignment)
    }

    /// Gives each constant its own bytes, so that the program can write to it, whatever the configuration says.
    pub fn unshare_static_data(&mut self) {
        self.statics.sharing = Sharing::Unshared;
    }

    /// The segment, as a constant expression of a global, a table or an element segment.
    ///
    /// # Errors
    ///
    /// If it belongs to another module.
    pub fn static_segment(&mut self, of: Static) -> Result<ConstExpr, Error> {
        self.late_constant(of, StaticNumber::of(of.segment, self.context.segments))
    }

    /// The address of the first byte, as a constant expression of type `i32`.
    ///
    /// # Errors
    ///
    /// If it belongs to another module.
    pub fn static_address(&mut self, of: Static) -> Result<ConstExpr, Error> {
        self.late_constant(of, StaticNumber::Address(of.segment))
    }

    fn late_constant(&mut self, of: Static, number: StaticNumber) -> Result<ConstExpr, Error> {
        self.statics.check_owner(of)?;
        Ok(self.statics.constants.add(number))
    }

    /// Assigns the addresses of static data, moves top behind it, and inserts the addresses into code.
    ///
    /// # Errors
    ///
    /// If the static data does not fit, or there is no known address for it.
    pub(super) fn place_statics(&mut self) -> Result<PlacedStatics, Error> {
        let framed = self.framed().and_then(|framed| {
            let arranged = self.arrange(Some(framed.frames.item())).ok()?;
            Some((framed, arranged))
        });
        let (framed, arranged) = match framed {
            Some((mut framed, arranged)) => {
                self.adopt(&mut framed);
                (Some(framed), Some(arranged))
            }
            None => (None, None),
        };
        self.meet_demands();
        if arranged.is_none() && self.statics.is_empty() {
            if let (Some(_), Some(base)) = (self.shared_part, &self.config.base) {
                return Err(same_in_all(base, self.context.memory.0));
            }
            return Ok(PlacedStatics::default());
        }
        let Arranged { area, mut plan, home } = arranged.map_or_else(|| self.arrange(None), Ok)?;
        match (area.kind, &mut self.context.home) {
            (Kind::Home, _) => {
                let Some((home, pages)) = home else { return no_room(&plan) };
                self.context.home = home;
                if let Some(memory) = self.items.memories.first_mut() {
                    memory.minimum = pages;
                }
            }
            (Kind::Base, Home::Reserved { top, .. }) => *top = align_up(plan.end, u64::from(ALIGNMENT)).max(*top),
            (Kind::Base | Kind::Alone | Kind::Instances, _) => {}
        }
        self.needs.move_home(self.context.home);
        for ((_, value), new) in self.items.globals.iter_mut().zip(self.context.globals()) {
            *value = new.value;
        }
        self.add_data(area, &plan);
        let reserve = plan.addresses.get(self.statics.count() as usize).copied();
        if let (Some(reserve), Some(framed)) = (reserve, framed) {
            plan.addresses.truncate(self.statics.count() as usize);
            plan.addresses.extend(framed.frames.addresses(reserve));
        }
        let mut placed = PlacedStatics { addresses: plan.addresses, ..PlacedStatics::default() };
        self.add_globals(&mut placed);
        codes(&mut self.functions).for_each(|code| code.place_statics(&placed));
        Ok(placed)
    }

    /// Assigns the addresses of static data, and of the reserve of static frames.
    fn arrange(&self, reserve: Option<Item<'_>>) -> Result<Arranged, Error> {
        let area = self.area()?;
        let plan = self.statics.plan(area, self.context.memory.0, &self.context, reserve)?;
        let home = match area.kind {
            Kind::Home => Home::in_new_memory(area.start, Some(plan.end), self.context.choices),
            Kind::Base | Kind::Alone | Kind::Instances => None,
        };
        if area.kind == Kind::Home && home.is_none() {
            return no_room(&plan);
        }
        Ok(Arranged { area, plan, home })
    }

    /// Where static data can be.
    fn area(&self) -> Result<Area, Error> {
        let memory = self.context.memory.0;
        if let Some((start, end)) = self.shared_part {
            return Ok(Area { start, end, kind: Kind::Instances });
        }
        match self.context.home {
            Home::Reserved { start, end, .. } if self.is_imported(memory) => Ok(Area { start, end, kind: Kind::Base }),
            Home::Reserved { start, .. } => {
                let ceiling = self.context.layout().ceiling();
                let maximum = self.items.memories.first().and_then(|memory| memory.maximum);
                let end = maximum.map_or(ceiling, |pages| ceiling.min(pages * u64::from(PAGE)));
                Ok(Area { start, end, kind: Kind::Home })
            }
            Home::Found { .. } => fail(format!(
                "static data has constant addresses, but no part of memory {memory} is linmem's: it is imported, and the \
                 configuration has no base"
            )),
        }
    }

    /// Adds the data segments. In a memory that is imported, which may not be zero, a start function copies them.
    fn add_data(&mut self, area: Area, plan: &Plan) {
        let MemoryIndex(memory) = self.context.memory;
        if !self.is_imported(memory) {
            for segment in &plan.segments {
                let offset = ConstExpr::i32_const(segment.address as u32 as i32);
                self.data(Some((memory, offset)), segment.bytes.clone());
            }
            return;
        }
        let first = self.items.data.len() as u32;
        let copied = (first..).zip(&plan.segments);
        let segments: Vec<Copied> =
            copied.map(|(number, segment)| Copied::at(number, segment.address, segment.bytes.len())).collect();
        for segment in &plan.segments {
            self.data(None, segment.bytes.clone());
        }
        if plan.end > area.base() {
            let cleared = Some((area.base(), plan.end));
            let contents = plan.segments.iter().map(|segment| segment.bytes.as_slice());
            let written = segments.iter().map(|segment| segment.address.as_slice()).zip(contents);
            let once = (area.kind == Kind::Instances).then(|| Once::new(area.start, cleared, written));
            self.own_start = Some(Start { memory: self.context.memory, once, cleared, segments });
        }
    }

    /// Adds a global for each segment that code uses as a structure, so that none is made more than once.
    fn add_globals(&mut self, placed: &mut PlacedStatics) {
        let Some(types) = self.context.segments.types() else { return };
        let used = structures(codes(&mut self.functions).map(|code| &*code));
        let ty = ValType::Ref(types.segment_reference(false));
        for (position, segment) in used.into_iter().enumerate() {
            let value = ConstExpr::raw(placed.structure(segment, types));
            let global = self.global(&format!("linmem.static.{position}"), ty, false, &value);
            placed.globals.insert(segment, global.0);
        }
    }
}

/// Where static data is.
struct Arranged {
    area: Area,
    plan: Plan,
    /// What is left of home, and the number of pages, if static data is in home.
    home: Option<(Home, u64)>,
}

fn no_room<T>(plan: &Plan) -> Result<T, Error> {
    fail(format!("static data ends at {}, which leaves no room for regions", plan.end))
}

/// The code of the functions that are defined.
fn codes(functions: &mut [Entry]) -> impl Iterator<Item = &mut Code> {
    functions.iter_mut().filter_map(|entry| match &mut entry.source {
        Source::Declared { body: Some(body), .. } => Some(&mut body.lowered.code),
        _ => None,
    })
}
