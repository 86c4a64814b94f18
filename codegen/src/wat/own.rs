//! Finds what linmem added to a module for itself.

use crate::error::{Error, Place};
use std::collections::BTreeSet;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, ElementSection, GlobalSection, ImportSection, TableSection, TagSection, TypeSection};
use wasmparser::{ExternalKind, FunctionBody, KnownCustom, Name, Parser, Payload, TypeRef};

/// What the names of linmem's items start with.
const PREFIX: &str = "linmem.";

/// The functions of a module, by name.
#[derive(Default)]
pub(super) struct Functions<'a> {
    imported: u32,
    names: Vec<(u32, &'a str)>,
    exports: Vec<(u32, &'a str)>,
}

impl<'a> Functions<'a> {
    pub(super) fn read(module: &'a [u8]) -> Result<Functions<'a>, Error> {
        let mut functions = Functions::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        functions.imported += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact) {
                            functions.exports.push((export.index, export.name));
                        }
                    }
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        for name in names {
                            if let Name::Function(map) = name? {
                                functions.names = named(map)?;
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(functions)
    }

    /// The number of functions that are imported.
    pub(super) fn imported(&self) -> u32 {
        self.imported
    }

    /// The index of the function with this name.
    pub(super) fn index(&self, name: &str) -> Option<u32> {
        let mut all = self.names.iter().chain(&self.exports);
        all.find(|(_, known)| *known == name).map(|(index, _)| *index)
    }
}

/// The items that linmem added to a module for itself.
#[derive(Default)]
pub(super) struct Own {
    imported: u32,
    functions: BTreeSet<u32>,
    globals: BTreeSet<u32>,
    /// The types of segments.
    segments: BTreeSet<u32>,
    /// The types that only helpers have.
    types: BTreeSet<u32>,
}

impl Own {
    pub(super) fn read(module: &[u8]) -> Result<Own, Error> {
        let functions = Functions::read(module)?;
        let mut own = Own { imported: functions.imported, ..Own::default() };
        own.functions = owned(&functions.names);
        for payload in Parser::new(0).parse_all(module) {
            let Payload::CustomSection(section) = payload? else { continue };
            let KnownCustom::Name(names) = section.as_known() else { continue };
            for name in names {
                match name? {
                    Name::Global(map) => own.globals = owned(&named(map)?),
                    Name::Type(map) => own.segments = owned(&named(map)?),
                    _ => {}
                }
            }
        }
        own.read_types(module).map_err(|error| match error {
            reencode::Error::ParseError(error) => Error::from(error),
            other => Error::Invalid { message: other.to_string(), place: Place::Module },
        })?;
        Ok(own)
    }

    /// Whether the function that is defined at this position, imports not counted, is a helper.
    pub(super) fn defines(&self, position: u32) -> bool {
        position.checked_add(self.imported).is_some_and(|index| self.functions.contains(&index))
    }

    /// Whether only helpers have this type.
    pub(super) fn has_type(&self, index: u32) -> bool {
        self.types.contains(&index)
    }

    pub(super) fn has_global(&self, index: u32) -> bool {
        self.globals.contains(&index)
    }

    /// Whether this is one of the types of segments.
    pub(super) fn has_segment_type(&self, index: u32) -> bool {
        self.segments.contains(&index)
    }

    /// Finds the types that only helpers have.
    fn read_types(&mut self, module: &[u8]) -> Result<(), reencode::Error<std::convert::Infallible>> {
        let mut used = Used::default();
        let mut bodies = 0..;
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => used.parse_type_section(&mut TypeSection::new(), section)?,
                Payload::ImportSection(section) => used.parse_import_section(&mut ImportSection::new(), section)?,
                Payload::TableSection(section) => used.parse_table_section(&mut TableSection::new(), section)?,
                Payload::TagSection(section) => used.parse_tag_section(&mut TagSection::new(), section)?,
                Payload::GlobalSection(section) => used.parse_global_section(&mut GlobalSection::new(), section)?,
                Payload::ElementSection(section) => used.parse_element_section(&mut ElementSection::new(), section)?,
                Payload::FunctionSection(section) => {
                    for (position, ty) in (0..).zip(section) {
                        let types = if self.defines(position) { &mut self.types } else { &mut used.types };
                        types.insert(ty?);
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let body: FunctionBody<'_> = body;
                    if bodies.next().is_some_and(|position| !self.defines(position)) {
                        used.parse_function_body(&mut CodeSection::new(), body)?;
                    }
                }
                _ => {}
            }
        }
        self.types.retain(|index| !used.types.contains(index));
        Ok(())
    }
}

/// Collects the types that parts of a module refer to.
#[derive(Default)]
struct Used {
    types: BTreeSet<u32>,
}

impl Reencode for Used {
    type Error = std::convert::Infallible;

    fn type_index(&mut self, index: u32) -> Result<u32, reencode::Error<Self::Error>> {
        self.types.insert(index);
        Ok(index)
    }
}

/// The entries of a name map.
fn named(map: wasmparser::NameMap<'_>) -> Result<Vec<(u32, &str)>, Error> {
    map.into_iter().map(|naming| Ok(naming.map(|naming| (naming.index, naming.name))?)).collect()
}

/// The indices whose names are linmem's.
fn owned(names: &[(u32, &str)]) -> BTreeSet<u32> {
    names.iter().filter(|(_, name)| name.starts_with(PREFIX)).map(|(index, _)| *index).collect()
}
