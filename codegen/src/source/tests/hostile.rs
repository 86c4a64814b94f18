//! Corrupt or oversized debug information: it has no lines, and causes no other failure.

use super::binary::{with_dwarf, with_table};
use super::lines::{at, end, place, program, program_5, row, table};
use crate::source::Source;
use crate::source::dwarf;
use crate::source::sections::Sections;

const TEXT: &str =
    "(module (import \"a\" \"b\" (func))\n(func (local f64)\nnop\n(drop\n(i32.const 1)))\n(func call 0))";

/// Pseudo-random numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % bound
    }
}

/// Reads all lines of a code section.
fn read_all(sections: &Sections<'_>) {
    let table = dwarf::read(sections);
    let lines: Vec<_> = (0..200).chain([u32::MAX]).filter_map(|address| table.line(address)).collect();
    assert!(lines.iter().all(|line| line.line != 0 && line.file.is_some()));
}

/// Modules with line tables of DWARF 5 and 4.
fn samples() -> [Vec<u8>; 2] {
    [with_dwarf("src/x.wat", TEXT), with_table(TEXT, &many_kinds())]
}

#[test]
fn truncated_sections_never_panic() {
    for module in samples() {
        let sections = Sections::find(&module);
        for length in 0..=sections.lines.len() {
            read_all(&Sections { lines: &sections.lines[..length], code: sections.code.clone(), ..sections });
        }
        for length in 0..=sections.strings.len() {
            read_all(&Sections { strings: &sections.strings[..length], code: sections.code.clone(), ..sections });
        }
    }
}

#[test]
fn altered_sections_never_panic() {
    let mut numbers = Numbers(11);
    for module in samples() {
        let sections = Sections::find(&module);
        for _ in 0..20_000 {
            let mut lines = sections.lines.to_vec();
            for _ in 0..=numbers.below(4) {
                let position = numbers.below(lines.len());
                lines[position] = [0, 1, 0x7f, 0x80, 0xff, numbers.below(256) as u8][numbers.below(6)];
            }
            read_all(&Sections { lines: &lines, code: sections.code.clone(), ..sections });
        }
    }
}

/// The same for whole modules, which are then mostly invalid.
#[test]
fn altered_modules_never_panic() {
    let mut numbers = Numbers(12);
    let module = with_dwarf("src/x.wat", TEXT);
    for _ in 0..5_000 {
        let mut module = module.clone();
        for _ in 0..=numbers.below(3) {
            // Keep the first bytes, which identify the binary format.
            let position = 4 + numbers.below(module.len() - 4);
            module[position] = numbers.below(256) as u8;
        }
        module.truncate(4 + numbers.below(2 * module.len()));
        let source = Source::read(&module).unwrap();
        for offset in 0..module.len() + 2 {
            let _ = source.line(offset);
        }
    }
}

fn many_kinds() -> Vec<u8> {
    let rare = [&place(3)[..], &row(1, 2), &[8, 9, 1, 0, 6, 10, 11, 12, 3, 5, 9, 40], &end(2)].concat();
    let late_file = [&[0, 9, 3][..], b"d.rs\0\0\0\0", &[4, 4], &place(9), &row(1, 2), &end(2)].concat();
    [program(&[&rare, &place(5), &row(0, 1), &end(1)]), program(&[&late_file])].concat()
}

