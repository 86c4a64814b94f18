//! Lines of modules that are given in the binary format.

use super::lines::{at, end, place, program, program_5, row, table, with_length};
use super::listing::{instructions, listing};
use crate::source::Source;
use crate::source::dwarf;
use crate::source::sections::Sections;
use crate::source_line::SourceLine;
use std::path::Path;
use wasm_encoder::{CustomSection, Section};
use wast::core::{EncodeOptions, GenerateDwarf};
use wast::parser::{self, ParseBuffer};

/// A module with the debug information of wast, which is DWARF 5.
pub(super) fn with_dwarf(name: &str, text: &str) -> Vec<u8> {
    let mut buffer = ParseBuffer::new(text).unwrap();
    buffer.track_instr_spans(true);
    let mut wat = parser::parse::<wast::Wat<'_>>(&buffer).unwrap();
    EncodeOptions::new().dwarf(Path::new(name), text, GenerateDwarf::Full).encode_wat(&mut wat).unwrap()
}

/// A module without a line table.
fn without_table(text: &str) -> Vec<u8> {
    let buffer = ParseBuffer::new(text).unwrap();
    parser::parse::<wast::Wat<'_>>(&buffer).unwrap().encode().unwrap()
}

/// A module with a line table.
pub(super) fn with_table(text: &str, lines: &[u8]) -> Vec<u8> {
    let mut module = without_table(text);
    CustomSection { name: ".debug_line".into(), data: lines.into() }.append_to(&mut module);
    module
}

/// wast's addresses are too low by the size of the function count, which is one byte here.
#[test]
fn debug_information_of_assembler_round_trips() {
    let text = "(module (import \"a\" \"b\" (func))\n(func (local f64)\nnop\n(drop\n(i32.const 1)))\n(func call 0))";
    let expected = [(3, 1), (5, 2), (4, 2), (4, 2), (6, 7), (6, 7)];
    for (name, file) in [("x.wat", "x.wat"), ("src/x.wat", "src/x.wat"), ("/a/x.wat", "/a/x.wat")] {
        let module = with_dwarf(name, text);
        let source = Source::read(&module).unwrap();
        assert!(matches!(source.bytes, std::borrow::Cow::Borrowed(_)));
        let found: Vec<_> = instructions(&module).iter().map(|(offset, _)| source.line(offset - 1).unwrap()).collect();
        let expected = expected.map(|(line, column)| SourceLine { file: Some(file.to_string()), line, column });
        assert_eq!(found, expected);
        assert_eq!(source.line(0), None);
        assert_eq!(source.line(usize::MAX), None);
    }
}

#[test]
fn module_without_line_table_has_no_lines() {
    let module = without_table("(func nop)");
    assert_eq!(listing(&Source::read(&module).unwrap()), ["Nop -", "End -"]);
}

/// The function count, the size of the body, and the number of locals are one byte each.
#[test]
fn addresses_start_at_function_count() {
    let lines = program(&[&place(2), &row(1, 9), &row(1, 1), &end(1)]);
    let module = with_table("(func nop)", &lines);
    assert_eq!(listing(&Source::read(&module).unwrap()), ["Nop src/a.rs:10", "End src/a.rs:11"]);
}

/// The line table that LLVM 14 writes for two functions that each call an import, in an object file, where function
/// indices have five bytes. The expected numbers are those that `llvm-dwarfdump` prints.
#[test]
fn llvm_line_table_addresses_start_at_function_count() {
    let lines =
        b"T\0\0\0\x04\0\x1f\0\0\0\x01\x01\x01\xfb\x0e\x0d\0\x01\x01\x01\x01\0\0\0\x01\0\0\x01src\0\0a.c\0\x01\0\0\0\
                  \0\x05\x02\x02\0\0\0\x11\x05\x03\x0a\x03\x0b \x05\x01\x83\x02\x01\0\x01\x01\
                  \0\x05\x02\x0d\0\0\0\x11\x05\x05\x0a\x03\x15X\x05\x03!\x05\x01\x83\x02\x03\0\x01\x01";
    let table = dwarf::read(&Sections { code: 0..30, lines, ..Sections::default() });
    // Instructions of the first function, then of the second. LLVM assigns line 0 to the second function's first two.
    let expected = [(3, "11:3"), (5, "11:3"), (11, "12:1"), (18, "21:5"), (21, "22:3"), (27, "23:1"), (29, "23:1")];
    for (address, position) in expected {
        assert_eq!(at(&table, address), format!("src/a.c:{position}"));
    }
    assert_eq!([0, 1, 14, 16, 30].map(|address| at(&table, address)), ["-"; 5]);
}

#[test]
fn file_names_come_from_line_table() {
    let file = |number: u8| [&place(10)[..], &[4, number], &row(0, 1), &end(1)].concat();
    let name = |number| at(&table(&program(&[&file(number)])), 10);
    assert_eq!([1, 2, 3].map(name), ["src/a.rs:2", "b.rs:2", "/c.rs:2"]);
    // These numbers have no name.
    assert_eq!([0, 4].map(name), ["-", "-"]);
}

#[test]
fn columns_are_kept() {
    let table = table(&program(&[&place(10), &[5, 7], &row(0, 1), &end(1)]));
    assert_eq!(at(&table, 10), "src/a.rs:2:7");
}

