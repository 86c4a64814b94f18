//! The two formats of a module: binary and text.

use crate::error::{Error, Place};

/// The bytes as text, or `None` if they are in the binary format.
///
/// # Errors
///
/// If the bytes are in neither format.
pub(crate) fn as_text(bytes: &[u8]) -> Result<Option<&str>, Error> {
    if bytes.starts_with(b"\0asm") {
        return Ok(None);
    }
    std::str::from_utf8(bytes).map(Some).map_err(|error| Error::Text {
        message: "the input is neither a binary module nor UTF-8 text".to_string(),
        place: Place::Offset(error.valid_up_to()),
    })
}
