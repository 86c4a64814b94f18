//! The names of data segments in the name section.

use std::borrow::Cow;
use std::collections::BTreeMap;
use wasm_encoder::{CustomSection, Encode, NameMap};
use wasmparser::{BinaryReader, BinaryReaderError};

/// The id of the subsection of the names of data segments.
const DATA_NAMES: u8 = 9;

/// The contents of a name section in which segments with a new number have it, and the names of other segments are missing.
/// `None` if there are no names of segments, or if the section cannot be parsed.
pub(super) fn rewrite(contents: &[u8], moved: &BTreeMap<u32, u32>) -> Option<CustomSection<'static>> {
    let (data, has_names) = subsections(contents, moved).ok()?;
    has_names.then_some(CustomSection { name: "name".into(), data: Cow::Owned(data) })
}

fn subsections(contents: &[u8], moved: &BTreeMap<u32, u32>) -> Result<(Vec<u8>, bool), BinaryReaderError> {
    let mut reader = BinaryReader::new(contents, 0);
    let (mut out, mut has_names) = (Vec::new(), false);
    while !reader.eof() {
        let start = reader.original_position();
        let id = reader.read_u8()?;
        let size = reader.read_var_u32()? as usize;
        let subsection = reader.read_bytes(size)?;
        if id != DATA_NAMES {
            out.extend_from_slice(&contents[start..reader.original_position()]);
            continue;
        }
        has_names = true;
        let mut kept = Vec::new();
        let mut names = BinaryReader::new(subsection, 0);
        for _ in 0..names.read_var_u32()? {
            let number = names.read_var_u32()?;
            let name = names.read_string()?;
            kept.extend(moved.get(&number).map(|number| (*number, name)));
        }
        if !kept.is_empty() {
            let mut map = NameMap::new();
            kept.iter().for_each(|(number, name)| map.append(*number, name));
            let mut encoded = Vec::new();
            map.encode(&mut encoded);
            out.push(id);
            encoded.encode(&mut out);
        }
    }
    Ok((out, has_names))
}
