//! A module, while it is being built.

use crate::build::FunctionBuilder;
use crate::build::function::Signatures;
use crate::build::lowering::new_memory;
use crate::config::Config;
use crate::context::Context;
use crate::engine::locals::{Assigned, Locals};
use crate::engine::tape::{FunctionRef, relocate};
use crate::engine::{Engine, Lowered};
use crate::error::Error;
use crate::helpers::{Bodies, Helper, HostImport, Needs};
use crate::index::{GlobalIndex, MemoryIndex};
use crate::module::val_type;
use indexmap::IndexMap;
use linmem_intrinsics::{FunctionType, Representation};
use std::borrow::Cow;
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, IndirectNameMap, MemorySection, MemoryType, Module,
    NameMap, NameSection, RefType, StartSection, SubType, TableSection, TableType, TagKind, TagSection, TagType,
    TypeSection, ValType,
};

/// A function of a [`ModuleBuilder`]: its number in the order of declaration, imports included. Instructions that are
/// given to a [`FunctionBuilder`] refer to functions by this number; the index comes with the finished module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FunctionId(pub u32);

/// A type of a [`ModuleBuilder`]: its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeId(pub u32);

enum Source {
    Import { module: String, name: String },
    Declared { name: String, body: Option<Lowered> },
}

struct Entry {
    ty: TypeId,
    source: Source,
}

/// Builds a module: owns the index spaces, interns types, adds linmem's memory, globals and helpers, writes the name
/// section, and validates what it makes.
pub struct ModuleBuilder {
    context: Context,
    needs: Needs,
    pages: u64,
    types: TypeSection,
    type_count: u32,
    interned: IndexMap<(Vec<ValType>, Vec<ValType>), TypeId>,
    arities: Vec<Option<(u32, u32)>>,
    functions: Vec<Entry>,
    globals: GlobalSection,
    global_names: NameMap,
    tables: TableSection,
    table_elements: Vec<(u32, Vec<FunctionId>)>,
    referenced: Vec<FunctionId>,
    tags: TagSection,
    tag_params: Vec<u32>,
    exports: Vec<(String, ExportKind, u32)>,
    start: Option<FunctionId>,
    data: DataSection,
}

impl ModuleBuilder {
    /// A module with nothing but a memory of linmem's, which it exports as `memory`.
    ///
    /// # Errors
    ///
    /// When the configuration asks for what is not built, or for a base that no memory has.
    pub fn new(config: &Config, representation: Representation) -> Result<ModuleBuilder, Error> {
        let (home, pages) = new_memory(config, representation)?;
        let context = Context {
            representation,
            optimize: config.optimize,
            memory: MemoryIndex(0),
            first_global: GlobalIndex(0),
            home,
        };
        let mut builder = ModuleBuilder {
            context,
            needs: Needs::new(home),
            pages,
            types: TypeSection::new(),
            type_count: 0,
            interned: IndexMap::new(),
            arities: Vec::new(),
            functions: Vec::new(),
            globals: GlobalSection::new(),
            global_names: NameMap::new(),
            tables: TableSection::new(),
            table_elements: Vec::new(),
            referenced: Vec::new(),
            tags: TagSection::new(),
            tag_params: Vec::new(),
            exports: Vec::new(),
            start: None,
            data: DataSection::new(),
        };
        for (name, value) in home.globals() {
            builder.global(name, ValType::I32, true, &ConstExpr::i32_const(value as i32));
        }
        Ok(builder)
    }

