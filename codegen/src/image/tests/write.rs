//! Modules are written with one active segment for each memory, and otherwise unchanged.

use super::{PAGE, memories, parse};
use crate::error::{Error, Place};
use crate::image::read::Scan;
use crate::image::{Offset, Value, Verdict, write};
use wasm_encoder::{CustomSection, Section as _};

/// The segments of a module: passive ones as text, active ones with the memory and the address before it.
fn segments(bytes: &[u8]) -> Vec<String> {
    let scan = Scan::new(bytes).unwrap();
    let show = |segment: &crate::image::read::Segment<'_>| {
        let data = String::from_utf8_lossy(segment.data).replace('\0', ".");
        match &segment.active {
            None => data,
            Some((memory, Offset::Constant(Value::I32(address)))) => format!("{memory}:{address} {data}"),
            Some((memory, Offset::Constant(Value::I64(address)))) => format!("{memory}:{address}L {data}"),
            Some((_, offset)) => panic!("{offset:?}"),
        }
    };
    scan.segments.iter().map(show).collect()
}

/// Writes a module, which is given by its fields, and returns its segments. The images before and after are the same.
fn written(fields: &str, allowance: u64) -> Vec<String> {
    let input = parse(&format!("(module {fields})"));
    let output = write(&input, PAGE, allowance).unwrap();
    assert_eq!(write(&output, PAGE, allowance).as_ref(), Ok(&output), "writing is idempotent");
    let (mut before, mut after) = (memories(&input), memories(&output));
    for memories in [&mut before, &mut after] {
        assert_eq!(memories.try_static_init(PAGE, allowance), Verdict::Static);
    }
    for (before, after) in before.initialization.images().iter().zip(after.initialization.images()) {
        match (before, after) {
            (Some(before), Some(after)) => {
                assert_eq!((before.offset(), before.size()), (after.offset(), after.size()));
                assert_eq!(before.to_bytes(1 << 20), after.to_bytes(1 << 20));
            }
            (before, after) => assert!(before.as_ref().is_none_or(|image| image.is_zero()) && after.is_none()),
        }
    }
    segments(&output)
}

#[test]
fn segments_of_a_memory_are_merged() {
    let fields = r#"
        (memory 1) (memory 0) (memory i64 1)
        (data (i32.const 10) "\00abc") (data (memory 2) (i64.const 7) "x\00") (data (i32.const 14) "def")
        (data (i32.const 12) "XY")"#;
    assert_eq!(written(fields, 0), ["0:11 aXYdef", "2:7L x"]);
}

