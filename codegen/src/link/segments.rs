//! Adds the types of segments that are references to the types of the program.

use crate::digest::number;
use crate::error::{Error, Place};
use crate::link::input::Input;
use crate::module::features;
use crate::segment::SegmentTypes;
use wasm_encoder::TypeSection;
use wasmparser::{Parser, Validator};

/// The id of the type section in the binary format.
const TYPE: u8 = 1;

/// The number of attempts. No program contains the group of even one attempt by accident.
const MAX_TRIED: u32 = 64;

/// The recursion group of the segment types, encoded as an entry of the type section, and distinct from all types of
/// the program.
///
/// # Errors
///
/// If the program contains the group of every attempt.
pub(super) fn group(input: &Input<'_>, types: SegmentTypes) -> Result<Vec<u8>, Error> {
    let first = number(input.bytes);
    for attempt in 0..MAX_TRIED {
        let mut section = TypeSection::new();
        section.ty().rec(types.group(first.wrapping_add(attempt)));
        let entry = super::sections::contents_of(&section).split_off(1);
        if is_new(input, &entry, types)? {
            return Ok(entry);
        }
    }
    let message = "the program declares every variant of linmem's segment types".to_string();
    Err(Error::Unsupported { message, place: Place::Module })
}

/// Whether the types of an entry are distinct from those of the program. The validator gives equal groups the same type
/// ids.
fn is_new(input: &Input<'_>, entry: &[u8], types: SegmentTypes) -> Result<bool, Error> {
    let section = input.sections.iter().find(|section| section.id == TYPE);
    let contents = section.map(|section| &input.bytes[section.range.clone()]);
    let mut module = input.bytes[..8].to_vec();
    // The indices in the entry are those that it will have.
    let units = input.units_entry();
    let added = 1 + usize::from(!units.is_empty());
    if let Some(contents) = super::sections::extended(contents, added, |out| out.extend([units, entry].concat()))? {
        module.push(TYPE);
        wasm_encoder::Encode::encode(contents.as_slice(), &mut module);
    }
    let mut validator = Validator::new_with_features(features());
    let mut parser = Parser::new(0);
    parser.set_features(features());
    for payload in parser.parse_all(&module) {
        // The program's types are valid, so the only possible error is that the module now has too many types.
        payload.and_then(|payload| validator.payload(&payload).map(drop)).map_err(|error| Error::Unsupported {
            message: format!("the segment types cannot be added: {}", error.message()),
            place: Place::Module,
        })?;
    }
    let Some(known) = validator.types(0) else { return Ok(true) };
    let own = known.core_type_at_in_module(types.segment());
    Ok((0..known.core_type_count_in_module())
        .all(|index| index == types.segment() || known.core_type_at_in_module(index) != own))
}
