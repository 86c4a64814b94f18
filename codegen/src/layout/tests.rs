//! Tests of the description of memories.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{ModuleLayout, read};
use crate::config::{Base, Config, Share};
use crate::image::Verdict;

fn layout(text: &str, config: &Config) -> ModuleLayout {
    read(text.as_bytes(), config, 4096, 1 << 20).unwrap()
}

/// The areas of the first memory, one on each line.
fn areas(layout: &ModuleLayout) -> Vec<String> {
    let shown = layout.memories[0].areas.iter().map(|area| {
        let end = area.end.map(|end| end.to_string()).unwrap_or_default();
        format!("{}..{end} {}", area.start, area.kind.name())
    });
    shown.collect()
}

const NEW: &str = r#"(import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))"#;

#[test]
fn new_memory_has_null_page_chunk_and_growth() {
    let text = format!("(module {NEW} (func $f (drop (call $allocate (call $new) (i32.const 24)))))");
    let shown = layout(&text, &Config::new());
    assert_eq!(areas(&shown), ["0..8 null", "8..65536 chunk", "65536.. growth"]);
    assert!(shown.memories[0].has_segments);
    assert_eq!(shown.memories[0].name.as_deref(), Some("memory"));
    assert_eq!((shown.frames[0].function.as_str(), shown.frames[0].total()), ("$f", 24));
    assert_eq!(shown.verdict, Verdict::Static);
}

#[test]
fn base_reserves_the_addresses_below_it() {
    let text = format!("(module {NEW} (memory 2) (data (i32.const 100) \"abc\"))");
    let shown = layout(&text, &Config::new().with_base(Base::Address(65536)));
    let expected = ["0..100 program", "100..103 data", "103..65536 program", "65536..131072 chunk", "131072.. growth"];
    assert_eq!(areas(&shown), expected);
    assert_eq!((shown.memories[0].data, shown.memories[0].span), (3, 3));
}

#[test]
fn split_divides_program_and_chunks() {
    let text = format!("(module {NEW} (memory 1 16) (func (result i32) (memory.size)))");
    let shown = layout(&text, &Config::new());
    assert_eq!(areas(&shown), ["0..65536 program", "65536..1048576 program", "1048576.. growth"]);
    let trusted = layout(&text, &Config::new().with_share(Share::Trust));
    assert_eq!(areas(&trusted), ["0..65536 program", "65536.. growth"]);
}

#[test]
fn foreign_modules_are_described_by_their_names_and_data() {
    // The stack is below the data, as in the output of a linker with `--stack-first`.
    let text = r#"(module
      (memory (export "memory") 2)
      (global $__stack_pointer (mut i32) (i32.const 1024))
      (global (export "__heap_base") i32 (i32.const 4096))
      (data (i32.const 1024) "ab") (data (i32.const 1030) "c") (data (i32.const 70000) "x"))"#;
    let shown = layout(text, &Config::new());
    let expected = [
        "0..1024 stack",
        "1024..1031 data",
        "1031..4096 program",
        "4096..70000 heap",
        "70000..70001 data",
        "70001..131072 heap",
    ];
    assert_eq!(areas(&shown), expected);
    assert_eq!(shown.memories[0].areas[1].label, "2 data segments, 0 to 1");
    assert!(!shown.memories[0].has_segments);
    // The stack is between the data and the heap.
    let text =
        text.replace("(i32.const 1024))", "(i32.const 4096)) (global (export \"__data_end\") i32 (i32.const 2048))");
    assert_eq!(
        areas(&layout(&text, &Config::new()))[..3],
        ["0..1024 program", "1024..1031 data", "1031..2048 program"]
    );
}

#[test]
fn verdict_names_what_prevents_an_image() {
    let text = r#"(module (import "env" "base" (global $base i32)) (memory 1) (data (global.get $base) "x"))"#;
    let Verdict::Segmented(reason) = layout(text, &Config::new()).verdict else { panic!("it has no image") };
    let expected = "the offset of data segment 0 is the value of global 0, which is imported as `env.base`";
    assert_eq!(reason.to_string(), expected);
}

#[test]
fn hostile_modules_are_described_or_rejected() {
    assert!(read(b"\0asm\x01\0\0\0\xff", &Config::new(), 4096, 0).is_err());
    assert_eq!(layout("(module)", &Config::new()).memories, []);
    let text = "(module (memory i64 0x1_0000_0000_0000) (data (i64.const 0x7fff_ffff_ffff_ffff) \"x\"))";
    let shown = layout(text, &Config::new());
    assert_eq!(shown.memories[0].minimum, u64::MAX);
    assert_eq!(shown.memories[0].areas.len(), 3);
}
