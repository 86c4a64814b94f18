//! Line tables in DWARF, which compilers write to custom sections.
//!
//! The line programs of `.debug_line` are read one after another, without the units that refer to them in
//! `.debug_info`. So the compilation directory is known only if the line table itself contains it, as in DWARF 5.

use crate::source::files::Files;
use crate::source::program;
use crate::source::sections::{Bytes, Sections};
use crate::source::table::{Builder, Table};
use gimli::{DebugLine, DebugLineOffset, EndianSlice, Format, LittleEndian, Reader};

/// The largest header of a line program that is read, in bytes. Its parsed form is many times as large, and the header
/// of a unit with ten thousand files is about half of this.
const MAX_HEADER: usize = 512 * 1024;

/// The size of an address in versions of DWARF whose line tables do not record it: sufficient for a module of less than
/// 4 GiB. Longer addresses are little-endian, so their lower half is read.
const ADDRESS_SIZE: u8 = 4;

/// Reads all line programs that can be parsed.
pub(super) fn read(sections: &Sections<'_>) -> Table {
    let mut builder = Builder::new(sections.code.len() as u64);
    let mut files = Files::new(sections);
    let section = DebugLine::new(sections.lines, LittleEndian);
    let mut rest = EndianSlice::new(sections.lines, LittleEndian);
    // Each iteration consumes at least the length field. After an invalid length, no further unit can be found.
    while !builder.is_full() {
        let offset = DebugLineOffset(sections.lines.len() - rest.len());
        let Ok((length, format)) = rest.read_initial_length() else { break };
        let Ok(unit) = rest.split(length) else { break };
        if !has_small_header(unit, format) {
            continue;
        }
        if let Ok(program) = section.program(offset, ADDRESS_SIZE, None, None) {
            program::run(program, &mut files, &mut builder);
        }
    }
    builder.finish(files.into_names())
}

/// Whether the header of a line program is small enough to be parsed. `unit` starts after its length.
fn has_small_header(mut unit: Bytes<'_>, format: Format) -> bool {
    let mut header_length = || {
        // From version 5 on, the sizes of an address and of a segment selector are in between.
        if unit.read_u16()? >= 5 {
            unit.skip(2)?;
        }
        unit.read_length(format)
    };
    header_length().is_ok_and(|length| length <= MAX_HEADER)
}
