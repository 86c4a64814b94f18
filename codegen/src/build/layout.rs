//! The finished module of a builder: indices and sections.

use crate::build::ids::{FunctionId, TypeId};
use crate::build::module::{Entry, ModuleBuilder, Source};
use crate::build::place::not_valid;
use crate::code::{FunctionRef, Missing, NO_INDEX};
use crate::digest::number;
use crate::engine::Lowered;
use crate::error::{Error, Place};
use crate::helpers::{Helper, HostImport};
use crate::sites;
use indexmap::IndexMap;
use std::borrow::Cow;
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, ElementSection, Elements, Encode, EntityType, ExportKind, ExportSection,
    FunctionSection, ImportSection, IndirectNameMap, MemorySection, MemoryType, Module, NameMap, NameSection,
    StartSection,
};
use wasmparser::BinaryReaderError;

/// The function indices of the finished module, in this order: imports, imports that linmem adds, functions, helpers.
pub(super) struct Layout {
    functions: Vec<u32>,
    hosts: IndexMap<HostImport, (u32, TypeId)>,
    helpers: IndexMap<Helper, (u32, TypeId)>,
    missing: Missing,
}

impl ModuleBuilder {
    /// Returns the finished module, with its helpers and names. It is valid.
    ///
    /// # Errors
    ///
    /// If a declared function was not defined, or the module does not validate.
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        self.finish_on(1)
    }

    /// Like [`finish`](ModuleBuilder::finish), but validates functions on this many threads. The bytes are the same.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn finish_on(mut self, threads: usize) -> Result<Vec<u8>, Error> {
        let undefined = self.functions.iter().find_map(|entry| match &entry.source {
            Source::Declared { name, body: None } => Some(name.clone()),
            _ => None,
        });
        if let Some(name) = undefined {
            let message = format!("{name} is declared but not defined");
            return Err(Error::Builder { message, place: Place::Module });
        }
        let layout = Layout::new(&mut self);
        let bytes = layout.write(&self);
        layout.check_indices()?;
        match crate::module::validate_on(threads, &bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => Err(layout.not_valid(&error, bytes, &self)),
        }
    }
}

impl Layout {
    /// Assigns all indices, and the types of helpers.
    pub(super) fn new(builder: &mut ModuleBuilder) -> Layout {
        let context = builder.context;
        let (imports, helpers): (Vec<_>, Vec<_>) =
            (builder.needs.imports().collect(), builder.needs.helpers().collect());
        let hosts: Vec<(HostImport, TypeId)> = imports
            .into_iter()
            .map(|import| (import, builder.intern(&import.function_type(context.width()))))
            .collect();
        let helpers: Vec<(Helper, TypeId)> =
            helpers.into_iter().map(|helper| (helper, builder.intern(&helper.function_type(&context)))).collect();
        let mut next = 0;
        let mut take = || {
            next += 1;
            next - 1
        };
        let mut layout = Layout {
            functions: vec![0; builder.functions.len()],
            hosts: IndexMap::new(),
            helpers: IndexMap::new(),
            missing: Missing::default(),
        };
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

    /// The index of a function. If the frontend refers to a function that does not exist, the index is out of range,
    /// which validation rejects.
    fn index(&self, function: FunctionRef) -> u32 {
        let index = match function {
            FunctionRef::Program(number) => self.functions.get(number as usize).copied(),
            FunctionRef::Helper(helper) => self.helpers.get(&helper).map(|(index, _)| *index),
            FunctionRef::Host(import) => self.hosts.get(&import).map(|(index, _)| *index),
        };
        match function {
            FunctionRef::Program(_) => index.unwrap_or(NO_INDEX),
            FunctionRef::Helper(_) | FunctionRef::Host(_) => self.missing.check(index, || function.describe()),
        }
    }

    /// The error for a module that does not validate.
    fn not_valid(&self, error: &BinaryReaderError, bytes: Vec<u8>, builder: &ModuleBuilder) -> Error {
        let defined: Vec<(&String, &Lowered)> = builder
            .functions
            .iter()
            .filter_map(|entry| match &entry.source {
                Source::Declared { name, body: Some(lowered) } => Some((name, &**lowered)),
                _ => None,
            })
            .collect();
        let name = |position: usize| defined.get(position).map(|(name, _)| (*name).clone());
        let line = |position: usize, offset: usize| {
            defined
                .get(position)
                .and_then(|(_, lowered)| lowered.line_at(offset, |function| self.index(function)))
                .cloned()
        };
        not_valid(error, bytes, name, line)
    }

    /// # Errors
    ///
    /// If linmem's code refers to an item that has no index.
    pub(super) fn check_indices(&self) -> Result<(), Error> {
        self.missing.error()
    }

    /// Writes the sections.
    pub(super) fn write(&self, builder: &ModuleBuilder) -> Vec<u8> {
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
                code.raw(&lowered.body(|function| self.index(function)));
            }
        }
        let index = |function| self.index(function);
        for ((_, ty), (_, body)) in self.helpers.values().zip(builder.needs.bodies()) {
            functions.function(ty.0);
            code.function(&body.function(index));
        }
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: builder.pages,
            maximum: builder.maximum,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut exports = ExportSection::new();
        for (name, kind, number) in &builder.exports {
            exports.export(name, *kind, self.index(FunctionRef::Program(*number)));
        }
        exports.export("memory", ExportKind::Memory, builder.context.memory.0);

        // The number is derived from the code, so that the segment types of modules with different code differ.
        let number = || {
            let mut contents = Vec::new();
            code.encode(&mut contents);
            number(&contents)
        };
        let mut module = Module::new();
        module.section(&builder.types.section(number));
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
        let sites = builder.needs.sites();
        if !sites.is_empty() {
            let data = sites::encode(&[], sites, None, |number| {
                let name = builder.functions.get(number as usize).map(|entry| match &entry.source {
                    Source::Declared { name, .. } | Source::Import { name, .. } => name.clone(),
                });
                (self.index(FunctionRef::Program(number)), name.unwrap_or_default())
            });
            module.section(&CustomSection { name: sites::SECTION.into(), data: data.into() });
        }
        module.section(&self.names(builder));
        module.finish()
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
