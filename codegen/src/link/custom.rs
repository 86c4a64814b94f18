//! The custom sections of the linked module.
//!
//! Sections that linmem does not know are kept byte for byte. `linmem.sites`, `name`, `producers` and `target_features`
//! come last, in this order, which LLVM's tools require for the last three. Each of them appears at most once, even if
//! the input repeats it. Sections that hold code offsets or function indices are dropped, since linking invalidates
//! them.

use crate::link::features::Features;
use indexmap::IndexMap;
use std::borrow::Cow;
use wasm_encoder::{CustomSection, Encode, ProducersField, ProducersSection};
use wasmparser::{BinaryReader, BinaryReaderError, ProducersSectionReader};

/// The id of custom sections in the binary format.
pub(crate) const CUSTOM: u8 = 0;

/// The number of bytes before the first section: the magic number and the version.
pub(crate) const HEADER: usize = 8;

/// The names of the sections that are rewritten.
pub(crate) const NAME: &str = "name";
const PRODUCERS: &str = "producers";
const TARGET_FEATURES: &str = "target_features";

/// The name of linmem in the list of tools that processed a module.
const TOOL: &str = "linmem";

/// A custom section of the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Custom<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// The contents after the name.
    pub(crate) data: &'a [u8],
}

/// How a custom section is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is kept.
    Kept,
    /// It is rewritten, after all others.
    Rewritten,
    /// It is dropped.
    Dropped,
}

impl Custom<'_> {
    pub(crate) fn fate(&self) -> Fate {
        let prefixes = [".debug_", "metadata.code.", "reloc."];
        if matches!(self.name, NAME | PRODUCERS | TARGET_FEATURES | crate::sites::SECTION) {
            Fate::Rewritten
        } else if prefixes.iter().any(|prefix| self.name.starts_with(prefix))
            || matches!(self.name, "linking" | "sourceMappingURL" | "external_debug_info")
        {
            Fate::Dropped
        } else {
            Fate::Kept
        }
    }

    /// Whether the section occurs only in relocatable object files.
    pub(crate) fn is_of_object(&self) -> bool {
        self.name == "linking" || self.name.starts_with("reloc.")
    }
}

/// Writes `producers` with linmem added to the tools, if the input has such a section. A section that cannot be parsed
/// is kept.
pub(crate) fn write_producers(sections: &[Custom<'_>], out: &mut Vec<u8>) {
    let all: Vec<&Custom<'_>> = sections.iter().filter(|section| section.name == PRODUCERS).collect();
    let Some(first) = all.first() else { return };
    let mut fields: IndexMap<String, IndexMap<String, String>> = IndexMap::new();
    for section in &all {
        if read_producers(section.data, &mut fields).is_err() {
            return write(first.name, first.data, out);
        }
    }
    let tools = fields.entry("processed-by".to_string()).or_default();
    tools.insert(TOOL.to_string(), env!("CARGO_PKG_VERSION").to_string());
    let mut section = ProducersSection::new();
    for (name, values) in &fields {
        let mut field = ProducersField::new();
        for (name, version) in values {
            field.value(name, version);
        }
        section.field(name, &field);
    }
    let mut data = Vec::new();
    section.encode(&mut data);
    // `data` already starts with the size and the name of the section.
    out.push(CUSTOM);
    out.extend_from_slice(&data);
}

fn read_producers(
    data: &[u8],
    fields: &mut IndexMap<String, IndexMap<String, String>>,
) -> Result<(), BinaryReaderError> {
    for field in ProducersSectionReader::new(BinaryReader::new(data, 0))? {
        let field = field?;
        let values = fields.entry(field.name.to_string()).or_default();
        for value in field.values {
            let value = value?;
            values.entry(value.name.to_string()).or_insert_with(|| value.version.to_string());
        }
    }
    Ok(())
}

/// Writes `target_features` with the features that linmem's code uses, if the input has such a section. A section that
/// cannot be parsed is kept.
pub(crate) fn write_target_features(sections: &[Custom<'_>], used: &Features, out: &mut Vec<u8>) {
    const USED: u8 = b'+';
    let all: Vec<&Custom<'_>> = sections.iter().filter(|section| section.name == TARGET_FEATURES).collect();
    let Some(first) = all.first() else { return };
    let mut features: IndexMap<String, u8> = IndexMap::new();
    for section in &all {
        match read_features(section.data) {
            Ok(list) => features.extend(list),
            Err(_) => return write(first.name, first.data, out),
        }
    }
    features.extend(used.iter().map(|name| (name.to_string(), USED)));
    let mut data = Vec::new();
    features.len().encode(&mut data);
    for (name, prefix) in &features {
        data.push(*prefix);
        name.as_str().encode(&mut data);
    }
    write(TARGET_FEATURES, &data, out);
}

fn read_features(data: &[u8]) -> Result<Vec<(String, u8)>, BinaryReaderError> {
    let mut reader = BinaryReader::new(data, 0);
    let mut list = Vec::new();
    for _ in 0..reader.read_var_u32()? {
        let prefix = reader.read_u8()?;
        list.push((reader.read_string()?.to_string(), prefix));
    }
    Ok(list)
}

/// Whether the input declares the features that it uses.
pub(crate) fn has_target_features(sections: &[Custom<'_>]) -> bool {
    sections.iter().any(|section| section.name == TARGET_FEATURES)
}

/// Writes a custom section.
pub(crate) fn write(name: &str, data: &[u8], out: &mut Vec<u8>) {
    out.push(CUSTOM);
    CustomSection { name: name.into(), data: Cow::Borrowed(data) }.encode(out);
}
