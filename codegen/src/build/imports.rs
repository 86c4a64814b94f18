//! Imports of globals, memories, tables and tags.

use crate::build::ids::{GlobalId, MemoryId, Named, TableId, TagId, TypeId};
use crate::build::items::Import;
use crate::build::module::ModuleBuilder;
use crate::config::{Base, Config, Share};
use crate::context::Home;
use crate::error::{Error, Place};
use crate::helpers::Needs;
use crate::index::{GlobalIndex, MemoryIndex};
use crate::link::{end_of, reserve, shared_part};
use crate::setting::Setting;
use wasm_encoder::{EntityType, GlobalType, MemoryType, TableType, TagKind, TagType};

/// Imports other than those of functions.
///
/// Imports have the first indices of each index space, so these must precede definitions of their kind; the index that
/// they return is final. Functions can be imported at any time, since the indices of functions are assigned last.
impl ModuleBuilder {
    /// Imports a global.
    ///
    /// # Errors
    ///
    /// If a global or a memory was defined before, or the body of a function was begun: linmem's globals follow the
    /// imported ones, and code refers to them by index.
    pub fn import_global(&mut self, module: &str, name: &str, ty: GlobalType) -> Result<GlobalId, Error> {
        self.check_unsettled(module, name)?;
        let id = GlobalId(self.items.imported_globals);
        self.items.imported_globals += 1;
        self.context.first_global = GlobalIndex(self.items.imported_globals);
        self.import(module, name, EntityType::Global(ty), id.into());
        Ok(id)
    }

    /// Imports the memory that segments are in, instead of the one that linmem defines. If the configuration contains a base,
    /// linmem owns the bytes from there to the end of the memory's minimum size, else nothing until it grows the memory. All
    /// other code must use only what its own `memory.grow` returned.
    ///
    /// If the memory is shared, each thread is an instance of the module, and has regions of its own in what it grows. The
    /// base is then that of static data, which the instances share: the first one writes it. The 8 bytes at the base must be
    /// zero before. If there is no static data, [`finish`](ModuleBuilder::finish) refuses the base.
    ///
    /// # Errors
    ///
    /// If a global or a memory was defined before, or the body of a function was begun; if the memory is not a 32-bit one
    /// with the usual pages; if segments are already in an imported memory; if the configuration contains a base that is not
    /// an address in the memory, a maximum, or a way to share the memory other than `trust`.
    pub fn import_segment_memory(&mut self, module: &str, name: &str, ty: MemoryType) -> Result<MemoryId, Error> {
        self.check_unsettled(module, name)?;
        let fail = |setting, message: &str| Err(Error::option(setting, message));
        let imported = "segments are in a memory that the module imports";
        self.config.check_not_own(imported)?;
        match &self.config {
            Config { max_pages: Some(most), .. } => return fail(Setting::max_pages(*most), imported),
            Config { split: Some(split), .. } => return fail(Setting::split(*split), imported),
            Config { share: Some(share @ (Share::Split | Share::Allocator { .. })), .. } => {
                return fail(Setting::share(share), imported);
            }
            _ => {}
        }
        if self.has_imported_segments() {
            return late(module, name, imported);
        }
        if ty.memory64 || ty.page_size_log2.is_some() {
            return late(module, name, "segments are in a 32-bit memory with pages of 65536 bytes");
        }
        let (home, shared_part) = match &self.config.base {
            None => (Home::Found { base: None }, None),
            Some(base @ Base::Global(_)) => return fail(Setting::base(base), imported),
            Some(base @ Base::Address(address)) => {
                let (address, end) = (u64::from(*address), end_of(ty.minimum));
                if ty.shared {
                    (Home::Found { base: None }, Some(shared_part(address, end, base)?))
                } else {
                    (reserve(address, end, base, self.context.choices)?, None)
                }
            }
        };
        let id = MemoryId(self.items.imported_memories);
        self.items.imported_memories += 1;
        self.items.memories.clear();
        self.items.globals.clear();
        self.items.own_globals.clear();
        self.context.memory = MemoryIndex(id.0);
        self.context.home = home;
        self.shared_part = shared_part;
        self.add_own_globals();
        self.import(module, name, EntityType::Memory(ty), id.into());
        Ok(id)
    }

    /// Whether the memory with an index is imported.
    pub(super) fn is_imported(&self, memory: u32) -> bool {
        memory < self.items.imported_memories
    }

    /// Whether segments are in an imported memory. Before other memories are defined, linmem's is the only one.
    fn has_imported_segments(&self) -> bool {
        self.items.memories.is_empty()
    }

    /// Imports a memory of the frontend's, in which no segments are.
    ///
    /// # Errors
    ///
    /// If a global or a memory was defined before, or the body of a function was begun: linmem's memory follows the
    /// imported ones, and code refers to it by index.
    pub fn import_memory(&mut self, module: &str, name: &str, ty: MemoryType) -> Result<MemoryId, Error> {
        self.check_unsettled(module, name)?;
        let id = MemoryId(self.items.imported_memories);
        self.items.imported_memories += 1;
        if !self.has_imported_segments() {
            self.context.memory = MemoryIndex(self.items.imported_memories);
        }
        self.import(module, name, EntityType::Memory(ty), id.into());
        Ok(id)
    }

    /// Imports a table.
    ///
    /// # Errors
    ///
    /// If a table was defined before.
    pub fn import_table(&mut self, module: &str, name: &str, ty: TableType) -> Result<TableId, Error> {
        if !self.items.tables.is_empty() {
            return late(module, name, "a table is already defined; import tables first");
        }
        let id = TableId(self.items.imported_tables);
        self.items.imported_tables += 1;
        self.import(module, name, EntityType::Table(ty), id.into());
        Ok(id)
    }

    /// Imports an exception tag with the parameters of a function type.
    ///
    /// # Errors
    ///
    /// If a tag was defined before.
    pub fn import_tag(&mut self, module: &str, name: &str, ty: TypeId) -> Result<TagId, Error> {
        if !self.items.tags.is_empty() {
            return late(module, name, "a tag is already defined; import tags first");
        }
        let id = TagId(self.items.imported_tags);
        self.items.imported_tags += 1;
        self.declare_tag(id, ty);
        let tag = TagType { kind: TagKind::Exception, func_type_idx: ty.0 };
        self.import(module, name, EntityType::Tag(tag), id.into());
        Ok(id)
    }

    fn check_unsettled(&self, module: &str, name: &str) -> Result<(), Error> {
        if self.items.is_settled() {
            let reason = "a global or memory is already defined, or a function has a body; import globals and memories \
                          first";
            return late(module, name, reason);
        }
        Ok(())
    }

    fn import(&mut self, module: &str, name: &str, ty: EntityType, item: Named) {
        // Nothing was lowered yet that depends on the previous indices of linmem's memory and globals, unless they are
        // the same.
        if !self.items.is_settled() {
            self.needs = Needs::new(self.context);
        }
        self.items.imports.push(Import { module: module.to_string(), name: name.to_string(), ty });
        self.items.names.insert(item, format!("{module}.{name}"));
    }
}

fn late<T>(module: &str, name: &str, reason: &str) -> Result<T, Error> {
    let message = format!("{module}.{name} cannot be imported: {reason}");
    Err(Error::Builder { message, place: Place::Module })
}
