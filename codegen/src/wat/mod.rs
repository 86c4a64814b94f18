//! The text format: parses text, and prints the binary format as text.

mod own;
mod print;

pub use print::{Function, Printer, print, print_function};

use crate::error::{Error, Place};
use crate::format::as_text;
use std::borrow::Cow;
use wast::Wat;
use wast::parser::{self, ParseBuffer};

/// Converts a module in either format to the binary format. Identifiers of the text are kept as names.
///
/// # Errors
///
/// If the text cannot be parsed, with the line and the column.
pub fn parse(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    match as_text(bytes)? {
        Some(text) => encode(text).map(Cow::Owned),
        None => Ok(Cow::Borrowed(bytes)),
    }
}

/// Encodes a module in the text format.
pub(crate) fn encode(text: &str) -> Result<Vec<u8>, Error> {
    let fail = |error: wast::Error| {
        let (line, column) = error.span().linecol_in(text);
        let message = error.message().lines().next().unwrap_or_default().to_string();
        Error::Text { message, place: Place::Text { line: line + 1, column: column + 1 } }
    };
    let buffer = ParseBuffer::new(text).map_err(fail)?;
    if text.trim_start().starts_with("(component") {
        return Err(Error::component());
    }
    let mut wat = parser::parse::<Wat<'_>>(&buffer).map_err(fail)?;
    wat.encode().map_err(fail)
}