#[test]
fn gaps_become_zeroes() {
    assert_eq!(written(r#"(memory 1) (data (i32.const 0) "ab") (data (i32.const 3) "c")"#, 0), ["0:0 ab.c"]);
    assert_eq!(written(r#"(memory 1) (data (i32.const 0) "a") (data (i32.const 9) "c")"#, 11), ["0:0 a........c"]);
}

#[test]
fn zero_and_empty_segments_vanish() {
    assert_eq!(written(r#"(memory 1) (data (i32.const 0) "\00\00") (data (i32.const 65536) "")"#, 0), [""; 0]);
    assert_eq!(written("(memory 1)", 0), [""; 0]);
    assert_eq!(written("", 0), [""; 0]);
}

#[test]
fn image_at_a_high_address() {
    assert_eq!(written(r#"(memory 65536) (data (i32.const -1) "a")"#, 0), ["0:4294967295 a"]);
    assert_eq!(written(r#"(memory i64 0x100001) (data (i64.const 0x1000000000) "a")"#, 0), ["0:68719476736L a"]);
}

#[test]
fn segments_that_code_refers_to_keep_their_numbers() {
    let data = r#"
        (memory 1) (type $bytes (array (mut i8)))
        (data (i32.const 0) "a") (data "p") (data (i32.const 1) "b") (data "q") (data (i32.const 2) "c") (data "r")"#;
    for (code, expected) in [
        ("", vec!["0:0 abc", "p", "q", "r"]),
        ("(drop (i32.const 1))", vec!["0:0 abc", "p", "q", "r"]),
        ("(data.drop 0)", vec!["0:0 abc", "p", "q", "r"]),
        ("(data.drop 1)", vec!["0:0 abc", "p", "q", "r"]),
        ("(data.drop 2)", vec!["0:0 abc", "p", "0:0 ", "q", "r"]),
        ("(memory.init 3 (i32.const 0) (i32.const 0) (i32.const 1))", vec!["0:0 abc", "p", "0:0 ", "q", "r"]),
        (
            "(drop (array.new_data $bytes 4 (i32.const 0) (i32.const 0)))",
            vec!["0:0 abc", "p", "0:0 ", "q", "0:0 ", "r"],
        ),
        (
            "(array.init_data $bytes 5 (array.new_default $bytes (i32.const 1)) (i32.const 0) (i32.const 0) (i32.const 1))",
            vec!["0:0 abc", "p", "0:0 ", "q", "0:0 ", "r"],
        ),
    ] {
        assert_eq!(written(&format!("{data} (func) (func {code})"), 0), expected, "{code}");
    }
}

#[test]
fn segment_that_code_refers_to_exists_without_an_image() {
    let fields = r#"(memory 0) (memory i64 1) (data (memory 1) (i64.const 9) "\00") (data "p") (func (data.drop 0))"#;
    assert_eq!(written(fields, 0), ["1:0L ", "p"]);
}

#[test]
fn sections_before_the_data_stay_in_place() {
    let segments: String = (0..200).map(|address| format!(r#"(data (i32.const {address}) "a")"#)).collect();
    let module = |code: &str| format!(r#"(module $m (memory 1) {segments} (data "p") (func $f {code}))"#);
    for code in ["", "(data.drop 3)", "(data.drop 200)"] {
        let input = parse(&module(code));
        let output = write(&input, PAGE, 0).unwrap();
        let code = |bytes| {
            let scan = Scan::new(bytes).unwrap();
            let section = scan.sections.iter().find(|section| section.id == 10).unwrap();
            section.range.clone()
        };
        assert_eq!(code(&input), code(&output));
        assert_eq!(input[8..23], output[8..23], "the types, functions and memories");
        assert_eq!(input[code(&input)], output[code(&output)]);
        assert!(output.len() < input.len());
    }
}

#[test]
fn counts_of_any_length_are_rewritten() {
    // A module that consists of a memory and two segments, with a data count inserted before them.
    let input = parse(r#"(module (memory 1) (data (i32.const 0) "a") (data (i32.const 1) "b"))"#);
    let scan = Scan::new(&input).unwrap();
    // The data section begins with its id and its size.
    let data = scan.sections.iter().find(|section| section.id == 11).unwrap().range.start - 2;
    for (id_size_count, expected) in [
        (vec![12, 1, 2], vec![12, 1, 1]),
        (vec![12, 2, 0x82, 0], vec![12, 2, 0x81, 0]),
        (vec![12, 5, 0x82, 0x80, 0x80, 0x80, 0], vec![12, 5, 0x81, 0x80, 0x80, 0x80, 0]),
    ] {
        let with_count = [&input[..data], &id_size_count, &input[data..]].concat();
        let output = write(&with_count, PAGE, 0).unwrap();
        assert_eq!(output[data..][..expected.len()], expected);
        assert_eq!(segments(&output), ["0:0 ab"]);
    }
}

#[test]
fn names_of_segments_follow_them() {
    let text = r#"(module $m (memory $mem 1)
        (data $a (i32.const 0) "a") (data $b (i32.const 1) "b") (data $p "p") (data $q "q") (func $f))"#;
    let output = write(&parse(text), PAGE, 0).unwrap();
    let names = |bytes: &[u8]| {
        let scan = Scan::new(bytes).unwrap();
        let section = scan.sections.iter().find_map(|section| section.custom).unwrap();
        section.1.to_vec()
    };
    let expected = r#"(module $m (memory $mem 1) (data (i32.const 0) "ab") (data $p "p") (data $q "q") (func $f))"#;
    assert_eq!(names(&output), names(&parse(expected)));
    // A section that cannot be parsed stays as it is.
    let mut broken = parse("(module)");
    CustomSection { name: "name".into(), data: vec![9, 100].into() }.append_to(&mut broken);
    assert_eq!(write(&broken, PAGE, 0), Ok(broken));
}

#[test]
fn other_sections_are_copied() {
    let text = r#"(module (@custom "x" (before first) "1") (memory 1) (@custom "y" (after memory) "2")
        (data (i32.const 0) "a") (@custom "z" (after data) "3") (export "m" (memory 0)))"#;
    let input = parse(text);
    assert_eq!(write(&input, PAGE, 0).as_ref(), Ok(&input));
}

#[test]
fn modules_without_images_are_refused_with_the_reason() {
    let input = parse(r#"(module (memory 1) (data (i32.const 0) "a") (data (i32.const 65536) "b"))"#);
    let second = Scan::new(&input).unwrap().segments[1].range.start;
    let error = write(&input, PAGE, 0).unwrap_err();
    let Error::Unsupported { message, place } = &error else { panic!("{error}") };
    assert!(message.starts_with("memories cannot have images: data segment 1, 1 bytes at 0x10000"), "{message}");
    assert_eq!(*place, Place::Offset(second));
    let sparse = parse(r#"(module (memory 1) (data (i32.const 0) "a") (data (i32.const 9) "b"))"#);
    let error = write(&sparse, PAGE, 0).unwrap_err();
    assert!(
        error.to_string().contains("the data of memory 0 is sparse") && error.to_string().ends_with("(in the module)")
    );
}

#[test]
fn object_files_are_refused() {
    for name in ["linking", "reloc.DATA"] {
        let mut input = parse(r#"(module (memory 1) (data (i32.const 0) "a"))"#);
        CustomSection { name: name.into(), data: vec![].into() }.append_to(&mut input);
        assert!(write(&input, PAGE, 0).unwrap_err().to_string().contains("relocations"), "{name}");
    }
}

#[test]
fn images_of_more_than_1_gib_are_refused() {
    let module = |address: u64| {
        parse(&format!(
            r#"(module (memory i64 0x100000000000) (data (i64.const 0) "a") (data (i64.const {address}) "b"))"#
        ))
    };
    let error = write(&module(1 << 59), PAGE, u64::MAX).unwrap_err().to_string();
    assert!(error.contains("an image of 576460752303423489 bytes is larger than 1073741824 bytes"), "{error}");
    let error = write(&module(1 << 30), PAGE, u64::MAX).unwrap_err().to_string();
    assert!(error.contains("an image of 1073741825 bytes is larger than 1073741824 bytes"), "{error}");
}
