//! Writing the linked module, section by section.

use crate::context::{Context, Growth};
use crate::engine::Lowered;
use crate::error::Error;
use crate::globals::NewGlobal;
use crate::helpers::{Needs, SHADOW, SHADOW_PAGES};
use crate::link::allocator;
use crate::link::custom;
use crate::link::custom::CUSTOM;
use crate::link::features::{self, Features};
use crate::link::globals::Globals;
use crate::link::imports::Fate;
use crate::link::input::{Input, Section};
use crate::link::memory::Memory;
use crate::link::names;
use crate::link::plan::{Added, Plan, Renumber, start_type};
use crate::link::sections::{contents_of, extended, failed, reader, reencoded};
use crate::link::which::EXPORT;
use crate::module::val_type;
use crate::sites::{self, Site};
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{Encode, EntityType, GlobalType, ImportSection, MemoryType};
use wasmparser::{
    ElementSectionReader, ExportSectionReader, GlobalSectionReader, MemorySectionReader, TableSectionReader, TypeRef,
};

/// The ids of the sections in the binary format.
pub(super) mod id {
    pub(in crate::link) const TYPE: u8 = 1;
    pub(in crate::link) const IMPORT: u8 = 2;
    pub(in crate::link) const FUNCTION: u8 = 3;
    pub(in crate::link) const TABLE: u8 = 4;
    pub(in crate::link) const MEMORY: u8 = 5;
    pub(in crate::link) const GLOBAL: u8 = 6;
    pub(in crate::link) const EXPORT: u8 = 7;
    pub(in crate::link) const START: u8 = 8;
    pub(in crate::link) const ELEMENT: u8 = 9;
    pub(in crate::link) const CODE: u8 = 10;
    pub(in crate::link) const DATA: u8 = 11;
    pub(in crate::link) const DATA_COUNT: u8 = 12;
    pub(in crate::link) const TAG: u8 = 13;
}

/// The sections in the order of the binary format.
const ORDER: [u8; 13] = [
    id::TYPE,
    id::IMPORT,
    id::FUNCTION,
    id::TABLE,
    id::MEMORY,
    id::TAG,
    id::GLOBAL,
    id::EXPORT,
    id::START,
    id::ELEMENT,
    id::DATA_COUNT,
    id::CODE,
    id::DATA,
];

/// The inputs of the custom sections that linmem writes, besides the sites that were added.
#[derive(Clone, Copy)]
pub(super) struct Customs<'a> {
    /// The sites that the input already has.
    pub(super) previous: &'a [Site],
    /// The file name of the text that was linked, if it has one.
    pub(super) file: Option<&'a str>,
    /// Whether the module has a name section.
    pub(super) has_names: bool,
}

/// Writes the linked module.
#[expect(clippy::too_many_arguments, reason = "this is where everything comes together")]
pub(super) fn module(
    input: &Input<'_>,
    context: &Context,
    needs: &Needs,
    memory: &Memory,
    globals: Globals<'_>,
    plan: &Plan,
    lowered: &[Option<Lowered>],
    added: Added<'_>,
    customs: Customs<'_>,
) -> Result<Vec<u8>, Error> {
    let writer = Writer { input, context, needs, memory, globals, plan, lowered, added, customs };
    let mut out = Vec::with_capacity(input.bytes.len() + input.bytes.len() / 8 + 1024);
    out.extend_from_slice(&input.bytes[..custom::HEADER]);
    let mut pending = ORDER.iter().copied().peekable();
    let last = input.sections.iter().rposition(|section| section.id != CUSTOM).unwrap_or_default();
    let mut unknown = input.customs.iter();
    for (position, section) in input.sections.iter().enumerate() {
        if section.id == CUSTOM {
            let kept = unknown.next().filter(|custom| custom.fate() == custom::Fate::Kept);
            kept.into_iter().for_each(|custom| custom::write(custom.name, custom.data, &mut out));
        } else {
            while let Some(id) = pending.next_if(|id| *id != section.id) {
                writer.section(id, None, &mut out)?;
            }
            pending.next();
            writer.section(section.id, Some(section), &mut out)?;
        }
        if position == last {
            for id in pending.by_ref() {
                writer.section(id, None, &mut out)?;
            }
        }
    }
    writer.sites(&mut out);
    if customs.has_names {
        names::section(&writer.names(), &mut out);
    }
    custom::write_producers(&input.customs, &mut out);
    if custom::has_target_features(&input.customs) {
        let used = writer.features(&out);
        custom::write_target_features(&input.customs, &used, &mut out);
    }
    Ok(out)
}

