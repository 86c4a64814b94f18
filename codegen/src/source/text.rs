//! The lines of a module that is given as text.

use std::path::Path;
use wast::Wat;
use wast::core::{EncodeOptions, GenerateDwarf, ModuleField, ModuleKind};
use wast::parser::{self, ParseBuffer};

/// How long lines may be, in bytes, to be told apart.
const MOST_COLUMNS: usize = 10_000;

/// Encodes a text once more, with a line table. The code is the same as without one.
///
/// Nothing if the text is none of a module's fields, or has a line that is too long. The module's own custom sections are left out, so that a line
/// table among them is not taken for the one that is asked for.
pub(super) fn encode_with_lines(text: &str) -> Option<Vec<u8>> {
    // For every instruction the encoder counts the columns of its line; and what is written like this is read by nobody.
    if text.lines().any(|line| line.len() > MOST_COLUMNS) {
        return None;
    }
    let mut buffer = ParseBuffer::new(text).ok()?;
    buffer.track_instr_spans(true);
    let mut wat = parser::parse::<Wat<'_>>(&buffer).ok()?;
    let Wat::Module(module) = &mut wat else { return None };
    let ModuleKind::Text(fields) = &mut module.kind else { return None };
    fields.retain(|field| !matches!(field, ModuleField::Custom(_)));
    // The name is written to the line table, where nobody looks for it.
    EncodeOptions::new().dwarf(Path::new("text"), text, GenerateDwarf::Lines).encode_module(module).ok()
}

/// Where in the contents of the code section the line table of [`encode_with_lines`] has its address zero.
///
/// Compilers and linkers count from the number of functions, with which the contents begin. wast 254 counts from behind
/// it: from the first function.
pub(super) fn address_zero(code: &[u8]) -> usize {
    code.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1
}
