//! Hand-written line tables.

use crate::source::dwarf;
use crate::source::sections::Sections;
use crate::source::table::Table;

/// A line program of DWARF 4 with the files `src/a.rs`, `b.rs` and `/c.rs`.
pub(super) fn program(code: &[&[u8]]) -> Vec<u8> {
    let mut header = vec![1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
    header.extend(b"src\0\0a.rs\0\x01\0\0b.rs\0\0\0\0/c.rs\0\x01\0\0\0");
    let mut unit = vec![4, 0];
    unit.extend((header.len() as u32).to_le_bytes());
    unit.extend(header);
    unit.extend(code.concat());
    with_length(unit)
}

/// A line program of DWARF 5. `header` begins with the formats of directories.
pub(super) fn program_5(header: &[u8], code: &[u8]) -> Vec<u8> {
    let mut unit = vec![5, 0, 4, 0];
    let fixed = [1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
    unit.extend(((fixed.len() + header.len()) as u32).to_le_bytes());
    unit.extend(fixed);
    unit.extend(header);
    unit.extend(code);
    with_length(unit)
}

pub(super) fn with_length(unit: Vec<u8>) -> Vec<u8> {
    let mut program = (unit.len() as u32).to_le_bytes().to_vec();
    program.extend(unit);
    program
}

/// `DW_LNE_set_address`.
pub(super) fn place(address: u32) -> Vec<u8> {
    let mut code = vec![0, 5, 2];
    code.extend(address.to_le_bytes());
    code
}

/// A row that advances the line by `lines`, below 64, and the address by `bytes`.
pub(super) fn row(bytes: u8, lines: u8) -> Vec<u8> {
    vec![2, bytes, 3, lines, 1]
}

/// `DW_LNE_end_sequence`, after advancing the address by `bytes`.
pub(super) fn end(bytes: u8) -> Vec<u8> {
    vec![2, bytes, 0, 1, 1]
}

/// The table for a code section of 100 bytes.
pub(super) fn table(lines: &[u8]) -> Table {
    dwarf::read(&Sections { code: 0..100, lines, ..Sections::default() })
}

/// The line of an address in a table, or `-`.
pub(super) fn at(table: &Table, address: u32) -> String {
    table.line(address).map_or_else(|| "-".to_string(), |line| line.to_string())
}
