//! Static data of a module that is being built.
//!
//! Code and constant expressions can refer to static data as soon as it is added. Its addresses are assigned when the
//! module is finished: all of it lies behind the header of home, so that the first region starts behind it, and an
//! address of static data is never at or above top.

use crate::build::module::{Entry, ModuleBuilder, Source};
use crate::build::static_items::Static;
use crate::code::{Code, Number};
use crate::context::Home;
use crate::error::{Error, Place};
use crate::index::MemoryIndex;
use crate::segment::Segments;
use crate::statics::{Initial, PlacedStatics, StaticNumber, StaticSegment};
use indexmap::IndexSet;
use linmem_allocator::layout::{ALIGNMENT, MAX_ALIGNMENT, PAGE, is_alignment};
use linmem_allocator::statics::{Item, Options, Sharing, plan};
use wasm_encoder::{ConstExpr, ValType};

fn fail<T>(message: String) -> Result<T, Error> {
    Err(Error::Builder { message, place: Place::Module })
}

fn check_alignment(what: &str, alignment: u32) -> Result<(), Error> {
    if is_alignment(u64::from(alignment)) {
        return Ok(());
    }
    fail(format!("{what} has alignment {alignment}, which is not a power of two up to {MAX_ALIGNMENT}"))
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
        check_alignment("static data", alignment)?;
        Ok(self.constant(bytes.to_vec(), alignment))
    }

    /// Adds a text in UTF-8, with alignment 1, like [`static_bytes`](ModuleBuilder::static_bytes).
    pub fn static_utf8(&mut self, text: &str) -> Static {
        self.constant(text.as_bytes().to_vec(), 1)
    }

    /// Adds a text in UTF-16LE, with alignment 2, like [`static_bytes`](ModuleBuilder::static_bytes).
    pub fn static_utf16(&mut self, text: &str) -> Static {
        self.constant(text.encode_utf16().flat_map(u16::to_le_bytes).collect(), 2)
    }

    /// Adds UTF-16 code units, which can contain lone surrogates, in little-endian order with alignment 2, like
    /// [`static_bytes`](ModuleBuilder::static_bytes).
    pub fn static_wtf16(&mut self, units: &[u16]) -> Static {
        self.constant(units.iter().copied().flat_map(u16::to_le_bytes).collect(), 2)
    }

    /// Reserves memory that is zero at first, with an alignment, a power of two up to 65536. All reservations of one
    /// name are one; it has the largest of their alignments.
    ///
    /// # Errors
    ///
    /// If the alignment is not valid, or the name is reserved with another size.
    pub fn reserve(&mut self, name: &str, size: u32, alignment: u32) -> Result<Static, Error> {
        check_alignment(&format!("the reservation `{name}`"), alignment)?;
        let Some(&item) = self.statics.by_name.get(name) else {
            let initial = Initial::Zeros { name: name.to_string(), size };
            let reserved = self.statics.add(initial, size, alignment);
            self.statics.by_name.insert(name.to_string(), reserved.segment.item);
            return Ok(reserved);
        };
        if let Some((Initial::Zeros { size: other, .. }, largest)) = self.statics.items.get_mut(item as usize) {
            if *other != size {
                return fail(format!(
                    "`{name}` is reserved with {size} bytes, but was reserved with {other} bytes before"
                ));
            }
            *largest = alignment.max(*largest);
        }
        Ok(Static { segment: StaticSegment { item, offset: 0, bytes: size }, owner: self.statics.owner })
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
        let number = match self.context.segments {
            Segments::Address => StaticNumber::Address(of.segment),
            Segments::Packed => StaticNumber::Packed(of.segment),
            Segments::Reference(_) => StaticNumber::Global(of.segment),
        };
        self.late_constant(of, number)
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
        if of.owner != self.statics.owner {
            return fail("the static data belongs to another module".to_string());
        }
        Ok(self.statics.constants.add(number))
    }

    /// A size above the largest one is found when the module is finished, since there is no room for it.
    fn constant(&mut self, bytes: Vec<u8>, alignment: u32) -> Static {
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.statics.add(Initial::Bytes(bytes), size, alignment)
    }

    /// Assigns the addresses of static data, moves top behind it, and inserts the addresses into code.
    ///
    /// # Errors
    ///
    /// If the static data does not fit.
    pub(super) fn place_statics(&mut self) -> Result<PlacedStatics, Error> {
        if self.statics.items.is_empty() {
            return Ok(PlacedStatics::default());
        }
        let Home::Reserved { start, .. } = self.context.home else {
            return fail(
                "static data requires a memory that linmem defines; the memory of segments is imported".to_string(),
            );
        };
        let items: Vec<Item<'_>> =
            self.statics.items.iter().map(|(initial, alignment)| initial.item(*alignment)).collect();
        let (layout, choices) = (self.context.layout(), self.context.choices);
        let maximum = self.items.memories.first().and_then(|memory| memory.maximum);
        let end = maximum.map_or(layout.ceiling(), |pages| layout.ceiling().min(pages * u64::from(PAGE)));
        let kept = u64::from(layout.chunk_header() + choices.reserve(self.context.width()) + ALIGNMENT);
        let base = start + u64::from(layout.chunk_header());
        let MemoryIndex(memory) = self.context.memory;
        let options = Options {
            memory,
            sharing: self.statics.sharing,
            ..Options::new(self.context.width(), base, end.saturating_sub(kept).max(base))
        };
        let plan = match plan(&items, &options) {
            Ok(plan) => plan,
            Err(error) => return fail(format!("static data cannot be placed: {error}")),
        };
        let Some((home, pages)) = Home::in_new_memory(start, Some(plan.end), choices) else {
            return fail(format!("static data ends at {}, which leaves no room for regions", plan.end));
        };
        self.context.home = home;
        self.needs.move_home(home);
        if let Some(memory) = self.items.memories.first_mut() {
            memory.minimum = pages;
        }
        for ((_, value), new) in self.items.globals.iter_mut().zip(self.context.globals()) {
            *value = new.value;
        }
        for segment in plan.segments {
            let offset = ConstExpr::i32_const(segment.address as u32 as i32);
            self.data(Some((memory, offset)), segment.bytes);
        }
        let mut placed = PlacedStatics { addresses: plan.addresses, ..PlacedStatics::default() };
        self.add_globals(&mut placed);
        codes(&mut self.functions).for_each(|code| code.place_statics(&placed));
        Ok(placed)
    }

    /// Adds a global for each segment that code uses as a structure, so that none is made more than once.
    fn add_globals(&mut self, placed: &mut PlacedStatics) {
        let Some(types) = self.context.segments.types() else { return };
        let used: IndexSet<StaticSegment> = codes(&mut self.functions)
            .flat_map(|code| &code.numbers)
            .filter_map(|(_, number)| match number {
                Number::Static(StaticNumber::Global(segment)) => Some(*segment),
                _ => None,
            })
            .collect();
        let ty = ValType::Ref(types.segment_reference(false));
        for (position, segment) in used.into_iter().enumerate() {
            let value = ConstExpr::raw(placed.structure(segment, types));
            let global = self.global(&format!("linmem.static.{position}"), ty, false, &value);
            placed.globals.insert(segment, global.0);
        }
    }
}

/// The code of the functions that are defined.
fn codes(functions: &mut [Entry]) -> impl Iterator<Item = &mut Code> {
    functions.iter_mut().filter_map(|entry| match &mut entry.source {
        Source::Declared { body: Some(body), .. } => Some(&mut body.lowered.code),
        _ => None,
    })
}