    /// The function type with these parameters and results.
    pub fn function_type(
        &mut self,
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> TypeId {
        let (params, results): (Vec<ValType>, Vec<ValType>) =
            (params.into_iter().collect(), results.into_iter().collect());
        let arity = (params.len() as u32, results.len() as u32);
        if let Some(ty) = self.interned.get(&(params.clone(), results.clone())) {
            return *ty;
        }
        self.types.ty().function(params.iter().copied(), results.iter().copied());
        let ty = self.count_type(Some(arity));
        self.interned.insert((params, results), ty);
        ty
    }

    /// A recursion group of types, such as those of a GC heap. Function types in it are not interned.
    pub fn recursion_group(&mut self, types: impl IntoIterator<Item = SubType>) -> Vec<TypeId> {
        let types: Vec<SubType> = types.into_iter().collect();
        let ids = types
            .iter()
            .map(|ty| {
                let arity = match &ty.composite_type.inner {
                    wasm_encoder::CompositeInnerType::Func(function) => {
                        Some((function.params().len() as u32, function.results().len() as u32))
                    }
                    _ => None,
                };
                self.count_type(arity)
            })
            .collect();
        self.types.ty().rec(types);
        ids
    }

    /// Imports a function.
    pub fn import_function(&mut self, module: &str, name: &str, ty: TypeId) -> FunctionId {
        self.entry(ty, Source::Import { module: module.to_string(), name: name.to_string() })
    }

    /// Declares a function that is defined later.
    pub fn declare_function(&mut self, name: &str, ty: TypeId) -> FunctionId {
        self.entry(ty, Source::Declared { name: name.to_string(), body: None })
    }

    /// Defines a declared function.
    ///
    /// # Errors
    ///
    /// The first mistake that `code` made; or the function is imported, or defined already.
    pub fn define(&mut self, function: FunctionId, code: impl FnOnce(&mut FunctionBuilder<'_>)) -> Result<(), Error> {
        let fail = |message: String| Err(Error::Builder { message });
        let Some(Entry { ty, source: Source::Declared { name, body: None } }) = self.functions.get(function.0 as usize)
        else {
            return fail(format!("function {} cannot be defined: it is imported or defined already", function.0));
        };
        let Some((params, results)) = self.arities.get(ty.0 as usize).copied().flatten() else {
            return fail(format!("{name}: type {} is not a function type", ty.0));
        };
        let name = name.clone();
        let locals = Locals::new(params, Vec::new(), vec![Assigned::Often; params as usize]);
        let signatures = Declared { functions: &self.functions, arities: &self.arities, tags: &self.tag_params };
        let engine = Engine::new(&self.context, &mut self.needs, locals, results);
        let mut builder = FunctionBuilder::new(engine, &signatures, &name, params, results);
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

    /// Adds a global and gives its index.
    pub fn global(&mut self, name: &str, ty: ValType, mutable: bool, value: &ConstExpr) -> u32 {
        let index = self.globals.len();
        self.globals.global(GlobalType { val_type: ty, mutable, shared: false }, value);
        self.global_names.append(index, name);
        index
    }

    /// Adds a table of these functions and gives its index.
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

    /// Says that an instruction refers to a function by `ref.func`, which has to be declared.
    pub fn reference(&mut self, function: FunctionId) {
        self.referenced.push(function);
    }

    /// Adds an exception tag with the parameters of a function type, and gives its index.
    pub fn tag(&mut self, ty: TypeId) -> u32 {
        let index = self.tags.len();
        self.tags.tag(TagType { kind: TagKind::Exception, func_type_idx: ty.0 });
        let params = self.arities.get(ty.0 as usize).copied().flatten().map_or(0, |(params, _)| params);
        self.tag_params.push(params);
        index
    }

    /// Adds a passive data segment and gives its index.
    pub fn passive_data(&mut self, bytes: &[u8]) -> u32 {
        let index = self.data.len();
        self.data.passive(bytes.iter().copied());
        index
    }

    /// Exports a function.
    pub fn export(&mut self, name: &str, function: FunctionId) {
        self.exports.push((name.to_string(), ExportKind::Func, function.0));
    }

    /// Makes a function the one that runs when the module is instantiated.
    pub fn start(&mut self, function: FunctionId) {
        self.start = Some(function);
    }

    /// The finished module, with its helpers and names, valid.
    ///
    /// # Errors
    ///
    /// When a declared function was not defined, or what the frontend wrote does not validate.
    pub fn finish(mut self) -> Result<Vec<u8>, Error> {
        let undefined = self.functions.iter().find_map(|entry| match &entry.source {
            Source::Declared { name, body: None } => Some(name.clone()),
            _ => None,
        });
        if let Some(name) = undefined {
            return Err(Error::Builder { message: format!("{name} is declared but not defined") });
        }
        let layout = Layout::new(&mut self);
        let bytes = layout.write(&self);
        crate::module::validate(&bytes, |_| true)?;
        Ok(bytes)
    }

    fn entry(&mut self, ty: TypeId, source: Source) -> FunctionId {
        self.functions.push(Entry { ty, source });
        FunctionId(self.functions.len() as u32 - 1)
    }

    fn count_type(&mut self, arity: Option<(u32, u32)>) -> TypeId {
        self.arities.push(arity);
        self.type_count += 1;
        TypeId(self.type_count - 1)
    }

    fn intern(&mut self, ty: &FunctionType) -> TypeId {
        let convert = |list: &[linmem_intrinsics::ValueType]| list.iter().map(|ty| val_type(*ty)).collect::<Vec<_>>();
        self.function_type(convert(&ty.params), convert(&ty.results))
    }
}

/// The functions of a builder, as far as instructions refer to them.
struct Declared<'a> {
    functions: &'a [Entry],
    arities: &'a [Option<(u32, u32)>],
    tags: &'a [u32],
}

impl Signatures for Declared<'_> {
    fn function_arity(&self, function: u32) -> Option<(u32, u32)> {
        self.functions.get(function as usize).and_then(|entry| self.type_arity(entry.ty.0))
    }

    fn type_arity(&self, ty: u32) -> Option<(u32, u32)> {
        self.arities.get(ty as usize).copied().flatten()
    }

    fn tag_params(&self, tag: u32) -> Option<u32> {
        self.tags.get(tag as usize).copied()
    }

    fn renumbers(&self) -> bool {
        true
    }
}

/// The indices of the finished module: imports, those that linmem adds, functions, helpers.
struct Layout {
    functions: Vec<u32>,
    hosts: IndexMap<HostImport, (u32, TypeId)>,
    helpers: IndexMap<Helper, (u32, TypeId)>,
}

impl Layout {
    fn new(builder: &mut ModuleBuilder) -> Layout {
        let (imports, helpers): (Vec<_>, Vec<_>) =
            (builder.needs.imports().collect(), builder.needs.helpers().collect());
        let hosts: Vec<(HostImport, TypeId)> =
            imports.into_iter().map(|import| (import, builder.intern(&import.function_type()))).collect();
        let helpers: Vec<(Helper, TypeId)> =
            helpers.into_iter().map(|helper| (helper, builder.intern(&helper.function_type()))).collect();
        let mut next = 0;
        let mut take = || {
            next += 1;
            next - 1
        };
        let mut layout =
            Layout { functions: vec![0; builder.functions.len()], hosts: IndexMap::new(), helpers: IndexMap::new() };
        let is_import = |entry: &Entry| matches!(entry.source, Source::Import { .. });
        for (position, _) in builder.functions.iter().enumerate().filter(|(_, entry)| is_import(entry)) {
            layout.functions[position] = take();
        }
        for (import, ty) in hosts {
            layout.hosts.insert(import, (take(), ty));
        }
        for (position, _) in builder.functions.iter().enumerate().filter(|(_, entry)| !is_import(entry)) {
            layout.functions[position] = take();
        }
        for (helper, ty) in helpers {
            layout.helpers.insert(helper, (take(), ty));
        }
        layout
    }

