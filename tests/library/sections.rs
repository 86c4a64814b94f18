//! The sections of a module that a frontend writes itself.

use linmem::Error;
use linmem::build::{AssignedIndices, Indices, Parts, Sections};
use linmem::wasm_encoder::{
    CodeSection, DataSection, ExportKind, ExportSection, FunctionSection, GlobalSection, ImportSection, MemorySection,
    Module, TagSection, TypeSection,
};

/// The sections, which are empty at first.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) types: TypeSection,
    pub(crate) imports: ImportSection,
    pub(crate) functions: FunctionSection,
    pub(crate) memories: MemorySection,
    pub(crate) tags: TagSection,
    pub(crate) globals: GlobalSection,
    pub(crate) exports: ExportSection,
    pub(crate) code: CodeSection,
    pub(crate) data: DataSection,
}

impl Written {
    /// Adds what linmem adds, after what the frontend has written.
    pub(crate) fn add(&mut self, parts: &Parts) -> Result<AssignedIndices, Error> {
        parts.add_to(Sections {
            types: &mut self.types,
            imports: &mut self.imports,
            functions: &mut self.functions,
            memories: &mut self.memories,
            globals: &mut self.globals,
            exports: &mut self.exports,
            code: &mut self.code,
            data: &mut self.data,
        })
    }

    /// Exports a function of the frontend.
    pub(crate) fn export(&mut self, name: &str, function: u32, indices: &impl Indices) {
        self.exports.export(name, ExportKind::Func, indices.function(function));
    }

    /// The module, which is valid.
    pub(crate) fn finish(&self, parts: &Parts, indices: &impl Indices) -> Result<Vec<u8>, Error> {
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&self.memories);
        if !self.tags.is_empty() {
            module.section(&self.tags);
        }
        module.section(&self.globals).section(&self.exports).section(&self.code);
        if !self.data.is_empty() {
            module.section(&self.data);
        }
        for section in &parts.custom_sections {
            module.section(section);
        }
        let module = module.finish();
        parts.validate(&module, indices)?;
        Ok(module)
    }
}
