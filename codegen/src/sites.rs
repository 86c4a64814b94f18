//! Sites: the places from which violations are reported.
//!
//! If violations are reported, each intrinsic that can cause one has a number, its site. If accesses are traced, so has each
//! instruction that accesses memory. The custom section [`SECTION`]
//! of the linked module describes the sites:
//!
//! ```text
//!   version      u32, 1
//!   strings      a vector of names
//!   sites        a vector of:  intrinsic   u32, a string
//!                              function    u32, its index in the module that was linked (if it was linked again,
//!                                          in the first input) or built; 2^32 - 1 if a frontend's own writer
//!                                          assigns the index
//!                              name        u32, a string: the name of the function, or empty
//!                              offset      u32, the offset of the intrinsic in the module that was linked, in
//!                                          bytes; 0 if the module was built
//!                              file        u32, a string: the source file; empty if it is a text without a name
//!                              line        u32, in the source; 0 if unknown
//!                              column      u32, in the source; 0 if unknown
//! ```
//!
//! All numbers are encoded in LEB128; vectors and names are encoded as in WebAssembly itself.
//!
//! A module that is linked again keeps its sites and their numbers; new sites follow them. If modules with a section
//! each were merged, the numbers of the sections overlap: if the sites with a number differ, at most their intrinsic is
//! reported, if it is the same in both.

use crate::source_line::{SourceLine, one_line};
use indexmap::IndexSet;
use std::cell::Cell;
use std::fmt;
use wasm_encoder::Encode;
use wasmparser::{BinaryReader, BinaryReaderError, Parser, Payload};

/// The name of the custom section.
pub const SECTION: &str = "linmem.sites";

/// The version of its contents.
const VERSION: u32 = 1;

/// The limit on the bytes of names that are read from a section. Names beyond it are empty.
const MAX_TEXT: usize = 1 << 26;

/// A place from which violations are reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The intrinsic, by its name in the catalogue.
    pub intrinsic: String,
    /// The index of its function in the module that was linked or built; `u32::MAX` if a frontend's own writer assigns
    /// the index.
    pub function: u32,
    /// The name of the function, if it has one.
    pub name: Option<String>,
    /// The offset of the intrinsic in the module that was linked, in bytes; 0 if the module was built.
    pub offset: u32,
    /// The line of the source.
    pub source: Option<SourceLine>,
}

impl fmt::Display for Site {
    /// Formats the site as `at src/main.rs:14:5, in $main`, or with the offset if the line is unknown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "at {source}")?,
            None if self.offset != 0 => write!(f, "at offset {:#x}", self.offset)?,
            None => return write!(f, "in {}", self.function_name()),
        }
        write!(f, ", in {}", self.function_name())
    }
}

impl Site {
    /// The name of the function in messages.
    pub fn function_name(&self) -> String {
        match (&self.name, self.function) {
            (Some(name), _) => format!("${}", one_line(name)),
            (None, u32::MAX) => "an unnamed function".to_string(),
            (None, function) => format!("function {function}"),
        }
    }
}

/// The sites of a linked module, by their numbers; empty if the module reports no violations, or if the section cannot
/// be parsed.
pub fn read(module: &[u8]) -> Vec<Site> {
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload {
            Ok(Payload::CustomSection(section)) if section.name() == SECTION => sections.push(section.data()),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    merged(sections)
}

/// The sites of several sections, by their numbers. If modules with a section each were merged, a number can refer to a
/// site of either; if the two differ, at most their intrinsic is kept, if it is the same in both.
pub(crate) fn merged<'a>(sections: impl IntoIterator<Item = &'a [u8]>) -> Vec<Site> {
    let mut merged: Vec<Site> = Vec::new();
    for section in sections {
        let mut sites = decode(BinaryReader::new(section, 0)).unwrap_or_default();
        let common = merged.len().min(sites.len());
        for (site, other) in merged.iter_mut().zip(sites.drain(..common)) {
            if *site != other {
                let intrinsic = if site.intrinsic == other.intrinsic { other.intrinsic } else { String::new() };
                *site = Site { intrinsic, function: u32::MAX, name: None, offset: 0, source: None };
            }
        }
        merged.extend(sites);
    }
    merged
}

fn decode(mut reader: BinaryReader<'_>) -> Result<Vec<Site>, BinaryReaderError> {
    if reader.read_var_u32()? != VERSION {
        return Ok(Vec::new());
    }
    let mut strings = Vec::new();
    for _ in 0..reader.read_var_u32()? {
        strings.push(reader.read_string()?);
    }
    // Sites that share a string each have a copy of it.
    let room = Cell::new(MAX_TEXT);
    let string = |index: u32| {
        let text = strings.get(index as usize).copied().unwrap_or_default();
        let text = if text.len() <= room.get() { text } else { "" };
        room.set(room.get() - text.len());
        text.to_string()
    };
    let mut sites = Vec::new();
    for _ in 0..reader.read_var_u32()? {
        let intrinsic = string(reader.read_var_u32()?);
        let function = reader.read_var_u32()?;
        let name = Some(string(reader.read_var_u32()?)).filter(|name| !name.is_empty());
        let offset = reader.read_var_u32()?;
        let file = Some(string(reader.read_var_u32()?)).filter(|file| !file.is_empty());
        let (line, column) = (reader.read_var_u32()?, reader.read_var_u32()?);
        let source = (line != 0).then_some(SourceLine { file, line, column });
        sites.push(Site { intrinsic, function, name, offset, source });
    }
    Ok(sites)
}