    /// The index of a function. One that does not exist stays out of range, for validation to find.
    fn index(&self, function: FunctionRef) -> u32 {
        match function {
            FunctionRef::Program(number) => self.functions.get(number as usize).copied(),
            FunctionRef::Helper(helper) => self.helpers.get(&helper).map(|(index, _)| *index),
            FunctionRef::Host(import) => self.hosts.get(&import).map(|(index, _)| *index),
        }
        .unwrap_or(u32::MAX)
    }

    fn write(&self, builder: &ModuleBuilder) -> Vec<u8> {
        let mut imports = ImportSection::new();
        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        for entry in &builder.functions {
            if let Source::Import { module, name } = &entry.source {
                imports.import(module, name, EntityType::Function(entry.ty.0));
            }
        }
        for (import, (_, ty)) in &self.hosts {
            imports.import(import.module(), import.name(), EntityType::Function(ty.0));
        }
        for entry in &builder.functions {
            if let Source::Declared { body: Some(lowered), .. } = &entry.source {
                functions.function(entry.ty.0);
                code.function(&self.body(lowered));
            }
        }
        let index = |function| self.index(function);
        let bodies = Bodies { context: &builder.context, needs: &builder.needs, index: &index };
        for (helper, (_, ty)) in &self.helpers {
            functions.function(ty.0);
            code.function(&helper.body(&bodies));
        }
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: builder.pages,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut exports = ExportSection::new();
        for (name, kind, number) in &builder.exports {
            exports.export(name, *kind, self.index(FunctionRef::Program(*number)));
        }
        exports.export("memory", ExportKind::Memory, builder.context.memory.0);

        let mut module = Module::new();
        module.section(&builder.types);
        if !imports.is_empty() {
            module.section(&imports);
        }
        module.section(&functions);
        if !builder.tables.is_empty() {
            module.section(&builder.tables);
        }
        module.section(&memories);
        if !builder.tags.is_empty() {
            module.section(&builder.tags);
        }
        module.section(&builder.globals).section(&exports);
        if let Some(start) = builder.start {
            module.section(&StartSection { function_index: self.index(FunctionRef::Program(start.0)) });
        }
        let elements = self.elements(builder);
        if !elements.is_empty() {
            module.section(&elements);
        }
        if !builder.data.is_empty() {
            module.section(&wasm_encoder::DataCountSection { count: builder.data.len() });
        }
        module.section(&code);
        if !builder.data.is_empty() {
            module.section(&builder.data);
        }
        module.section(&self.names(builder));
        module.finish()
    }

