//! The sections of a module, and its index spaces, for the module writer of the compiler's own.

use super::tree::Program;
use super::wasm;
use wasm_encoder::{
    CodeSection, DataCountSection, DataSection, ExportSection, FunctionSection, ImportSection, Module, NameMap,
    NameSection, TagKind, TagSection, TagType, TypeSection, ValType,
};

// linmem {
use linmem::Error;
use linmem::build::{self, AssignedIndices, Parts};
use wasm_encoder::{CustomSection, GlobalSection, MemorySection};
// } linmem

/// The index of the type of strings.
pub(crate) const STRING: u32 = 0;

/// The number and the index of the tag of exceptions.
pub(crate) const TAG: u32 = 0;

pub(crate) struct Sections {
    types: TypeSection,
    pub(crate) imports: ImportSection,
    pub(crate) functions: FunctionSection,
    tags: TagSection,
    pub(crate) exports: ExportSection,
    pub(crate) code: CodeSection,
    data: DataSection,
    pub(crate) names: Vec<(u32, String)>,
    // linmem {
    memories: MemorySection,
    globals: GlobalSection,
    global_names: NameMap,
    custom: Vec<CustomSection<'static>>,
    // } linmem
}

impl Sections {
    pub(crate) fn new(program: &Program) -> Sections {
        let mut sections = Sections {
            types: TypeSection::new(),
            imports: ImportSection::new(),
            functions: FunctionSection::new(),
            tags: TagSection::new(),
            exports: ExportSection::new(),
            code: CodeSection::new(),
            data: DataSection::new(),
            names: Vec::new(),
            // linmem {
            memories: MemorySection::new(),
            globals: GlobalSection::new(),
            global_names: NameMap::new(),
            custom: Vec::new(),
            // } linmem
        };
        sections.types.ty().subtype(&wasm::string_type());
        sections.data.passive(wasm::text_bytes(program));
        let func_type_idx = sections.ty(&[ValType::I32], &[]);
        sections.tags.tag(TagType { kind: TagKind::Exception, func_type_idx });
        sections
    }

    pub(crate) fn ty(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        self.types.ty().function(params.iter().copied(), results.iter().copied());
        self.types.len() - 1
    }

    // linmem {
    /// Adds the lowered functions and what they need.
    pub(crate) fn add(&mut self, parts: &Parts) -> Result<AssignedIndices, Error> {
        let Sections { types, imports, functions, memories, globals, exports, code, data, .. } = self;
        let sections = build::Sections { types, imports, functions, memories, globals, exports, code, data };
        let indices = parts.add_to(sections)?;
        self.names.extend(parts.function_names(&indices));
        for (index, name) in parts.global_names(&indices) {
            self.global_names.append(index, name);
        }
        self.custom.clone_from(&parts.custom_sections);
        Ok(indices)
    }
    // } linmem

    pub(crate) fn finish(mut self) -> Vec<u8> {
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
        module.section(&self.exports).section(&DataCountSection { count: self.data.len() }).section(&self.code);
        module.section(&self.data).section(&names);
        // linmem {
        for section in &self.custom {
            module.section(section);
        }
        // } linmem
        module.finish()
    }
}
