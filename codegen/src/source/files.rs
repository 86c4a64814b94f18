//! The names of files in line programs.

use crate::source::sections::{Bytes, Sections};
use gimli::{AttributeValue, FileEntry, LineProgramHeader};
use indexmap::IndexSet;

/// The longest path or directory that is read, in bytes: the limit of common systems.
const LONGEST_PATH: usize = 4096;

/// The limit on the total size of all file names, in bytes: a hundred thousand paths of ordinary length.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The names of the files that have code, each once.
pub(super) struct Files<'a> {
    strings: &'a [u8],
    line_strings: &'a [u8],
    names: IndexSet<String>,
    bytes: usize,
}

impl<'a> Files<'a> {
    pub(super) fn new(sections: &Sections<'a>) -> Files<'a> {
        let Sections { strings, line_strings, .. } = *sections;
        Files { strings, line_strings, names: IndexSet::new(), bytes: 0 }
    }

    /// The number of a file of a line program among all names, or `None` if the file has no name.
    pub(super) fn number(&mut self, header: &LineProgramHeader<Bytes<'_>>, file: &FileEntry<Bytes<'_>>) -> Option<u32> {
        let name = self.name(header, file)?;
        if let Some(number) = self.names.get_index_of(&name) {
            return u32::try_from(number).ok();
        }
        self.bytes += name.len();
        if self.bytes > MAX_BYTES {
            return None;
        }
        u32::try_from(self.names.insert_full(name).0).ok()
    }

    /// All names, by their numbers.
    pub(super) fn into_names(self) -> Vec<String> {
        self.names.into_iter().collect()
    }

    /// The name of a file in the line table, with its directory, which may itself be relative.
    fn name(&self, header: &LineProgramHeader<Bytes<'_>>, file: &FileEntry<Bytes<'_>>) -> Option<String> {
        let name = self.string(file.path_name()).filter(|name| !name.is_empty())?;
        let directory = file.directory(header).and_then(|directory| self.string(directory));
        match directory.as_deref() {
            None | Some("" | ".") => Some(name),
            Some(_) if is_absolute(&name) => Some(name),
            Some(directory) => Some(format!("{}/{name}", directory.trim_end_matches('/'))),
        }
    }

    /// A string of any form except references through `.debug_str_offsets`, which would require the unit.
    fn string(&self, value: AttributeValue<Bytes<'_>>) -> Option<String> {
        let bytes = match value {
            AttributeValue::String(string) => string.slice(),
            AttributeValue::DebugStrRef(offset) => terminated(self.strings, offset.0)?,
            AttributeValue::DebugLineStrRef(offset) => terminated(self.line_strings, offset.0)?,
            _ => return None,
        };
        (bytes.len() <= LONGEST_PATH).then(|| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The bytes from an offset to the next zero. `None` if it is farther away than the longest path.
fn terminated(section: &[u8], offset: usize) -> Option<&[u8]> {
    let string = section.get(offset..)?;
    let end = string.iter().take(LONGEST_PATH + 1).position(|byte| *byte == 0)?;
    string.get(..end)
}

/// Whether a path is absolute, on Unix or on Windows.
fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':')
}