/// Operands at the limits of their ranges, where arithmetic could overflow.
#[test]
fn extreme_operands_do_not_overflow() {
    let least = [3, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f];
    let most = [3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00];
    let farthest = [2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let table_of = |code: &[&[u8]]| table(&program(&[&place(10), &row(0, 1), &code.concat(), &[1], &end(5)]));
    assert_eq!(at(&table_of(&[&[2, 1], &least]), 11), "-");
    assert_eq!(at(&table_of(&[&[2, 1], &most, &most, &most]), 11), "-");
    assert_eq!(at(&table_of(&[&[2, 1], &most, &most, &most]), 10), "src/a.rs:2");
    assert_eq!(at(&table_of(&[&farthest, &farthest]), 10), "-");
}

/// An address that overflows rejects its own sequence, not the next one of the program.
#[test]
fn address_overflow_rejects_one_sequence() {
    let farthest = [2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let overflow = [&place(10)[..], &row(0, 1), &farthest, &[1], &end(5)].concat();
    let good = [&place(30)[..], &row(0, 8), &end(1)].concat();
    let table = table(&program(&[&overflow, &good]));
    assert_eq!([10, 15, 30].map(|address| at(&table, address)), ["-", "-", "src/a.rs:9"]);
}

/// Files that a program defines are not kept, so that a program that only defines files uses no memory. Their rows have
/// no line, and end the line of the row before.
#[test]
fn defined_files_have_no_lines() {
    let define = [&[0, 9, 3][..], b"d.rs\0\0\0\0"].concat();
    let table = table(&program(&[&define, &place(10), &row(0, 1), &[4, 4], &row(1, 1), &[4, 1], &row(1, 1), &end(1)]));
    assert_eq!([10, 11, 12].map(|address| at(&table, address)), ["src/a.rs:2", "-", "src/a.rs:4"]);
}

/// The number of rows is limited. The sequence in which the limit is reached is dropped; those before it are kept.
#[test]
fn rows_are_limited() {
    // Each row advances the address by one byte.
    let rows = vec![13 + 14 + 5; 4_100_000];
    let lines =
        program(&[&place(10), &row(0, 1), &end(1), &place(20), &rows, &end(1), &place(15), &row(0, 1), &end(1)]);
    let table = dwarf::read(&Sections { code: 0..1 << 24, lines: &lines, ..Sections::default() });
    assert_eq!([10, 15, 30].map(|address| at(&table, address)), ["src/a.rs:2", "-", "-"]);
}

/// A short table may refer to the same long string again and again.
#[test]
fn names_are_limited() {
    let strings = |length: usize| [vec![b'x'; length], vec![0]].concat();
    let count = 8000_u32;
    // A directory in `.debug_line_str`; files as a string and a directory.
    let mut header = b"\x01\x01\x1f\x01\0\0\0\0\x02\x01\x08\x02\x0b".to_vec();
    header.extend([0x80 | (count % 128) as u8, (count / 128) as u8]);
    for file in 0..count {
        header.extend(format!("{file}\0\0").bytes());
    }
    let mut code = place(10);
    for file in 0..count {
        code.extend([4, 0x80 | (file % 128) as u8, (file / 128) as u8]);
        code.extend(row(1, 1));
    }
    code.extend(end(1));
    let lines = program_5(&header, &code);
    let read = |line_strings: &[u8]| {
        let table = dwarf::read(&Sections { code: 0..100_000, lines: &lines, strings: &[], line_strings });
        let named = (10..20_000).filter_map(|address| table.line(address)).filter(|line| line.file.is_some());
        named.map(|line| line.file.map_or(0, |file| file.len())).collect::<Vec<_>>()
    };
    assert_eq!(read(&strings(10)).len(), 8000);
    let long = read(&strings(4096));
    assert!((4000..4100).contains(&long.len()), "{} names", long.len());
    // Longer than any path: the directory is omitted.
    assert_eq!(read(&strings(4097)).iter().sum::<usize>(), (0..8000).map(|file| file.to_string().len()).sum());
}

/// A header that is larger than those of all compilers is not parsed.
#[test]
fn headers_are_limited() {
    let code = [&place(10)[..], &[4, 0], &row(0, 1), &end(1)].concat();
    let read = |padding: usize| {
        let header = [&b"\x01\x01\x08\x01src\0\x02\x01\x08\x02\x0b\x01a.rs\0\0"[..], &vec![0; padding]].concat();
        at(&table(&program_5(&header, &code)), 10)
    };
    assert_eq!([read(0), read(500_000), read(530_000)], ["src/a.rs:2", "src/a.rs:2", "-"]);
}
