//! Modules are read as they are.

use super::{PAGE, memories, parse};
use crate::error::Error;
use crate::image::{
    ConstOp, Import, Memory, MemoryInitialization, MemoryInitializer, Offset, Reason, Value, Verdict, read,
};
use linmem_allocator::Width;

fn import(name: &str) -> Option<Import> {
    Some(Import { module: "env".to_string(), name: name.to_string() })
}

/// The verdict on a module, which is given by its fields.
fn verdict(fields: &str, allowance: u64) -> Verdict {
    let bytes = parse(&format!("(module {fields})"));
    memories(&bytes).try_static_init(PAGE, allowance)
}

fn reason(fields: &str) -> String {
    match verdict(fields, 0) {
        Verdict::Segmented(reason) => reason.to_string(),
        Verdict::Static => "static".to_string(),
    }
}

#[test]
fn memories_of_every_type() {
    let bytes = parse(
        r#"(module
            (import "env" "f" (func))
            (import "env" "memory" (memory 3))
            (import "env" "g" (global i32))
            (import "env" "wide" (memory i64 5 6))
            (memory 1 2 shared)
            (memory i64 0x1000000000000)
            (memory 70000 (pagesize 1)))"#,
    );
    let width = |width, minimum| Memory::defined(width, minimum);
    assert_eq!(
        memories(&bytes).memories,
        [
            Memory { import: import("memory"), ..width(Width::Bits32, 3) },
            Memory { import: import("wide"), ..width(Width::Bits64, 5) },
            width(Width::Bits32, 1),
            width(Width::Bits64, 1 << 48),
            Memory { page_size_log2: 0, ..width(Width::Bits32, 70000) },
        ]
    );
}

#[test]
fn offsets_of_every_form() {
    let bytes = parse(
        r#"(module
            (import "env" "other" (global i64))
            (import "env" "base" (global i32))
            (global i32 (i32.const 8))
            (memory 1) (memory i64 1)
            (data (i32.const -1) "a")
            (data "passive")
            (data (memory 1) (i64.const -2) "b")
            (data (global.get 1) "c")
            (data (global.get 2) "")
            (data (offset i32.const 3 global.get 1 i32.add i32.const 2 i32.sub i32.const 5 i32.mul) "d")
            (data (memory 1) (offset i64.const 3 global.get 0 i64.add i64.const 2 i64.sub i64.const 5 i64.mul) "e"))"#,
    );
    use ConstOp::{Constant, GlobalGet, I32Add, I32Mul, I32Sub, I64Add, I64Mul, I64Sub};
    let narrow = |value| Constant(Value::I32(value));
    let wide = |value| Constant(Value::I64(value));
    let segment = |segment, memory, offset, data| MemoryInitializer { segment, memory, offset, data };
    let expected = vec![
        segment(0, 0, Offset::Constant(Value::I32(u32::MAX)), &b"a"[..]),
        segment(2, 1, Offset::Constant(Value::I64(u64::MAX - 1)), b"b"),
        segment(3, 0, Offset::Global { index: 1, import: import("base") }, b"c"),
        segment(4, 0, Offset::Global { index: 2, import: None }, b""),
        segment(
            5,
            0,
            Offset::Extended(vec![narrow(3), GlobalGet(1), I32Add, narrow(2), I32Sub, narrow(5), I32Mul]),
            b"d",
        ),
        segment(6, 1, Offset::Extended(vec![wide(3), GlobalGet(0), I64Add, wide(2), I64Sub, wide(5), I64Mul]), b"e"),
    ];
    assert_eq!(memories(&bytes).initialization, MemoryInitialization::Segmented(expected));
}

#[test]
fn passive_segments_count_in_the_numbers_of_segments_only() {
    let passive = r#"(memory 1) (data "p") (data (i32.const 0) "a") (data "qqqqqqqqqqqqqqqqqqqqqqqq") "#;
    assert_eq!(verdict(passive, 0), Verdict::Static);
    let beyond = format!(r#"{passive} (data (i32.const 65536) "z")"#);
    assert!(matches!(verdict(&beyond, 0), Verdict::Segmented(Reason::OutOfBounds { segment: 3, .. })));
    assert_eq!(verdict(r#"(memory 0) (data "p")"#, 0), Verdict::Static);
}

#[test]
fn reasons_name_imports() {
    for (fields, expected) in [
        (
            r#"(import "env" "memory" (memory 1)) (memory 1) (data "") (data (i32.const 0) "a")"#,
            "data segment 1 initializes memory 0, which is imported as `env.memory`",
        ),
        (
            r#"(import "env" "__memory_base" (global i32)) (memory 1) (data (global.get 0) "a")"#,
            "the offset of data segment 0 is the value of global 0, which is imported as `env.__memory_base`",
        ),
        (
            r#"(global i32 (i32.const 0)) (memory 1) (data (global.get 0) "a")"#,
            "the offset of data segment 0 is the value of global 0",
        ),
        (
            r#"(memory 1) (data (i32.add (i32.const 1) (i32.const 2)) "a")"#,
            "the offset of data segment 0 is an extended constant expression, not a single constant",
        ),
        (
            r#"(memory i64 0x1000000000000) (data (i64.const 0) "a")"#,
            "the minimum size of memory 0, which data segment 0 initializes, is 2^64 bytes or more",
        ),
        (
            r#"(memory i64 1) (data (i64.const -1) "abc")"#,
            "data segment 0, 3 bytes at 0xffffffffffffffff, ends outside of the minimum size of memory 0, 0x10000 bytes",
        ),
        (
            r#"(memory 9 (pagesize 1)) (data (i32.const 0) "a")"#,
            "the page size of memory 0, 1, is below the host's, 4096",
        ),
        (
            r#"(memory 0) (memory 1) (data (memory 1) (i32.const 8) "bb") (data (memory 1) (i32.const 0) "a")"#,
            "the data of memory 1 is sparse: 3 bytes span 10 bytes, from data segment 1 to data segment 0; the span must be less than 6 bytes",
        ),
    ] {
        assert_eq!(reason(fields), expected, "{fields}");
    }
}

#[test]
fn modules_without_memories_or_data_are_static() {
    assert_eq!(verdict("", 0), Verdict::Static);
    assert_eq!(verdict(r#"(import "env" "memory" (memory 1)) (data)"#, 0), Verdict::Static);
}

#[test]
fn invalid_modules_are_rejected() {
    let mut text = parse(r#"(module (memory 1) (data (i32.const 0) "a"))"#);
    text.pop();
    assert!(matches!(read(&text), Err(Error::Invalid { .. })));
    assert!(matches!(read(b"(module)"), Err(Error::Invalid { .. })));
    assert!(matches!(read(b""), Err(Error::Invalid { .. })));
    for invalid in [
        "(module (memory 1) (data (i64.const 0)))",
        "(module (memory 1) (global (mut i32) (i32.const 0)) (data (global.get 0)))",
        "(module (data (i32.const 0)))",
        "(module (func (result i32)))",
    ] {
        assert!(matches!(read(&parse(invalid)), Err(Error::Invalid { .. })), "{invalid}");
    }
    let component = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];
    assert_eq!(read(&component), Err(Error::component()));
}
