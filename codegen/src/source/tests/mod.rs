//! What the tests share: finding instructions, and line tables made by hand.

mod binary;
mod hostile;
mod text;

use super::{Source, SourceLine};
use crate::error::Place;
use crate::source::dwarf::{self, Naming, Sections};
use crate::source::table::Table;
use wasmparser::{Operator, Parser, Payload};

/// The code of a module: where its section's contents begin, and all instructions with their offsets.
fn instructions(bytes: &[u8]) -> Vec<(usize, Operator<'_>)> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CodeSectionEntry(body) = payload.unwrap() {
            let mut operators = body.get_operators_reader().unwrap();
            while !operators.eof() {
                let (operator, offset) = operators.read_with_offset().unwrap();
                found.push((offset, operator));
            }
        }
    }
    found
}

/// Every instruction as `Name line:column`, with `-` where there is no line.
fn listing(source: &Source<'_>) -> Vec<String> {
    let show = |(offset, operator): &(usize, Operator<'_>)| {
        let name = format!("{operator:?}");
        let name = name.split([' ', '{']).next().unwrap_or_default();
        match source.line(*offset) {
            Some(SourceLine { file: None, line, column }) => format!("{name} {line}:{column}"),
            Some(line) => format!("{name} {line}"),
            None => format!("{name} -"),
        }
    };
    instructions(&source.bytes).iter().map(show).collect()
}

/// A line program of DWARF 4 with the files `src/a.rs`, `b.rs` and `/c.rs`.
fn program(code: &[&[u8]]) -> Vec<u8> {
    let mut header = vec![1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
    header.extend(b"src\0\0a.rs\0\x01\0\0b.rs\0\0\0\0/c.rs\0\x01\0\0\0");
    let mut unit = vec![4, 0];
    unit.extend((header.len() as u32).to_le_bytes());
    unit.extend(header);
    unit.extend(code.concat());
    with_length(unit)
}

/// A line program of DWARF 5. `header` begins with the formats of directories.
fn program_5(header: &[u8], code: &[u8]) -> Vec<u8> {
    let mut unit = vec![5, 0, 4, 0];
    let fixed = [1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
    unit.extend(((fixed.len() + header.len()) as u32).to_le_bytes());
    unit.extend(fixed);
    unit.extend(header);
    unit.extend(code);
    with_length(unit)
}

fn with_length(unit: Vec<u8>) -> Vec<u8> {
    let mut program = (unit.len() as u32).to_le_bytes().to_vec();
    program.extend(unit);
    program
}

/// `DW_LNE_set_address`.
fn place(address: u32) -> Vec<u8> {
    let mut code = vec![0, 5, 2];
    code.extend(address.to_le_bytes());
    code
}

/// A row for a line below 64 further down, `bytes` further on.
fn row(bytes: u8, lines: u8) -> Vec<u8> {
    vec![2, bytes, 3, lines, 1]
}

/// `DW_LNE_end_sequence`, `bytes` further on.
fn end(bytes: u8) -> Vec<u8> {
    vec![2, bytes, 0, 1, 1]
}

/// The table for a code section of 100 bytes.
fn table(lines: &[u8]) -> Table {
    dwarf::read(&Sections { code: 0..100, lines, ..Sections::default() }, Naming::Files)
}

/// What a table says of an address.
fn at(table: &Table, address: u32) -> String {
    table.line(address).map_or_else(|| "-".to_string(), |line| line.to_string())
}

#[test]
fn a_line_is_displayed_as_editors_take_it() {
    let line = |file: Option<&str>, column| SourceLine { file: file.map(str::to_string), line: 14, column };
    assert_eq!(line(Some("src/main.rs"), 5).to_string(), "src/main.rs:14:5");
    assert_eq!(line(Some("src/main.rs"), 0).to_string(), "src/main.rs:14");
    assert_eq!(line(None, 5).to_string(), "line 14");
    let place = |source: Option<SourceLine>| {
        Place::Instruction { function: "$main".to_string(), offset: 0x2a, source: source.map(Box::new) }.to_string()
    };
    assert_eq!(place(Some(line(Some("src/x.rs"), 0))), "in $main at src/x.rs:14");
    assert_eq!(place(Some(line(None, 5))), "in $main at line 14");
    assert_eq!(place(None), "in $main at offset 0x2a");
}