/// The module and everything that linking adds to it.
pub(super) struct Writer<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) context: &'a Context,
    pub(super) needs: &'a Needs,
    pub(super) memory: &'a Memory,
    pub(super) globals: Globals<'a>,
    pub(super) plan: &'a Plan,
    pub(super) lowered: &'a [Option<Lowered>],
    pub(super) added: Added<'a>,
    customs: Customs<'a>,
}

impl Writer<'_> {
    pub(super) fn renumber(&self) -> Renumber<'_> {
        Renumber { plan: self.plan, globals: self.globals, before_globals: false }
    }

    /// Writes one section with linmem's additions; writes nothing if it has no entries from the input or from linmem.
    fn section(&self, id: u8, section: Option<&Section>, out: &mut Vec<u8>) -> Result<(), Error> {
        let contents = section.map(|section| &self.input.bytes[section.range.clone()]);
        let offset = section.map_or(0, |section| section.range.start);
        let written = match id {
            id::TYPE => extended(contents, self.plan.added_type_entries(), |out| self.types(out))?,
            id::IMPORT => self.imports()?,
            id::FUNCTION => {
                let Added { shims, exports } = self.added;
                let added = shims.len()
                    + exports.len()
                    + self.needs.helpers().count()
                    + usize::from(self.plan.start().is_some());
                extended(contents, added, |out| self.functions(out))?
            }
            id::MEMORY => self.memories(contents, offset)?,
            id::GLOBAL => self.globals(contents, offset)?,
            id::EXPORT => self.exports(contents, offset)?,
            id::TABLE => reencoded(contents, offset, wasm_encoder::TableSection::new(), |target, contents| {
                let section: TableSectionReader<'_> = contents;
                Renumber { before_globals: true, ..self.renumber() }.parse_table_section(target, section)
            })?,
            id::ELEMENT => reencoded(contents, offset, wasm_encoder::ElementSection::new(), |target, contents| {
                let section: ElementSectionReader<'_> = contents;
                self.renumber().parse_element_section(target, section)
            })?,
            id::START => self.start(contents, offset)?,
            id::DATA_COUNT => self.data_count(contents)?,
            id::CODE => self.code()?,
            id::DATA => self.data(contents, offset)?,
            _ => contents.map(<[u8]>::to_vec),
        };
        if let Some(contents) = written {
            out.push(id);
            contents.as_slice().encode(out);
        }
        Ok(())
    }

    fn types(&self, out: &mut Vec<u8>) {
        const FUNCTION_TYPE: u8 = 0x60;
        out.extend_from_slice(self.plan.units_entry());
        out.extend_from_slice(self.plan.segment_group());
        self.plan.block_types().write(out);
        for ty in self.plan.added_types() {
            out.push(FUNCTION_TYPE);
            for group in [&ty.params, &ty.results] {
                group.len().encode(out);
                for ty in group {
                    val_type(*ty).encode(out);
                }
            }
        }
    }

    fn imports(&self) -> Result<Option<Vec<u8>>, Error> {
        let mut section = ImportSection::new();
        let mut functions = self.input.imports.functions().iter();
        let mut global = 0;
        for import in &self.input.import_list {
            if let TypeRef::Global(_) = import.ty {
                global += 1;
                if self.input.statics.segment(global - 1).is_some() {
                    continue;
                }
            }
            let ty = self.renumber().entity_type(import.ty).map_err(failed)?;
            match import.ty {
                TypeRef::Func(_) | TypeRef::FuncExact(_) => match functions.next() {
                    Some(Fate::Host { module, name }) => {
                        section.import(module, name, ty);
                    }
                    Some(Fate::Intrinsic(_)) => {}
                    Some(Fate::Kept { .. }) | None => {
                        section.import(import.module, import.name, ty);
                    }
                },
                _ => {
                    section.import(import.module, import.name, ty);
                }
            }
        }
        for import in self.plan.added_imports() {
            let ty = self.plan.type_index(&import.function_type(self.context.width()));
            section.import(import.module(), import.name(), EntityType::Function(ty));
        }
        Ok((!section.is_empty()).then(|| contents_of(&section)))
    }

    /// The types of the functions that are added.
    fn functions(&self, out: &mut Vec<u8>) {
        // A shim has the same type as its import.
        let types: Vec<u32> = self.input.imported_types().collect();
        for shim in self.added.shims {
            types.get(shim.import as usize).copied().unwrap_or_default().encode(out);
        }
        for export in self.added.exports {
            self.plan.type_index(&export.ty).encode(out);
        }
        for helper in self.needs.helpers() {
            self.plan.type_index(&helper.function_type(self.context)).encode(out);
        }
        if self.plan.start().is_some() {
            self.plan.type_index(&start_type()).encode(out);
        }
    }

    /// The memories: those of the input, one of which may get another minimum and maximum, or a new one.
    fn memories(&self, contents: Option<&[u8]>, offset: usize) -> Result<Option<Vec<u8>>, Error> {
        let mut section = wasm_encoder::MemorySection::new();
        if let Some(contents) = contents {
            let memories: MemorySectionReader<'_> = reader(contents, offset)?;
            for (index, memory) in (self.input.imported_memory_count..).zip(memories) {
                let mut ty = self.renumber().memory_type(memory?).map_err(failed)?;
                if index == self.memory.index.0 {
                    ty.minimum = self.memory.raised.unwrap_or(ty.minimum);
                    if let Growth::Split(_) = self.context.growth {
                        ty.maximum = self.memory.maximum;
                    }
                }
                section.memory(ty);
            }
        }
        if let Some(minimum) = self.memory.defines {
            let maximum = self.memory.maximum;
            section.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
        }
        if self.context.trace.is_some() {
            let (minimum, maximum) = (SHADOW_PAGES, Some(SHADOW_PAGES));
            section.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
        }
        Ok((!section.is_empty()).then(|| contents_of(&section)))
    }

    fn globals(&self, contents: Option<&[u8]>, offset: usize) -> Result<Option<Vec<u8>>, Error> {
        let mut section = wasm_encoder::GlobalSection::new();
        let placed = &self.globals.data.placed.globals;
        let define = |section: &mut wasm_encoder::GlobalSection, segment| {
            let (ty, value) = self.globals.definition(segment);
            section.global(ty, &value);
        };
        let early = self.input.statics.defined().len();
        placed.keys().take(early).for_each(|segment| define(&mut section, *segment));
        if let Some(contents) = contents {
            let globals: GlobalSectionReader<'_> = reader(contents, offset)?;
            self.renumber().parse_global_section(&mut section, globals).map_err(failed)?;
        }
        for NewGlobal { ty, value, .. } in self.needs.globals() {
            section.global(GlobalType { val_type: ty, mutable: true, shared: false }, &value);
        }
        placed.keys().skip(early).for_each(|segment| define(&mut section, *segment));
        Ok((!section.is_empty()).then(|| contents_of(&section)))
    }

    fn exports(&self, contents: Option<&[u8]>, offset: usize) -> Result<Option<Vec<u8>>, Error> {
        let mut section = wasm_encoder::ExportSection::new();
        if let Some(contents) = contents {
            let exports: ExportSectionReader<'_> = reader(contents, offset)?;
            self.renumber().parse_export_section(&mut section, exports).map_err(failed)?;
        }
        if self.memory.exports {
            section.export(EXPORT, wasm_encoder::ExportKind::Memory, self.memory.index.0);
        }
        if let Some(shadow) = self.context.trace {
            section.export(SHADOW, wasm_encoder::ExportKind::Memory, shadow.0);
        }
        for (export, index) in self.added.exports.iter().zip(self.plan.exports()) {
            section.export(export.name, wasm_encoder::ExportKind::Func, *index);
        }
        Ok((!section.is_empty()).then(|| contents_of(&section)))
    }

    /// Writes the section of sites, if this code or previously linked code reports violations.
    fn sites(&self, out: &mut Vec<u8>) {
        let Customs { previous, file, .. } = self.customs;
        if previous.is_empty() && self.needs.sites().is_empty() {
            return;
        }
        let data = sites::encode(previous, self.needs.sites(), file, |function| {
            // The function index of the input, as in error messages, unless the function was added.
            match allocator::name(self.input, self.added.exports, function) {
                Some(name) => (u32::MAX, name.to_string()),
                None => (function, self.input.named(function).unwrap_or_default().to_string()),
            }
        });
        custom::write(sites::SECTION, &data, out);
    }

    /// The features that linmem's code and the lowered functions use.
    fn features(&self, module: &[u8]) -> Features {
        let is_copied = |function| self.plan.is_copied(function, self.lowered);
        let mut features = features::used(module, self.plan.imported(), |function| !is_copied(function));
        let exported = self.added.exports.iter().any(|export| export.ty.results.len() > 1);
        if exported || self.needs.helpers().any(|helper| helper.function_type(self.context).results.len() > 1) {
            features.insert("multivalue");
        }
        if self.context.trace.is_some() {
            features.insert("multimemory");
        }
        features
    }

    fn names(&self) -> names::Names<'_> {
        names::Names {
            input: self.input,
            context: self.context,
            needs: self.needs,
            plan: self.plan,
            lowered: self.lowered,
            added: self.added,
            globals: self.globals,
            defines_memory: self.memory.defines.is_some(),
        }
    }
}
