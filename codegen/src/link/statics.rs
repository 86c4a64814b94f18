//! The imports that are static data, and the globals of the module without them.
//!
//! The imports disappear from the linked module. In its place, a segment gets a defined global if something must refer to
//! a global: an export, or a structure in a constant expression or in a function that is copied. These globals come before
//! those of the program, whose constant expressions refer to them. Everything else uses the segment as a constant. The
//! initial values of tables precede all defined globals, and make structures of their own.
//!
//! ```text
//!   input    imports, some of them static data │                                │ the program's
//!   output   the other imports                 │ defined globals of static data │ the program's │ linmem's
//! ```

use crate::config::StaticData;
use crate::error::{Error, Place};
use crate::link::constants::Format;
use crate::link::imports::{Declared, kind};
use crate::module::value_type;
use crate::statics::{Initial, StaticSegment};
use indexmap::IndexSet;
use linmem_intrinsics::{MODULE, Representation};
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{GlobalType, Import, TypeRef};

/// An import that is static data.
#[derive(Clone, Debug)]
pub(crate) struct StaticImport<'a> {
    /// The index of the global.
    pub(super) global: u32,
    module: &'a str,
    name: &'a str,
    ty: GlobalType,
    place: Place,
    segment: StaticSegment,
}

/// The static data that a module imports.
#[derive(Debug, Default)]
pub(crate) struct Statics<'a> {
    /// In the order of their globals.
    imports: Vec<StaticImport<'a>>,
    /// The contents and the alignment of each item, and the position of the first import of it.
    items: Vec<(Initial, u32, usize)>,
    /// The items by module and name, if constants are shared.
    by_text: BTreeMap<(&'a str, &'a str), u32>,
    /// The items that are reservations, by the name of the reservation.
    by_name: BTreeMap<String, u32>,
    /// The globals that functions that are copied, or constant expressions other than those of tables, refer to.
    pub(super) read: BTreeSet<u32>,
    /// The globals that are exported.
    pub(super) exported: BTreeSet<u32>,
    /// The segments that have a defined global, in the order of these.
    defined: IndexSet<StaticSegment>,
    /// The number of imported globals that are not static data.
    kept: u32,
}

impl<'a> Statics<'a> {
    /// Whether the module imports static data.
    pub(crate) fn is_empty(&self) -> bool {
        self.imports.is_empty()
    }

