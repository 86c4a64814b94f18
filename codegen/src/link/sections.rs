//! Sections whose entries are copied as bytes or re-encoded.

use crate::error::{Error, Place};
use wasm_encoder::{Encode, reencode};
use wasmparser::{BinaryReader, FromReader, SectionLimited};

pub(super) fn failed(error: reencode::Error) -> Error {
    match error {
        reencode::Error::ParseError(error) => Error::invalid(&error),
        other => Error::Unsupported { message: other.to_string(), place: Place::Module },
    }
}

pub(super) fn reader<'a, T: FromReader<'a>>(contents: &'a [u8], offset: usize) -> Result<SectionLimited<'a, T>, Error> {
    Ok(SectionLimited::new(BinaryReader::new_features(contents, offset, crate::module::features()))?)
}

/// A section whose entries are copied as bytes, followed by added ones.
pub(super) fn extended(
    contents: Option<&[u8]>,
    added: usize,
    write: impl FnOnce(&mut Vec<u8>),
) -> Result<Option<Vec<u8>>, Error> {
    let (count, rest) = match contents {
        Some(contents) => {
            let mut reader = BinaryReader::new(contents, 0);
            let count = reader.read_var_u32()?;
            (count as usize, &contents[reader.original_position()..])
        }
        None => (0, &[][..]),
    };
    if contents.is_none() && added == 0 {
        return Ok(None);
    }
    let mut out = Vec::with_capacity(rest.len() + 16 * added + 8);
    (count + added).encode(&mut out);
    out.extend_from_slice(rest);
    if added > 0 {
        write(&mut out);
    }
    Ok(Some(out))
}

/// A section whose entries are all re-encoded.
pub(super) fn reencoded<'a, T: FromReader<'a>, S: wasm_encoder::Section>(
    contents: Option<&'a [u8]>,
    offset: usize,
    mut target: S,
    write: impl FnOnce(&mut S, SectionLimited<'a, T>) -> Result<(), reencode::Error>,
) -> Result<Option<Vec<u8>>, Error> {
    let Some(contents) = contents else { return Ok(None) };
    write(&mut target, reader(contents, offset)?).map_err(failed)?;
    Ok(Some(contents_of(&target)))
}

/// A section without its size.
pub(super) fn contents_of(section: &impl Encode) -> Vec<u8> {
    let mut out = Vec::new();
    section.encode(&mut out);
    let mut reader = BinaryReader::new(&out, 0);
    // wasm-encoder writes the size first.
    let size = reader.read_var_u32().map_or(0, |size| size as usize);
    out.split_off(out.len() - size)
}