/// A site, before the indices of the finished module are known.
#[derive(Clone, Debug)]
pub(crate) struct PlannedSite {
    /// The name of the intrinsic or, if accesses are traced, of any instruction or host function.
    pub(crate) intrinsic: &'static str,
    /// The function, by its number in the program or in the builder.
    pub(crate) function: u32,
    /// The offset in the input.
    pub(crate) offset: u32,
    /// The line of the source.
    pub(crate) source: Option<SourceLine>,
}

/// The contents of the section: the sites that the module already has, and the added ones. `function` returns the index
/// and the name of a function; `file` is the name of the text that was linked, if it has one.
pub(crate) fn encode(
    previous: &[Site],
    sites: &[PlannedSite],
    file: Option<&str>,
    function: impl Fn(u32) -> (u32, String),
) -> Vec<u8> {
    let mut table = Table::default();
    for Site { intrinsic, function, name, offset, source } in previous {
        table.add(intrinsic, (*function, name.as_deref().unwrap_or_default()), *offset, source.clone());
    }
    for site in sites {
        let (index, name) = function(site.function);
        // The column is not reported for a text either.
        let in_text = |line: &SourceLine| line.file.is_none() && file.is_some();
        let source = match &site.source {
            Some(line) if in_text(line) => {
                Some(SourceLine { file: file.map(str::to_string), line: line.line, column: 0 })
            }
            source => source.clone(),
        };
        table.add(site.intrinsic, (index, &name), site.offset, source);
    }
    table.finish()
}

/// The section under construction.
#[derive(Default)]
struct Table {
    strings: IndexSet<String>,
    list: Vec<u8>,
    count: usize,
}

impl Table {
    fn add(&mut self, intrinsic: &str, (index, name): (u32, &str), offset: u32, source: Option<SourceLine>) {
        let SourceLine { file, line, column } = source.unwrap_or(SourceLine { file: None, line: 0, column: 0 });
        let mut string = |text: &str| self.strings.insert_full(text.to_string()).0 as u32;
        let (intrinsic, name, file) = (string(intrinsic), string(name), string(&file.unwrap_or_default()));
        for number in [intrinsic, index, name, offset, file, line, column] {
            number.encode(&mut self.list);
        }
        self.count += 1;
    }

    fn finish(self) -> Vec<u8> {
        let mut out = Vec::new();
        VERSION.encode(&mut out);
        self.strings.len().encode(&mut out);
        for text in &self.strings {
            text.as_str().encode(&mut out);
        }
        self.count.encode(&mut out);
        out.extend(self.list);
        out
    }
}

#[cfg(test)]
#[cfg(feature = "text")]
mod tests {
    use super::*;
    use crate::{Config, OnViolation, link};
    use linmem_intrinsics::Safety;

    const TEXT: &str = r#"(module
      (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
      (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
      (func (export "open") (result i32)
        call $new)
      (func $close (export "close") (param i32)
        local.get 0
        call $free))"#;

    fn checked() -> Config {
        Config { safety: Some(Safety::Temporal), on_violation: OnViolation::Report, ..Config::default() }
    }

    fn rendered(module: &[u8]) -> Result<Vec<String>, crate::Error> {
        let linked = link(module, &checked())?;
        Ok(read(&linked).iter().map(|site| format!("{} {site}", site.intrinsic)).collect())
    }

    #[test]
    fn sites_of_text_have_its_lines() -> Result<(), crate::Error> {
        assert_eq!(
            rendered(TEXT.as_bytes())?,
            ["MemoryAllocator.new at line 5, in function 2", "MemoryAllocator.free at line 8, in $close"]
        );
        Ok(())
    }

    #[cfg(feature = "dwarf")]
    #[test]
    fn sites_of_binary_have_lines_of_line_table() -> Result<(), Box<dyn std::error::Error>> {
        use std::path::Path;
        use wast::core::GenerateDwarf;
        use wast::parser::{self, ParseBuffer};
        let mut buffer = ParseBuffer::new(TEXT)?;
        buffer.track_instr_spans(true);
        let mut text = parser::parse::<wast::Wat<'_>>(&buffer)?;
        let wast::Wat::Module(module) = &mut text else { return Err("no module".into()) };
        let bytes = wast::core::EncodeOptions::new()
            .dwarf(Path::new("src/regions.wat"), TEXT, GenerateDwarf::Full)
            .encode_module(module)?;
        let sites = rendered(&bytes)?;
        assert!(sites[0].starts_with("MemoryAllocator.new at src/regions.wat:5:"), "{sites:?}");
        assert!(sites[1].starts_with("MemoryAllocator.free at src/regions.wat:8:"), "{sites:?}");
        assert!(sites[1].ends_with(", in $close"), "{sites:?}");
        Ok(())
    }

    #[test]
    fn sites_without_line_table_have_offsets() -> Result<(), crate::Error> {
        let sites = rendered(&crate::wat::parse(TEXT.as_bytes())?)?;
        assert_eq!(sites.len(), 2);
        assert!(sites[1].starts_with("MemoryAllocator.free at offset 0x"), "{sites:?}");
        Ok(())
    }

    #[test]
    fn malformed_section_yields_no_sites() -> Result<(), crate::Error> {
        assert_eq!(read(b""), []);
        let linked = link(TEXT.as_bytes(), &checked())?;
        for length in 0..linked.len() {
            assert!(read(&linked[..length]).len() <= 2);
        }
        let trapping = Config { on_violation: OnViolation::Trap, ..checked() };
        assert_eq!(read(&link(TEXT.as_bytes(), &trapping)?), []);
        Ok(())
    }
}
