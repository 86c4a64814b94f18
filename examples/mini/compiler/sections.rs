//! The sections of a module, and its index spaces, for the module writer of the compiler's own.

use super::tree::Program;
use super::wasm;
use wasm_encoder::{
    CodeSection, DataCountSection, DataSection, ExportSection, FunctionSection, ImportSection, Module, NameMap,
    NameSection, TagKind, TagSection, TagType, TypeSection, ValType,
};

// linmem {
use linmem::Error;
use linmem::build::{Indices, Item, Parts};
use wasm_encoder::{CustomSection, EntityType, ExportKind, GlobalSection, GlobalType, MemorySection, MemoryType};
// } linmem

/// The index of the type of strings.
pub(crate) const STRING: u32 = 0;

/// The number and the index of the tag of exceptions.
pub(crate) const TAG: u32 = 0;

/// Where functions are in the index space: the host's, those that linmem imports, the program's, and linmem's.
pub(crate) struct Layout {
    pub(crate) hosts: u32,
    pub(crate) own: u32,
    pub(crate) added: u32, // linmem
}

// linmem {
impl Indices for Layout {
    fn item(&self, item: Item) -> u32 {
        match item {
            Item::Import(position) => self.hosts + position,
            Item::Function(position) => self.hosts + self.added + self.own + position,
            Item::Global(position) => position,
            // The memory is the only one, and packed segments need no types. An exception of the language has one value,
            // so that no block has several results.
            _ => 0,
        }
    }

    fn function(&self, number: u32) -> u32 {
        if number < self.hosts { number } else { number + self.added }
    }
}
// } linmem

pub(crate) struct Sections {
    types: TypeSection,
    pub(crate) imports: ImportSection,
    pub(crate) functions: FunctionSection,
    tags: TagSection,
    pub(crate) exports: ExportSection,
    pub(crate) code: CodeSection,
    pub(crate) names: Vec<(u32, String)>,
    // linmem {
    memories: MemorySection,
    globals: GlobalSection,
    global_names: NameMap,
    custom: Vec<(&'static str, Vec<u8>)>,
    // } linmem
}

impl Sections {
    pub(crate) fn new() -> Sections {
        let mut sections = Sections {
            types: TypeSection::new(),
            imports: ImportSection::new(),
            functions: FunctionSection::new(),
            tags: TagSection::new(),
            exports: ExportSection::new(),
            code: CodeSection::new(),
            names: Vec::new(),
            // linmem {
            memories: MemorySection::new(),
            globals: GlobalSection::new(),
            global_names: NameMap::new(),
            custom: Vec::new(),
            // } linmem
        };
        sections.types.ty().subtype(&wasm::string_type());
        let func_type_idx = sections.ty(&[ValType::I32], &[]);
        sections.tags.tag(TagType { kind: TagKind::Exception, func_type_idx });
        sections
    }

    pub(crate) fn ty(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        self.types.ty().function(params.iter().copied(), results.iter().copied());
        self.types.len() - 1
    }

    // linmem {
    /// Adds what the lowered functions need.
    pub(crate) fn add(&mut self, parts: &Parts, layout: &Layout) -> Result<(), Error> {
        for import in &parts.imports {
            let ty = self.ty(&import.params, &import.results);
            self.imports.import(import.module, import.name, EntityType::Function(ty));
        }
        for (position, function) in (0..).zip(&parts.functions) {
            let ty = self.ty(&function.params, &function.results);
            self.functions.function(ty);
            self.code.function(&function.body.resolve(parts, layout)?);
            self.names.push((layout.item(Item::Function(position)), function.name.clone()));
        }
        let (minimum, maximum) = (parts.memory.minimum, parts.memory.maximum);
        let memory = MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None };
        self.memories.memory(memory);
        self.exports.export("memory", ExportKind::Memory, 0);
        for (index, global) in (0..).zip(&parts.globals) {
            self.global_names.append(index, global.name);
            let (val_type, value) = parts.global(global, layout);
            self.globals.global(GlobalType { val_type, mutable: true, shared: false }, &value);
        }
        self.custom.clone_from(&parts.custom_sections);
        Ok(())
    }
    // } linmem

    pub(crate) fn finish(mut self, program: &Program) -> Vec<u8> {
        let mut data = DataSection::new();
        data.passive(wasm::text_bytes(program));
        self.names.sort();
        let mut functions = NameMap::new();
        self.names.iter().for_each(|(index, name)| functions.append(*index, name));
        let mut names = NameSection::new();
        names.functions(&functions);
        names.globals(&self.global_names); // linmem
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions);
        module.section(&self.memories); // linmem
        module.section(&self.tags);
        module.section(&self.globals); // linmem
        module.section(&self.exports).section(&DataCountSection { count: 1 }).section(&self.code);
        module.section(&data).section(&names);
        // linmem {
        for (name, data) in &self.custom {
            module.section(&CustomSection { name: (*name).into(), data: data.into() });
        }
        // } linmem
        module.finish()
    }
}
