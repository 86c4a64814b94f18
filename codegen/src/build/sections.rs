//! The sections of the finished module of a builder.

use crate::build::constant::resolved;
use crate::build::ids::{Exported, FunctionId};
use crate::build::items::{Contents, Custom, Mode};
use crate::build::layout::Layout;
use crate::build::module::{ModuleBuilder, Source};
use crate::code::FunctionRef;
use crate::config;
use crate::digest::number;
use crate::sites;
use std::borrow::Cow;
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataCountSection, DataSection, ElementSection, Elements, Encode, EntityType,
    ExportKind, ExportSection, FunctionSection, GlobalSection, ImportSection, MemorySection, Module, NameSection,
    StartSection, TableSection, TagKind, TagSection, TagType, TypeSection,
};

impl Layout {
    /// Writes the module.
    pub(super) fn write(&self, builder: &ModuleBuilder) -> Vec<u8> {
        let (functions, code) = self.code(builder);
        // The number is derived from the code, so that the segment types of modules with different code differ.
        let number = || {
            let mut contents = Vec::new();
            code.encode(&mut contents);
            number(&contents)
        };
        let types = builder.types.section(number);
        let sites = builder.needs.sites();
        let sites = (!sites.is_empty()).then(|| {
            sites::encode(&[], sites, None, |number| {
                let name = builder.functions.get(number as usize).map(|entry| match &entry.source {
                    Source::Declared { name, .. } | Source::Import { name, .. } => name.clone(),
                });
                (self.function(FunctionId(number)), name.unwrap_or_default())
            })
        });
        let (imports, names) = (self.imports(builder), self.names(builder));
        let names = (builder.config.name_section != config::NameSection::None).then_some(names);
        self.module(builder, &types, &imports, (&functions, &code), sites, names.as_ref())
    }

    /// Writes the sections of a module with these functions.
    pub(super) fn module(
        &self,
        builder: &ModuleBuilder,
        types: &TypeSection,
        imports: &ImportSection,
        (functions, code): (&FunctionSection, &CodeSection),
        sites: Option<Vec<u8>>,
        names: Option<&NameSection>,
    ) -> Vec<u8> {
        let items = &builder.items;
        let mut module = Module::new();
        customs(&mut module, &items.first);
        module.section(types);
        if !imports.is_empty() {
            module.section(imports);
        }
        module.section(functions);
        let tables = self.tables(builder);
        if !tables.is_empty() {
            module.section(&tables);
        }
        let mut memories = MemorySection::new();
        for ty in &items.memories {
            memories.memory(*ty);
        }
        if !memories.is_empty() {
            module.section(&memories);
        }
        let mut tags = TagSection::new();
        for ty in &items.tags {
            tags.tag(TagType { kind: TagKind::Exception, func_type_idx: *ty });
        }
        if !tags.is_empty() {
            module.section(&tags);
        }
        module.section(&self.globals(builder)).section(&self.exports(builder));
        let start = self.start.map(|(index, _)| index).or(builder.start.map(|start| self.function(start)));
        if let Some(function_index) = start {
            module.section(&StartSection { function_index });
        }
        let elements = self.elements(builder);
        if !elements.is_empty() {
            module.section(&elements);
        }
        let data = self.data(builder);
        if !data.is_empty() {
            module.section(&DataCountSection { count: data.len() });
        }
        module.section(code);
        if !data.is_empty() {
            module.section(&data);
        }
        if let Some(data) = sites {
            module.section(&CustomSection { name: sites::SECTION.into(), data: data.into() });
        }
        if let Some(names) = names {
            module.section(names);
        }
        customs(&mut module, &items.last);
        module.finish()
    }

    fn function(&self, function: FunctionId) -> u32 {
        self.index(FunctionRef::Program(function.0))
    }

    fn resolved(&self, builder: &ModuleBuilder, expression: &ConstExpr) -> ConstExpr {
        let types = builder.context.segments.types();
        let constants = &builder.statics.constants;
        let global = |index| constants.instructions(index, &self.statics, types);
        resolved(expression, |function| self.function(FunctionId(function)), global)
    }

