//! A module, while it is being built.

use crate::build::builder::{FunctionBuilder, Signatures};
use crate::build::ids::{FunctionId, TypeId};
use crate::build::lowering::{NewMemory, new_memory};
use crate::build::types::Types;
use crate::choices::Choices;
use crate::config::Config;
use crate::context::{Context, Growth};
use crate::engine::knowledge::contents::Assigned;
use crate::engine::locals::Locals;
use crate::engine::{Engine, Lowered, Origin};
use crate::error::Error;
use crate::globals::NewGlobal;
use crate::helpers::Needs;
use crate::index::{GlobalIndex, MemoryIndex};
use crate::module::val_type;
use crate::segment::Segments;
use crate::width::WIDTH;
use linmem_allocator::Unwind;
use linmem_intrinsics::{FunctionType, Representation, wasi};
use std::cell::RefCell;
use wasm_encoder::{
    ConstExpr, DataSection, ExportKind, GlobalSection, GlobalType, NameMap, RefType, SubType, TableSection, TableType,
    TagKind, TagSection, TagType, ValType,
};

pub(super) enum Source {
    Import { module: String, name: String },
    Declared { name: String, body: Option<Lowered> },
}

pub(super) struct Entry {
    pub(super) ty: TypeId,
    pub(super) source: Source,
}

/// Builds a module: owns the index spaces, interns types, adds linmem's memory, globals and helpers, writes the name
/// section, and validates the result.
pub struct ModuleBuilder {
    pub(super) context: Context,
    pub(super) needs: Needs,
    pub(super) unwind: Unwind,
    pub(super) pages: u64,
    pub(super) maximum: Option<u64>,
    pub(super) types: Types,
    pub(super) functions: Vec<Entry>,
    pub(super) globals: GlobalSection,
    pub(super) global_names: NameMap,
    pub(super) tables: TableSection,
    pub(super) table_elements: Vec<(u32, Vec<FunctionId>)>,
    pub(super) referenced: Vec<FunctionId>,
    pub(super) tags: TagSection,
    /// The function types of the tags.
    pub(super) tag_types: Vec<u32>,
    pub(super) exports: Vec<(String, ExportKind, u32)>,
    pub(super) start: Option<FunctionId>,
    pub(super) data: DataSection,
}

impl ModuleBuilder {
    /// A module that contains only a memory of linmem's, exported as `memory`.
    ///
    /// # Errors
    ///
    /// If the configuration is not supported, or the base is not an address in the memory.
    pub fn new(config: &Config, representation: Representation) -> Result<ModuleBuilder, Error> {
        let NewMemory { home, pages, maximum } = new_memory(config, representation)?;
        let choices = Choices::of(config, representation);
        let context = Context {
            representation,
            choices,
            memory: MemoryIndex(0),
            width: WIDTH,
            first_global: GlobalIndex(0),
            home,
            growth: Growth::Grow,
            keeps_errno: config.last_errno,
            segments: Segments::new(representation, choices, WIDTH, 0),
        };
        let mut builder = ModuleBuilder {
            context,
            needs: Needs::new(context),
            unwind: config.unwind,
            pages,
            maximum,
            types: Types::default(),
            functions: Vec::new(),
            globals: GlobalSection::new(),
            global_names: NameMap::new(),
            tables: TableSection::new(),
            table_elements: Vec::new(),
            referenced: Vec::new(),
            tags: TagSection::new(),
            tag_types: Vec::new(),
            exports: Vec::new(),
            start: None,
            data: DataSection::new(),
        };
        if let Some(types) = context.segments.types() {
            builder.types.add_segments(types);
        }
        for NewGlobal { global, ty, value } in context.globals() {
            builder.global(global.name(), ty, true, &value);
        }
        Ok(builder)
    }

