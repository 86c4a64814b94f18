//! The source lines of a module's code.
//!
//! ```text
//!   text      the lines of the code of a module that is given as text
//!   item      the lines of its other fields
//!   dwarf     the line table of a module that is given in the binary format
//!   sections  the sections that the line table requires
//!   program   runs one line program of such a table
//!   files     the names of the files of line programs
//!   table     the result of text and dwarf: finds the line of an address
//! ```
//!
//! Lines are computed when the first one is requested, so that a module that links without a finding costs nothing.
//! They are used only in messages. Corrupt debug information results in missing lines, never in an error, and never
//! uses more memory than the limits in these files allow. Source maps are not read.
//!
//! Without the feature `text` a module cannot be given as text; without `dwarf`, line tables are not read.

#[cfg(feature = "dwarf")]
mod dwarf;
#[cfg(feature = "dwarf")]
mod files;
#[cfg(feature = "text")]
mod item;
#[cfg(feature = "dwarf")]
mod program;
#[cfg(feature = "dwarf")]
mod sections;
#[cfg(any(feature = "text", feature = "dwarf"))]
mod table;
#[cfg(test)]
mod tests;
#[cfg(feature = "text")]
mod text;

use crate::error::{Error, Place};
use crate::format::as_text;
use crate::source_line::Mark;
use crate::source_line::SourceLine;
#[cfg(feature = "text")]
use crate::wat::encode;
use std::borrow::Cow;
#[cfg(any(feature = "text", feature = "dwarf"))]
use std::cell::OnceCell;

#[cfg(not(feature = "text"))]
fn encode(_: &str) -> Result<Vec<u8>, Error> {
    let message =
        "not a module in the binary format; text requires the feature `text` of linmem, which is off".to_string();
    Err(Error::Unsupported { message, place: Place::Offset(0) })
}

/// A module in the binary format, and the source of its code.
pub(crate) struct Source<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    /// The text, if the module was given as text.
    #[cfg(feature = "text")]
    text: Option<&'a str>,
    /// The lines of the code, computed on first use.
    #[cfg(any(feature = "text", feature = "dwarf"))]
    lines: OnceCell<Lines>,
    /// The operations that the code was built by, if it was.
    operations: Option<Operations>,
}

/// The operations of a frontend that a module was built by.
#[derive(Debug, Default)]
pub(crate) struct Operations(Vec<(usize, Mark)>);

impl Operations {
    /// The operations, each with the offset in the binary at which its code begins.
    pub(crate) fn new(mut places: Vec<(usize, Mark)>) -> Operations {
        places.sort_by_key(|(offset, _)| *offset);
        Operations(places)
    }

    /// The operation that an instruction belongs to.
    pub(crate) fn at(&self, offset: usize) -> Option<&Mark> {
        let after = self.0.partition_point(|(start, _)| *start <= offset);
        self.0.get(after.checked_sub(1)?).map(|(_, mark)| mark)
    }
}

/// The lines of the code of a module.
#[cfg(any(feature = "text", feature = "dwarf"))]
#[derive(Default)]
struct Lines {
    /// The offset in the binary of address zero of the table.
    origin: usize,
    table: table::Table,
}

impl<'a> Source<'a> {
    /// Reads a module in either format.
    ///
    /// # Errors
    ///
    /// If the bytes are neither a binary module nor UTF-8 text, and the errors of [`encode`].
    pub(crate) fn read(input: &'a [u8]) -> Result<Source<'a>, Error> {
        let text = as_text(input)?;
        let bytes = match text {
            Some(text) => Cow::Owned(encode(text)?),
            None => Cow::Borrowed(input),
        };
        Ok(Source {
            bytes,
            #[cfg(feature = "text")]
            text,
            #[cfg(any(feature = "text", feature = "dwarf"))]
            lines: OnceCell::new(),
            operations: None,
        })
    }

    /// A module in the binary format that was built by these operations.
    pub(crate) fn built(module: &'a [u8], operations: Operations) -> Source<'a> {
        Source {
            bytes: Cow::Borrowed(module),
            #[cfg(feature = "text")]
            text: None,
            #[cfg(any(feature = "text", feature = "dwarf"))]
            lines: OnceCell::new(),
            operations: Some(operations),
        }
    }

    /// Whether the module was built by operations.
    pub(crate) fn is_built(&self) -> bool {
        self.operations.is_some()
    }

    /// The operation that an instruction belongs to, if the module was built by operations.
    pub(crate) fn operation(&self, offset: usize) -> Option<&Mark> {
        self.operations.as_ref()?.at(offset)
    }
}

/// Lines of the code, from text or from DWARF.
#[cfg(any(feature = "text", feature = "dwarf"))]
impl Source<'_> {
    /// The line that an instruction comes from, by its offset in the binary.
    pub(crate) fn line(&self, offset: usize) -> Option<SourceLine> {
        let lines = self.lines.get_or_init(|| self.find_lines());
        let address = offset.checked_sub(lines.origin)?;
        lines.table.line(u32::try_from(address).ok()?)
    }

    fn find_lines(&self) -> Lines {
        // A text that only quotes a binary has no lines, but the binary may have some.
        #[cfg(feature = "text")]
        if let Some(table) = self.text.and_then(|text| text::table(text, &self.bytes)) {
            return Lines { origin: 0, table };
        }
        #[cfg(feature = "dwarf")]
        {
            let sections = sections::Sections::find(&self.bytes);
            Lines { origin: sections.code.start, table: dwarf::read(&sections) }
        }
        #[cfg(not(feature = "dwarf"))]
        Lines::default()
    }
}

/// Places in a text.
#[cfg(feature = "text")]
impl Source<'_> {
    /// If the module was given as text, replaces the binary offset of an error by a line of the text.
    pub(crate) fn locate(&self, error: Error) -> Error {
        let Error::Invalid { message, place: Place::Offset(offset) } = error else { return error };
        let place = self.text_place(offset).unwrap_or(Place::Offset(offset));
        Error::Invalid { message, place }
    }

    /// If the module was given as text, replaces the numbers of imports by lines of the text.
    pub(crate) fn locate_imports<'p>(&self, places: impl IntoIterator<Item = &'p mut Place>) {
        let mut lines = None;
        for place in places {
            let (Place::Import(index), Some(text)) = (&*place, self.text) else { continue };
            // The text is parsed only once, even if several imports are invalid.
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
}

/// Without text and DWARF, places are function names and offsets.
#[cfg(not(any(feature = "text", feature = "dwarf")))]
impl Source<'_> {
    /// No line is known.
    pub(crate) fn line(&self, _: usize) -> Option<SourceLine> {
        None
    }
}

/// Without text, places are offsets in the binary.
#[cfg(not(feature = "text"))]
impl Source<'_> {
    /// Returns the error unchanged.
    pub(crate) fn locate(&self, error: Error) -> Error {
        error
    }

    /// Leaves the places unchanged.
    pub(crate) fn locate_imports<'p>(&self, _: impl IntoIterator<Item = &'p mut Place>) {}
}
