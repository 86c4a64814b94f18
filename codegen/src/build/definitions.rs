//! Definitions of globals, memories, tables and tags; exports, those of an allocator among them.

use crate::allocator_exports;
use crate::build::ids::{Exported, FunctionId, GlobalId, MemoryId, TableId, TagId, TypeId};
use crate::build::items::{Contents, Mode};
use crate::build::module::ModuleBuilder;
use crate::error::{Error, Place};
use wasm_encoder::{ConstExpr, GlobalType, MemoryType, RefType, TableType, ValType};

impl ModuleBuilder {
    /// Adds a global. Its value can refer to functions by the numbers of their [`FunctionId`].
    pub fn global(&mut self, name: &str, ty: ValType, mutable: bool, value: &ConstExpr) -> GlobalId {
        self.items.settle();
        let id = GlobalId(self.items.imported_globals + self.items.globals.len() as u32);
        self.items.globals.push((GlobalType { val_type: ty, mutable, shared: false }, value.clone()));
        self.items.names.insert(id.into(), name.to_string());
        id
    }

    /// The memory that segments are in, which is exported as `memory`. linmem defines it, unless it is
    /// [imported](ModuleBuilder::import_segment_memory).
    pub fn segment_memory(&self) -> MemoryId {
        self.items.settle();
        MemoryId(self.context.memory.0)
    }

    /// Adds a memory of the frontend's, beside the one that segments are in.
    pub fn memory(&mut self, ty: MemoryType) -> MemoryId {
        self.items.settle();
        let id = MemoryId(self.items.imported_memories + self.items.memories.len() as u32);
        self.items.memories.push(ty);
        id
    }

    /// Adds a table of these functions.
    pub fn table(&mut self, functions: &[FunctionId]) -> TableId {
        let size = functions.len() as u64;
        let element_type = RefType::FUNCREF;
        let ty = TableType { element_type, table64: false, minimum: size, maximum: Some(size), shared: false };
        let table = self.table_with(ty, None);
        let mode = Mode::Active(table.0, ConstExpr::i32_const(0));
        self.items.elements.push((mode, Contents::Functions(functions.to_vec())));
        table
    }

    /// Adds a table of any type, whose elements have this initial value. Without a value they are null, which the type
    /// must allow. The value can refer to functions by the numbers of their [`FunctionId`].
    pub fn table_with(&mut self, ty: TableType, value: Option<&ConstExpr>) -> TableId {
        let id = TableId(self.items.imported_tables + self.items.tables.len() as u32);
        self.items.tables.push((ty, value.cloned()));
        id
    }

    /// Adds an exception tag with the parameters of a function type.
    pub fn tag(&mut self, ty: TypeId) -> TagId {
        let id = TagId(self.items.imported_tags + self.items.tags.len() as u32);
        self.items.tags.push(ty.0);
        self.declare_tag(id, ty);
        id
    }

    pub(super) fn declare_tag(&self, tag: TagId, ty: TypeId) {
        self.signatures.declare_tag(tag.0, self.signatures.type_params(ty.0).unwrap_or_default());
    }

    /// Exports an item. The name `memory` is that of [`segment_memory`](ModuleBuilder::segment_memory).
    pub fn export(&mut self, name: &str, item: impl Into<Exported>) {
        self.exports.push((name.to_string(), item.into()));
    }

    /// Defines and exports functions by which the host opens regions, allocates and closes them: `linmem_open`,
    /// `linmem_allocate (allocator, bytes, alignment) -> segment`, `linmem_close` and `linmem_release`. If segments carry
    /// their size, it also exports `linmem_address` and `linmem_size`, which return those of a segment.
    ///
    /// If [`Config::export_allocator`](crate::Config::export_allocator) is set as well, the module notices when closing a
    /// region frees an allocation of the host, as a linked module does.
    ///
    /// # Errors
    ///
    /// If something is already exported under one of these names.
    pub fn export_allocator(&mut self) -> Result<(), Error> {
        let (choices, representation) = (self.context.choices, self.context.representation);
        for allocator_exports::Export { name, ty: declared, code } in
            allocator_exports::functions(choices, representation)
        {
            if self.exports.iter().any(|(export, _)| export == name) {
                let message = format!("the module already has an export `{name}`");
                return Err(Error::Builder { message, place: Place::Module });
            }
            let ty = self.intern(&declared);
            let function = self.function(name, ty, |f| f.engine.allocator_export(&code))?;
            self.export(name, function);
        }
        self.exports_allocator = true;
        Ok(())
    }
}
