//! The sections of a module that contain its lines.

use crate::module::features;
use gimli::{EndianSlice, LittleEndian};
use std::ops::Range;
use wasmparser::{Encoding, Parser, Payload};

/// A part of a section, as gimli reads it.
pub(super) type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// The sections of a module that contain its lines. A section that does not exist is empty.
#[derive(Default)]
pub(super) struct Sections<'a> {
    /// The contents of the code section: the number of functions, then the functions.
    pub(super) code: Range<usize>,
    /// `.debug_line`
    pub(super) lines: &'a [u8],
    /// `.debug_str`
    pub(super) strings: &'a [u8],
    /// `.debug_line_str`
    pub(super) line_strings: &'a [u8],
}

impl<'a> Sections<'a> {
    /// Finds the sections. In an invalid module, only those before the first error are found.
    pub(super) fn find(bytes: &'a [u8]) -> Sections<'a> {
        let mut sections = Sections::default();
        let mut parser = Parser::new(0);
        parser.set_features(features());
        for payload in parser.parse_all(bytes).map_while(Result::ok) {
            match payload {
                Payload::Version { encoding: Encoding::Component, .. } => break,
                Payload::CodeSectionStart { range, .. } => sections.code = range,
                Payload::CustomSection(custom) => {
                    let section = match custom.name() {
                        ".debug_line" => &mut sections.lines,
                        ".debug_str" => &mut sections.strings,
                        ".debug_line_str" => &mut sections.line_strings,
                        _ => continue,
                    };
                    // If several sections have the same name, the first one is used.
                    if section.is_empty() {
                        *section = custom.data();
                    }
                }
                _ => {}
            }
        }
        sections
    }
}