/// The line of a row applies only to the addresses up to the next row or the end of the sequence.
#[test]
fn lines_end_at_sequence_end() {
    let table = table(&program(&[&place(20), &row(2, 1), &row(3, 1), &end(4), &place(40), &row(0, 7), &end(1)]));
    let expected = [(21, "-"), (22, "src/a.rs:2"), (24, "src/a.rs:2"), (25, "src/a.rs:3"), (28, "src/a.rs:3")];
    for (address, line) in expected.into_iter().chain([(29, "-"), (39, "-"), (40, "src/a.rs:8"), (41, "-")]) {
        assert_eq!(at(&table, address), line, "at {address}");
    }
}

#[test]
fn line_zero_is_ignored() {
    let table = table(&program(&[&place(20), &row(0, 4), &[2, 2, 3, 0x7b, 1], &row(2, 9), &end(2)]));
    assert_eq!([20, 22, 24].map(|address| at(&table, address)), ["src/a.rs:5", "-", "src/a.rs:9"]);
}

#[test]
fn last_row_of_address_wins() {
    let table = table(&program(&[&place(20), &row(0, 4), &row(0, 1), &row(0, 1), &end(2)]));
    assert_eq!([20, 21].map(|address| at(&table, address)), ["src/a.rs:7", "src/a.rs:7"]);
}

/// Linkers place the sequences of removed functions at 0, even if the first row has a higher address, or at -1 or -2.
#[test]
fn removed_functions_have_no_lines() {
    let alive = [&place(5)[..], &row(0, 7), &end(1)].concat();
    for address in [0, u32::MAX, u32::MAX - 1] {
        let removed = [&place(address)[..], &row(0, 1), &row(2, 1), &end(30)].concat();
        let later = [&place(address)[..], &row(3, 1), &end(30)].concat();
        let table = table(&program(&[&removed, &alive, &later]));
        for other in (0..100).filter(|other| *other != 5) {
            assert_eq!(at(&table, other), "-", "at {other}");
        }
        assert_eq!(at(&table, 5), "src/a.rs:8");
    }
    // Sequences without an address have no lines either.
    assert_eq!(at(&table(&program(&[&row(3, 1), &end(30)])), 3), "-");
}

#[test]
fn invalid_sequences_are_ignored() {
    let back = [&place(20)[..], &row(0, 1), &place(10), &row(0, 1), &end(30)].concat();
    let out = [&place(20)[..], &row(0, 1), &end(81)].concat();
    let farther = [&place(20)[..], &row(0, 1), &place(u32::MAX), &row(0, 1), &end(0)].concat();
    let empty = [&place(20)[..], &row(0, 1), &end(0)].concat();
    let endless = [&place(20)[..], &row(0, 1)].concat();
    for bad in [back, out, farther, empty] {
        let good = [&place(30)[..], &row(0, 8), &end(1)].concat();
        let table = table(&program(&[&bad, &good]));
        assert_eq!([10, 20, 25, 30].map(|address| at(&table, address)), ["-", "-", "-", "src/a.rs:9"]);
    }
    assert_eq!(at(&table(&program(&[&endless])), 20), "-");
}

#[test]
fn sequence_with_highest_start_wins() {
    let sequence = |start, lines, size| [&place(start)[..], &row(0, lines), &end(size)].concat();
    // Out of order, in three programs: one overlaps two others, one of which ends after it; two begin at the same
    // address.
    let first = program(&[&sequence(50, 3, 20), &sequence(10, 1, 50)]);
    let second = program(&[&sequence(20, 2, 10), &sequence(80, 4, 10)]);
    let third = program(&[&sequence(80, 5, 5)]);
    let table = table(&[first, second, third].concat());
    let line = |address| table.line(address).map_or(0, |line| line.line - 1);
    let found: Vec<u32> = (0..100).map(line).collect();
    let runs = [(0, 10), (1, 10), (2, 10), (1, 20), (3, 20), (0, 10), (5, 5), (4, 5), (0, 10)];
    let expected: Vec<u32> = runs.iter().flat_map(|(line, size)| std::iter::repeat_n(*line, *size)).collect();
    assert_eq!(found, expected);
}

#[test]
fn other_address_opcodes_are_supported() {
    // The base is -5, the range 14: an opcode 13 + 14 * bytes + 5 + lines. Opcode 255 adds 17 bytes; 9 has two bytes.
    let code = [&place(10)[..], &[13 + 14 + 5 + 2], &[8, 1], &[9, 3, 0, 1], &[7, 10, 11, 12, 3], &end(1)].concat();
    let table = table(&program(&[&code]));
    let lines = [10, 11, 27, 28, 30, 31, 32].map(|address| at(&table, address));
    let [three, none] = ["src/a.rs:3", "-"];
    assert_eq!(lines, [none, three, three, three, three, three, none]);
}

#[test]
fn dwarf_5_uses_compilation_directory() {
    // One directory as a string; files as a string and a directory.
    let header = b"\x01\x01\x08\x02/home/x\0src\0\x02\x01\x08\x02\x0b\x03a.rs\0\0b.rs\0\x01/c.rs\0\x01";
    let file = |number: u8| [&place(10)[..], &[4, number], &row(0, 1), &end(1)].concat();
    let name = |number| at(&table(&program_5(header, &file(number))), 10);
    assert_eq!([0, 1, 2, 3].map(name), ["/home/x/a.rs:2", "src/b.rs:2", "/c.rs:2", "-"]);
}

#[test]
fn malformed_program_does_not_hide_next_program() {
    let good = program(&[&place(10), &row(0, 1), &end(1)]);
    let mut other_version = program(&[&place(20), &row(0, 1), &end(1)]);
    other_version[4] = 9;
    let table = table(&[other_version, with_length(vec![]), with_length(vec![1]), good].concat());
    assert_eq!([10, 20].map(|address| at(&table, address)), ["src/a.rs:2", "-"]);
}
