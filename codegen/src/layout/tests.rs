//! Tests of the description of memories.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{AreaKind, ModuleLayout, read};
use crate::config::{Base, Config, Init, Share};
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

/// The labels of the areas of the first memory.
fn labels(layout: &ModuleLayout) -> Vec<String> {
    let shown = layout.memories[0].areas.iter().map(|area| format!("{}.. {}", area.start, area.label));
    shown.collect()
}

const NEW: &str = r#"(import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))"#;

const ALLOCATE: &str = "(func $f (drop (call $allocate (call $new) (i32.const 24))))";

#[test]
fn new_memory_has_null_page_chunk_and_growth() {
    let text = format!("(module {NEW} {ALLOCATE})");
    let shown = layout(&text, &Config::new());
    assert_eq!(areas(&shown), ["0..8 null", "8..65536 chunk", "65536.. growth"]);
    assert!(shown.memories[0].has_segments);
    assert_eq!(shown.memories[0].name.as_deref(), Some("memory"));
    assert_eq!((shown.frames[0].function.as_str(), shown.frames[0].total()), ("$f", 24));
    assert_eq!(shown.verdict, Verdict::Static);
}

#[test]
fn base_reserves_the_addresses_below_it() {
    let text = format!("(module {NEW} (memory 2) (data (i32.const 100) \"abc\") {ALLOCATE})");
    let shown = layout(&text, &Config::new().with_base(Base::Address(65536)));
    let expected = ["0..100 program", "100..103 data", "103..65536 program", "65536..131072 chunk", "131072.. growth"];
    assert_eq!(areas(&shown), expected);
    assert_eq!((shown.memories[0].data, shown.memories[0].span), (3, 3));
}

#[test]
fn split_divides_program_and_chunks() {
    let text = format!("(module {NEW} (memory 1 16) (func (result i32) (memory.size)) {ALLOCATE})");
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

/// A module as LLVM's linker makes it by default: data, then zeroed data, then the stack.
const DATA_FIRST: &str = r#"(module
  (memory 2)
  (global $__stack_pointer (mut i32) (i32.const 70000))
  (data (i32.const 1024) "abc") (data (i32.const 2000) "d"))"#;

#[test]
fn stack_starts_behind_zeroed_data_whose_end_is_not_known() {
    let expected = [
        "0.. nothing is known",
        "1024.. data segment 0",
        "1027.. nothing is known",
        "2000.. data segment 1",
        "2001.. stack or zeroed data, below __stack_pointer",
        "70000.. nothing is known",
    ];
    let shown = layout(DATA_FIRST, &Config::new());
    assert_eq!(labels(&shown), expected);
    assert!(shown.memories[0].areas.iter().all(|area| area.kind != AreaKind::Stack));
    // The start is known if the program says it.
    for name in ["__data_end", "__stack_low"] {
        let text = DATA_FIRST.replace(
            "(data (i32.const 2000)",
            &format!("(global ${name} i32 (i32.const 4464)) (data (i32.const 2000)"),
        );
        let shown = areas(&layout(&text, &Config::new()));
        assert_eq!(shown[4..], ["2001..4464 program", "4464..70000 stack", "70000..131072 program"], "{name}");
    }
}

#[test]
fn stack_is_not_certain_if_the_address_of_data_is_not_known() {
    let data = "(data (i32.const 1024) \"abc\") (data (i32.const 2000) \"d\")";
    for other in ["(data \"passive\")", "(import \"env\" \"base\" (global $b i32)) (data (global.get $b) \"x\")"] {
        // The data whose address is known is above the stack.
        let text = DATA_FIRST
            .replace(data, "(data (i32.const 70000) \"x\")")
            .replace("(memory 2)", &format!("{other} (memory 2)"));
        let shown = labels(&layout(&text, &Config::new()));
        assert_eq!(shown[0], "0.. stack or data, below __stack_pointer", "{other}");
    }
    let none = labels(&layout(&DATA_FIRST.replace(data, ""), &Config::new()));
    assert_eq!(none[0], "0.. stack or zeroed data, below __stack_pointer");
}

#[test]
fn data_that_the_start_function_copies_is_shown() {
    let passive = Config::new().with_init(Init::Passive);
    let shown = layout(DATA_FIRST, &passive);
    let expected = [
        "0.. nothing is known",
        "1024.. data segment 0, copied by the start function",
        "1027.. nothing is known",
        "2000.. data segment 1, copied by the start function",
        "2001.. stack or zeroed data, below __stack_pointer",
        "70000.. nothing is known",
    ];
    assert_eq!(labels(&shown), expected);
    let memory = &shown.memories[0];
    assert_eq!((memory.data, memory.span, memory.copied), (0, 0, 4));
    assert!(!memory.has_segments);
    // The output says the same, even without names.
    let linked = crate::link(DATA_FIRST.as_bytes(), &passive).unwrap();
    assert_eq!(read(&linked, &Config::new(), 4096, 1 << 20).unwrap(), shown);
}

