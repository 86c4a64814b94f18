//! Where the code of a module comes from: the lines of its source.
//!
//! ```text
//!   text      the lines of a module that is given as text: the encoder writes a line table, which is read back
//!   dwarf     the line table of a module that is given in the binary format, and the sections that it needs
//!   program   one line program of such a table, run
//!   files     the names of the files that a line program speaks of
//!   table     what comes of it all: an address in, a line out
//!   item      the lines of what is not code, of a module that is given as text
//! ```
//!
//! Lines are looked for when the first one is asked for, and never before: a module that links without an error pays
//! nothing. They are only for messages. Whatever is wrong with them gives no line; it never gives an error, and it
//! never takes more memory than the limits in these files say. Source maps are not read.

mod dwarf;
mod files;
mod item;
mod program;
mod table;
#[cfg(test)]
mod tests;
mod text;

use crate::error::{Error, Place};
use crate::wat;
use dwarf::{Naming, Sections};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use table::Table;

/// A line of a source: of a named file, or of the text that was given.
///
/// It is displayed as `src/main.rs:14:5`, as `src/main.rs:14` where the column is unknown, and as `line 14` of the text
/// that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// The file, as the module's debug information names it; nothing where the module itself was given as text.
    pub file: Option<String>,
    /// The line, counted from one.
    pub line: u32,
    /// The column in bytes, counted from one, or zero where it is unknown.
    pub column: u32,
}

impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SourceLine { file, line, column } = self;
        match (file, column) {
            (None, _) => write!(f, "line {line}"),
            (Some(file), 0) => write!(f, "{}:{line}", one_line(file)),
            (Some(file), column) => write!(f, "{}:{line}:{column}", one_line(file)),
        }
    }
}

/// A name on one line: names of a module may hold anything.
pub(crate) fn one_line(name: &str) -> Cow<'_, str> {
    if name.contains('\n') { Cow::Owned(name.replace('\n', "\\n")) } else { Cow::Borrowed(name) }
}

/// A module as it was given, in the binary format, with what is known of where its code comes from.
pub(crate) struct Source<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    /// The text, if it was given as that.
    text: Option<&'a str>,
    lines: OnceCell<Lines>,
}

/// The lines of a module, once somebody has asked.
struct Lines {
    /// The offset of address zero of the line table: that of the contents of the code section, or nearly.
    code: usize,
    table: Table,
}

impl<'a> Source<'a> {
    /// Reads a module in either format.
    ///
    /// # Errors
    ///
    /// Those of [`wat::parse`].
    pub(crate) fn read(input: &'a [u8]) -> Result<Source<'a>, Error> {
        let text = wat::as_text(input)?;
        let bytes = match text {
            Some(text) => Cow::Owned(wat::encode(text)?),
            None => Cow::Borrowed(input),
        };
        Ok(Source { bytes, text, lines: OnceCell::new() })
    }

    /// The line that an instruction comes from, by its offset in the binary.
    pub(crate) fn line(&self, offset: usize) -> Option<SourceLine> {
        let lines = self.lines.get_or_init(|| self.find_lines());
        let address = offset.checked_sub(lines.code)?;
        lines.table.line(u32::try_from(address).ok()?)
    }

    /// An error of the module as it was given: of a text, with its line instead of an offset that only the binary has.
    pub(crate) fn locate(&self, error: Error) -> Error {
        let Error::Invalid { message, place: Place::Offset(offset) } = error else { return error };
        let place = self.text_place(offset).unwrap_or(Place::Offset(offset));
        Error::Invalid { message, place }
    }

    /// Places of the module as it was given: of a text, imports by their lines.
    pub(crate) fn locate_imports<'p>(&self, places: impl IntoIterator<Item = &'p mut Place>) {
        let mut lines = None;
        for place in places {
            let (Place::Import(index), Some(text)) = (&*place, self.text) else { continue };
            // A text is read once, however many imports are wrong.
            let lines = lines.get_or_insert_with(|| item::imports(text).unwrap_or_default());
            if let Some(&(line, column)) = lines.get(*index as usize) {
                *place = Place::Text { line, column };
            }
        }
    }

    fn text_place(&self, offset: usize) -> Option<Place> {
        let text = self.text?;
        if let Some(SourceLine { file: None, line, column }) = self.line(offset) {
            return Some(Place::Text { line: line as usize, column: column as usize });
        }
        let (line, column) = item::line(text, &self.bytes, offset)?;
        Some(Place::Text { line, column })
    }

    fn find_lines(&self) -> Lines {
        let sections = Sections::find(&self.bytes);
        let code = sections.code.start;
        // A text that only quotes a binary has no lines of its own, but the binary may.
        match self.text.and_then(text::encode_with_lines) {
            Some(again) => Lines {
                code: code + text::address_zero(self.bytes.get(sections.code).unwrap_or_default()),
                table: dwarf::read(&Sections::find(&again), Naming::Text),
            },
            None => Lines { code, table: dwarf::read(&sections, Naming::Files) },
        }
    }
}