    /// The types of the functions that are defined, and their bodies.
    fn code(&self, builder: &ModuleBuilder) -> (FunctionSection, CodeSection) {
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        let index = |function| self.index(function);
        for entry in &builder.functions {
            if let Source::Declared { body: Some(body), .. } = &entry.source {
                functions.function(entry.ty.0);
                code.raw(&body.lowered.body(index));
            }
        }
        for ((_, ty), (_, body)) in self.helpers.values().zip(builder.needs.bodies()) {
            functions.function(ty.0);
            code.function(&body.function(index));
        }
        if let (Some((_, ty)), Some(start)) = (self.start, &builder.own_start) {
            let program = builder.start.map(|start| self.function(start));
            functions.function(ty.0);
            code.function(&start.function(program));
        }
        (functions, code)
    }

    pub(super) fn imports(&self, builder: &ModuleBuilder) -> ImportSection {
        let mut section = ImportSection::new();
        for import in &builder.items.imports {
            section.import(&import.module, &import.name, import.ty);
        }
        for entry in &builder.functions {
            if let Source::Import { module, name } = &entry.source {
                section.import(module, name, EntityType::Function(entry.ty.0));
            }
        }
        for (import, (_, ty)) in &self.hosts {
            section.import(import.module(), import.name(), EntityType::Function(ty.0));
        }
        section
    }

    fn tables(&self, builder: &ModuleBuilder) -> TableSection {
        let mut section = TableSection::new();
        for (ty, value) in &builder.items.tables {
            match value {
                Some(value) => section.table_with_init(*ty, &self.resolved(builder, value)),
                None => section.table(*ty),
            };
        }
        section
    }

    fn globals(&self, builder: &ModuleBuilder) -> GlobalSection {
        let mut section = GlobalSection::new();
        for (ty, value) in &builder.items.globals {
            section.global(*ty, &self.resolved(builder, value));
        }
        section
    }

    fn exports(&self, builder: &ModuleBuilder) -> ExportSection {
        let mut section = ExportSection::new();
        for (name, item) in &builder.exports {
            let (kind, index) = match item {
                Exported::Function(id) => (ExportKind::Func, self.function(*id)),
                Exported::Table(id) => (ExportKind::Table, id.0),
                Exported::Memory(id) => (ExportKind::Memory, id.0),
                Exported::Global(id) => (ExportKind::Global, id.0),
                Exported::Tag(id) => (ExportKind::Tag, id.0),
            };
            section.export(name, kind, index);
        }
        section.export("memory", ExportKind::Memory, builder.context.memory.0);
        section
    }

    fn elements(&self, builder: &ModuleBuilder) -> ElementSection {
        let functions = |list: &[FunctionId]| {
            Elements::Functions(Cow::Owned(list.iter().map(|function| self.function(*function)).collect()))
        };
        let mut section = ElementSection::new();
        for (mode, contents) in &builder.items.elements {
            let elements = match contents {
                Contents::Functions(list) => functions(list),
                Contents::Expressions(ty, list) => {
                    Elements::Expressions(*ty, list.iter().map(|value| self.resolved(builder, value)).collect())
                }
            };
            match mode {
                Mode::Active(table, offset) => section.active(Some(*table), &self.resolved(builder, offset), elements),
                Mode::Passive => section.passive(elements),
                Mode::Declared => section.declared(elements),
            };
        }
        if !builder.items.referenced.is_empty() {
            section.declared(functions(&builder.items.referenced));
        }
        section
    }

    fn data(&self, builder: &ModuleBuilder) -> DataSection {
        let mut section = DataSection::new();
        for data in &builder.items.data {
            match &data.target {
                Some((memory, offset)) => {
                    section.active(*memory, &self.resolved(builder, offset), data.bytes.iter().copied());
                }
                None => {
                    section.passive(data.bytes.iter().copied());
                }
            }
        }
        section
    }
}

fn customs(module: &mut Module, sections: &[Custom]) {
    for Custom { name, contents } in sections {
        module.section(&CustomSection { name: name.into(), data: contents.into() });
    }
}