#[test]
fn copies_of_other_start_functions_count_up_to_the_first_branch_or_call() {
    let module = |name: &str, code: &str| {
        let text =
            format!("(module (memory 1) (data $a \"abc\") (data $b \"d\") (start ${name}) (func ${name} {code}))");
        labels(&layout(&text, &Config::new()))
    };
    let copy = |segment: &str, to: u32| format!("(memory.init {segment} (i32.const {to}) (i32.const 0) (i32.const 1))");
    let both = format!("{} (block {})", copy("$a", 8), copy("$b", 100));
    let first = "8.. data segment 0, copied by the start function";
    let second = "100.. data segment 1, copied by the start function";
    assert_eq!(module("main", &both), ["0.. nothing is known", first, "9.. nothing is known"]);
    let all = ["0.. nothing is known", first, "9.. nothing is known", second, "101.. nothing is known"];
    assert_eq!(module("__wasm_init_memory", &both), all);
    // An address that is not a constant, and a copy that is in two branches.
    let twice =
        format!("(block {0}) (block {0}) (memory.init $b (memory.size) (i32.const 0) (i32.const 1))", copy("$a", 8));
    assert_eq!(module("__wasm_init_memory", &twice), ["0.. nothing is known", first, "9.. nothing is known"]);
}

#[test]
fn modules_that_open_no_region_have_no_further_chunks() {
    let text = r#"(module (import "linmem:utf8" "hello" (global $hello i64)) (memory 2 4)
      (func (export "f") (result i64) (global.get $hello)))"#;
    let shown = layout(text, &Config::new());
    assert_eq!(areas(&shown), ["0..131072 program", "131072..131077 data", "131077..196608 program"]);
    assert!(shown.memories[0].has_segments);
    // A new memory has a chunk that nothing uses.
    let text = r#"(module (import "linmem" "MemorySegment.getInt" (func $get (param i64 i32) (result i32)))
      (func (export "f") (param i64) (result i32) (call $get (local.get 0) (i32.const 0))))"#;
    let expected = [
        "0.. not handed out, so that no segment is at address 0",
        "8.. linmem: not used, since the module opens no region",
    ];
    assert_eq!(labels(&layout(text, &Config::new())), expected);
    // The memory is not split, since linmem does not grow it.
    let text = format!("(module {NEW} (memory 1 16) (func (result i32) (memory.size)))");
    assert_eq!(areas(&layout(&text, &Config::new())), ["0..65536 program"]);
}

#[test]
fn items_of_static_data_are_listed() {
    let text = r#"(module
      (import "linmem:utf8" "hello" (global i64))
      (import "linmem:hex" "00ff" (global i64))
      (import "linmem:utf8" "lo" (global i64))
      (import "linmem:utf8" "" (global i64))
      (import "linmem:reserve" "counts 4KiB" (global i64)))"#;
    let shown = layout(text, &Config::new());
    let area = &shown.memories[0].areas[2];
    assert_eq!((area.start, area.label.as_str()), (16, "linmem: static data"));
    let items: Vec<(u64, u64, &str)> =
        area.items.iter().map(|item| (item.start, item.size, item.label.as_str())).collect();
    // The end of a constant is another one.
    let expected =
        [(16, 5, "\"hello\""), (19, 2, "\"lo\""), (21, 2, "00 ff"), (24, 4096, "4096 bytes reserved as `counts`")];
    assert_eq!(items, expected);
    assert_eq!(area.end, Some(24 + 4096));
}

#[test]
fn word_that_instances_agree_by_has_a_label() {
    let text = r#"(module (import "env" "memory" (memory 2 2 shared)) (import "linmem:utf8" "hello" (global i64)))"#;
    let shown = layout(text, &Config::new().with_base(Base::Address(65536)));
    let expected = [
        "0.. nothing is known",
        "65536.. linmem: the word by which instances agree which of them writes the data",
        "65544.. linmem: static data, copied by the start function",
        "65549.. nothing is known",
    ];
    assert_eq!(labels(&shown), expected);
    assert_eq!(shown.memories[0].areas[2].items.len(), 1);
}

#[test]
fn data_outside_of_the_minimum_size_is_marked() {
    let text = "(module (memory 1) (data (i32.const 65530) \"abcdefgh\") (data (i32.const 65528) \"ab\"))";
    let shown = layout(text, &Config::new());
    let expected =
        ["0.. nothing is known", "65528.. data segment 1", "65530.. data segment 0, outside of the minimum size"];
    assert_eq!(labels(&shown), expected);
}

#[test]
fn many_data_segments_are_described_in_time() {
    let segments: String = (0..100_000).map(|number| format!("(data (i32.const {}) \"x\")", number * 100)).collect();
    let text = format!("(module (memory 200) {segments})");
    let start = std::time::Instant::now();
    assert_eq!(layout(&text, &Config::new()).memories[0].areas.len(), 200_000);
    // This takes about a second; in quadratic time, it took a minute.
    assert!(start.elapsed().as_secs() < 15, "{:?}", start.elapsed());
}