    /// The function type with these parameters and results.
    pub fn function_type(
        &mut self,
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> TypeId {
        self.types.function(params.into_iter().collect(), results.into_iter().collect())
    }

    /// A recursion group of types, such as those of a GC heap. Function types in it are not interned.
    pub fn recursion_group(&mut self, types: impl IntoIterator<Item = SubType>) -> Vec<TypeId> {
        self.types.recursion_group(types.into_iter().collect())
    }

    /// Imports a function.
    pub fn import_function(&mut self, module: &str, name: &str, ty: TypeId) -> FunctionId {
        self.entry(ty, Source::Import { module: module.to_string(), name: name.to_string() })
    }

    /// Imports a WASI function directly, unless it is already imported. The lifted form needs no import: see
    /// [`FunctionBuilder::wasi`].
    pub fn import_wasi(&mut self, function: wasi::Function) -> FunctionId {
        let is_it = |entry: &Entry| match &entry.source {
            Source::Import { module, name } => module == wasi::MODULE && name == function.name(),
            Source::Declared { .. } => false,
        };
        if let Some(position) = self.functions.iter().position(is_it) {
            return FunctionId(position as u32);
        }
        let ty = self.intern(&function.function_type());
        self.import_function(wasi::MODULE, function.name(), ty)
    }

    /// Declares a function that is defined later.
    pub fn declare_function(&mut self, name: &str, ty: TypeId) -> FunctionId {
        self.entry(ty, Source::Declared { name: name.to_string(), body: None })
    }

    /// Defines a declared function.
    ///
    /// # Errors
    ///
    /// The first mistake that `code` made, or that the function is imported or already defined.
    pub fn define(&mut self, function: FunctionId, code: impl FnOnce(&mut FunctionBuilder<'_>)) -> Result<(), Error> {
        let fail = |message: String| Err(Error::Builder { message });
        let Some(Entry { ty, source: Source::Declared { name, body: None } }) = self.functions.get(function.0 as usize)
        else {
            return fail(format!("function {} cannot be defined: it is imported or already defined", function.0));
        };
        let Some((params, results)) = self.types.arity(ty.0) else {
            return fail(format!("{name}: type {} is not a function type", ty.0));
        };
        let name = name.clone();
        let locals = Locals::new(self.context.width(), params, Vec::new(), vec![Assigned::Often; params as usize]);
        let types = RefCell::new(&mut self.types);
        let signatures = Declared { functions: &self.functions, types, tags: &self.tag_types };
        let mut engine = Engine::new(&self.context, &mut self.needs, locals, results);
        engine.set_origin(Origin { function: function.0, ..Origin::default() });
        let mut builder = FunctionBuilder::new(engine, &signatures, &name, self.unwind, params, results);
        code(&mut builder);
        let lowered = builder.finish()?;
        if let Source::Declared { body, .. } = &mut self.functions[function.0 as usize].source {
            *body = Some(lowered);
        }
        Ok(())
    }

    /// Declares and defines a function.
    ///
    /// # Errors
    ///
    /// The first mistake that `code` made.
    pub fn function(
        &mut self,
        name: &str,
        ty: TypeId,
        code: impl FnOnce(&mut FunctionBuilder<'_>),
    ) -> Result<FunctionId, Error> {
        let function = self.declare_function(name, ty);
        self.define(function, code)?;
        Ok(function)
    }

    /// Adds a global and returns its index.
    pub fn global(&mut self, name: &str, ty: ValType, mutable: bool, value: &ConstExpr) -> u32 {
        let index = self.globals.len();
        self.globals.global(GlobalType { val_type: ty, mutable, shared: false }, value);
        self.global_names.append(index, name);
        index
    }

    /// Adds a table of these functions and returns its index.
    pub fn table(&mut self, functions: &[FunctionId]) -> u32 {
        let index = self.tables.len();
        let size = functions.len() as u64;
        let element_type = RefType::FUNCREF;
        self.tables.table(TableType {
            element_type,
            table64: false,
            minimum: size,
            maximum: Some(size),
            shared: false,
        });
        self.table_elements.push((index, functions.to_vec()));
        index
    }

    /// Declares that an instruction refers to a function by `ref.func`, as validation requires.
    pub fn reference(&mut self, function: FunctionId) {
        self.referenced.push(function);
    }

    /// Adds an exception tag with the parameters of a function type, and returns its index.
    pub fn tag(&mut self, ty: TypeId) -> u32 {
        let index = self.tags.len();
        self.tags.tag(TagType { kind: TagKind::Exception, func_type_idx: ty.0 });
        self.tag_types.push(ty.0);
        index
    }

    /// Adds a passive data segment and returns its index.
    pub fn passive_data(&mut self, bytes: &[u8]) -> u32 {
        let index = self.data.len();
        self.data.passive(bytes.iter().copied());
        index
    }

    /// Exports a function.
    pub fn export(&mut self, name: &str, function: FunctionId) {
        self.exports.push((name.to_string(), ExportKind::Func, function.0));
    }

    /// Makes a function the start function, which runs when the module is instantiated.
    pub fn start(&mut self, function: FunctionId) {
        self.start = Some(function);
    }

    fn entry(&mut self, ty: TypeId, source: Source) -> FunctionId {
        self.functions.push(Entry { ty, source });
        FunctionId(self.functions.len() as u32 - 1)
    }

    pub(super) fn intern(&mut self, ty: &FunctionType) -> TypeId {
        let convert = |list: &[linmem_intrinsics::ValueType]| list.iter().map(|ty| val_type(*ty)).collect::<Vec<_>>();
        self.function_type(convert(&ty.params), convert(&ty.results))
    }
}

/// The part of a module builder that function builders use.
struct Declared<'a> {
    functions: &'a [Entry],
    types: RefCell<&'a mut Types>,
    tags: &'a [u32],
}

impl Signatures for Declared<'_> {
    fn function_arity(&self, function: u32) -> Option<(u32, u32)> {
        self.functions.get(function as usize).and_then(|entry| self.type_arity(entry.ty.0))
    }

    fn type_arity(&self, ty: u32) -> Option<(u32, u32)> {
        self.types.borrow().arity(ty)
    }

    fn tag_types(&self, tag: u32) -> Option<Vec<ValType>> {
        let ty = self.tags.get(tag as usize)?;
        self.types.borrow().params(*ty).map(<[ValType]>::to_vec)
    }

    fn block_type(&self, results: &[ValType]) -> Option<u32> {
        Some(self.types.borrow_mut().function(Vec::new(), results.to_vec()).0)
    }

    fn renumbers(&self) -> bool {
        true
    }
}