    fn body(&self, lowered: &Lowered) -> Function {
        let mut bytes = Vec::with_capacity(lowered.code.bytes.len() + 16);
        relocate(&lowered.code.bytes, &lowered.code.relocations, |function| self.index(function), &mut bytes);
        let mut function = Function::new_with_locals_types(lowered.locals.iter().copied());
        function.raw(bytes);
        function
    }

    fn elements(&self, builder: &ModuleBuilder) -> ElementSection {
        let resolve = |list: &[FunctionId]| -> Vec<u32> {
            list.iter().map(|function| self.index(FunctionRef::Program(function.0))).collect()
        };
        let mut elements = ElementSection::new();
        for (table, functions) in &builder.table_elements {
            let functions = Elements::Functions(Cow::Owned(resolve(functions)));
            elements.active(Some(*table), &ConstExpr::i32_const(0), functions);
        }
        if !builder.referenced.is_empty() {
            elements.declared(Elements::Functions(Cow::Owned(resolve(&builder.referenced))));
        }
        elements
    }

    fn names(&self, builder: &ModuleBuilder) -> NameSection {
        let mut functions: Vec<(u32, String)> = Vec::new();
        let mut locals: Vec<(u32, NameMap)> = Vec::new();
        for (entry, index) in builder.functions.iter().zip(&self.functions) {
            match &entry.source {
                Source::Import { module, name } => functions.push((*index, format!("{module}.{name}"))),
                Source::Declared { name, body } => {
                    functions.push((*index, name.clone()));
                    let added = body.iter().flat_map(|lowered| &lowered.added);
                    let mut map = NameMap::new();
                    for added in added {
                        map.append(added.local.0, added.name);
                    }
                    if !map.is_empty() {
                        locals.push((*index, map));
                    }
                }
            }
        }
        for (import, (index, _)) in &self.hosts {
            functions.push((*index, format!("{}.{}", import.module(), import.name())));
        }
        for (helper, (index, _)) in &self.helpers {
            functions.push((*index, helper.name()));
        }
        functions.sort();
        locals.sort_by_key(|(index, _)| *index);
        let mut names = NameSection::new();
        let mut map = NameMap::new();
        for (index, name) in &functions {
            map.append(*index, name);
        }
        names.functions(&map);
        if !locals.is_empty() {
            let mut map = IndirectNameMap::new();
            for (index, inner) in &locals {
                map.append(*index, inner);
            }
            names.locals(&map);
        }
        let mut memories = NameMap::new();
        memories.append(builder.context.memory.0, "memory");
        names.memories(&memories);
        names.globals(&builder.global_names);
        names
    }
}