    /// The contents and the alignments of the items.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&Initial, u32)> {
        self.items.iter().map(|(initial, alignment, _)| (initial, *alignment))
    }

    /// Adds an import from a module of linmem. `global` is its index, if it is a global.
    ///
    /// # Errors
    ///
    /// If it is not static data.
    pub(super) fn add(
        &mut self,
        import: &Import<'a>,
        format: Result<Format, String>,
        global: u32,
        place: Place,
        sharing: StaticData,
    ) -> Result<(), Error> {
        let fail = |message: String| Err(static_error(import.module, import.name, message, place.clone()));
        let format = match format {
            Ok(format) => format,
            Err(message) => return fail(message),
        };
        let TypeRef::Global(ty) = import.ty else {
            let kind = kind(import.ty);
            return fail(format!("it is imported as a {kind}, but static data is imported as a global"));
        };
        if ty.mutable || ty.shared {
            let what = if ty.mutable { "mutable" } else { "shared" };
            return fail(format!("the global is {what}, but static data is constant"));
        }
        let (initial, alignment) = match format.read(import.name) {
            Ok(read) => read,
            Err(message) => return fail(message),
        };
        let segment = match self.item(import, initial, alignment, sharing) {
            Ok(segment) => segment,
            Err(message) => return fail(message),
        };
        let Import { module, name, .. } = *import;
        self.imports.push(StaticImport { global, module, name, ty, place, segment });
        Ok(())
    }

    fn item(
        &mut self,
        import: &Import<'a>,
        initial: Initial,
        alignment: u32,
        sharing: StaticData,
    ) -> Result<StaticSegment, String> {
        let (bytes, known) = match &initial {
            Initial::Zeros { name, size } => (*size, self.by_name.get(name)),
            Initial::Bytes(bytes) => {
                let known = self.by_text.get(&(import.module, import.name));
                // A name in the binary format is much shorter than 4 GiB.
                (u32::try_from(bytes.len()).unwrap_or(u32::MAX), known.filter(|_| sharing == StaticData::Shared))
            }
        };
        if let Some(item) = known.copied() {
            if let Some((known, largest, _)) = self.items.get_mut(item as usize) {
                if let (Initial::Zeros { name, size }, Initial::Zeros { size: other, .. }) = (&initial, &*known)
                    && size != other
                {
                    return Err(format!("`{name}` is reserved with {other} bytes by an earlier import"));
                }
                *largest = alignment.max(*largest);
            }
            return Ok(StaticSegment { item, offset: 0, bytes });
        }
        let item = self.items.len() as u32;
        match &initial {
            Initial::Zeros { name, .. } => _ = self.by_name.insert(name.clone(), item),
            Initial::Bytes(_) => _ = self.by_text.insert((import.module, import.name), item),
        }
        self.items.push((initial, alignment, self.imports.len()));
        Ok(StaticSegment { item, offset: 0, bytes })
    }

    /// The representation of segments, from the first import that has the type of a segment.
    pub(super) fn declared(&self) -> Option<Declared> {
        self.imports.iter().find_map(|import| {
            let representation = representation(import.ty)?;
            Some(Declared { import: quoted(import.module, import.name), representation })
        })
    }

    /// Checks the types of all imports, and assigns the indices of globals. `declared` is `None` if no import has the type
    /// of a segment.
    pub(super) fn finish(&mut self, imported_globals: u32, declared: Option<&Declared>) -> Vec<Error> {
        self.kept = imported_globals - self.imports.len() as u32;
        let is_structure =
            declared.is_some_and(|declared| matches!(declared.representation, Representation::Reference { .. }));
        let mut errors = Vec::new();
        for import in &self.imports {
            let needed = self.exported.contains(&import.global) || is_structure && self.read.contains(&import.global);
            if needed {
                self.defined.insert(import.segment);
            }
            let ty = import.ty.content_type;
            let message = match (representation(import.ty), declared) {
                (Some(own), Some(Declared { representation, .. })) if own == *representation => continue,
                (Some(_), Some(Declared { import: other, representation })) => format!(
                    "the global has the type {ty}, but {other} declares segments as {representation}; all imports of a \
                     module must agree"
                ),
                _ => format!(
                    "the global has the type {ty}, which is not a type of segments; expected i32, i64 or anyref"
                ),
            };
            errors.push(static_error(import.module, import.name, message, import.place.clone()));
        }
        errors
    }

    fn import(&self, global: u32) -> Option<&StaticImport<'a>> {
        let position = self.imports.binary_search_by_key(&global, |import| import.global).ok()?;
        self.imports.get(position)
    }

    /// The segment of a global, if it is static data.
    pub(crate) fn segment(&self, global: u32) -> Option<StaticSegment> {
        self.import(global).map(|import| import.segment)
    }

    /// The segments that have a defined global, in the order of these globals.
    pub(super) fn defined(&self) -> &IndexSet<StaticSegment> {
        &self.defined
    }

    /// The number of imported globals of the linked module, which is the index of its first defined one.
    pub(super) fn kept(&self) -> u32 {
        self.kept
    }

    /// The index of a global in the linked module. `None` for static data that has no global.
    pub(super) fn index(&self, global: u32) -> Option<u32> {
        if let Some(import) = self.import(global) {
            let position = self.defined.get_index_of(&import.segment)?;
            return Some(self.kept + position as u32);
        }
        let removed = self.imports.partition_point(|import| import.global < global) as u32;
        let is_import = global < self.kept + self.imports.len() as u32;
        let added = if is_import { 0 } else { self.defined.len() as u32 };
        // A name section can name globals that do not exist.
        Some(global.saturating_sub(removed).saturating_add(added))
    }

    /// The place of the first import of static data.
    pub(super) fn first_place(&self) -> Place {
        self.imports.first().map_or(Place::Module, |import| import.place.clone())
    }

    /// An error about an item.
    pub(super) fn item_error(&self, item: usize, message: String) -> Error {
        match self.items.get(item).and_then(|(.., import)| self.imports.get(*import)) {
            Some(import) => static_error(import.module, import.name, message, import.place.clone()),
            None => Error::Unsupported { message, place: Place::Module },
        }
    }
}

/// The representation of segments that have the type of a global.
fn representation(ty: GlobalType) -> Option<Representation> {
    let declared = value_type(ty.content_type);
    Representation::ALL.iter().copied().find(|representation| representation.value_type() == declared)
}

fn static_error(module: &str, name: &str, message: String, place: Place) -> Error {
    Error::Static { import: quoted(module, name), message, place }
}

/// An import in messages: its module and its name, as in the text format.
fn quoted(module: &str, name: &str) -> String {
    const LONGEST: usize = 40;
    let start: String = name.chars().take(LONGEST).collect();
    let more = if start.len() < name.len() { "..." } else { "" };
    format!("\"{}\" \"{}{more}\"", module.escape_debug(), start.escape_debug())
}

/// Whether an import from another module than `linmem` is linmem's, and how its name is read.
pub(super) fn format_of(module: &str) -> Option<Result<Format, String>> {
    (module != MODULE).then(|| Format::of_module(module)).flatten()
}
