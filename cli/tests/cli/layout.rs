//! `linmem layout`: the memories of a module as a table, as JSON and as a picture.

use crate::{example, expect, expect_error, linmem, root};

/// A program with a stack and data of its own, in a memory that is split.
const PROGRAM: &str = r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (memory (export "memory") 2)
  (global $__stack_pointer (mut i32) (i32.const 1024))
  (global (export "__heap_base") i32 (i32.const 2048))
  (data (i32.const 1024) "text")
  (func $pages (result i32) (memory.size))
  (func $both (local $r i32)
    (local.set $r (call $new))
    (drop (call $allocate (local.get $r) (i32.const 16)))
    (drop (call $allocate (local.get $r) (i32.const 8)))))"#;

#[test]
fn layout_prints_a_table() {
    let dir = tempfile::tempdir().unwrap();
    let expected = "\
memory 0 `memory`, defined: 128 KiB at first, no maximum; segments are here
  0x00000000..0x00000400          1,024  stack    stack, from __stack_pointer downwards
  0x00000400..0x00000404              4  data     data segment 0
  0x00000404..0x00000800          1,020  program  nothing is known
  0x00000800..0x00020000        129,024  heap     heap, from __heap_base
  0x00020000..0x80000000  2,147,352,576  program  the program's growth, up to the split
  0x80000000..                           growth   linmem: chunks above the split
  4 bytes of data in a span of 4 bytes

image: static: an engine can map it instead of copying segments
frames:
  $both  24 bytes
";
    expect(&linmem(&["layout", "-"], dir.path(), PROGRAM.as_bytes()), 0, expected);
}

#[test]
fn layout_prints_json() {
    let dir = tempfile::tempdir().unwrap();
    let output = linmem(&["layout", "--json", "--split", "1MiB", "-"], dir.path(), PROGRAM.as_bytes());
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let memory = &value["memories"][0];
    assert_eq!(memory["name"], "memory");
    assert_eq!(
        memory["areas"][1],
        serde_json::json!({ "start": 1024, "end": 1028, "kind": "data", "label": "data segment 0" })
    );
    assert_eq!(memory["areas"].as_array().unwrap().last().unwrap()["start"], 1 << 20);
    assert_eq!(value["image"], serde_json::json!({ "static": true }));
    assert_eq!(value["frames"][0], serde_json::json!({ "function": "$both", "bytes": [24], "total": 24 }));
}

#[test]
fn layout_writes_a_picture() {
    let dir = tempfile::tempdir().unwrap();
    expect(&linmem(&["layout", "--svg", "map.svg", "-"], dir.path(), PROGRAM.as_bytes()), 0, "");
    let picture = std::fs::read_to_string(dir.path().join("map.svg")).unwrap();
    assert!(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\""), "{picture}");
    for part in ["the program&apos;s growth", "stack, from __stack_pointer", "0x80000000", "frame of $both: 24 bytes"] {
        let part = part.replace("&apos;", "'");
        assert!(picture.contains(&part), "`{part}` is not in the picture");
    }
    // Names of the program are text, not markup.
    let hostile = r#"(module (memory (export "<b>&\"\1b") 1))"#;
    let picture = linmem(&["layout", "--svg", "-", "-"], dir.path(), hostile.as_bytes()).stdout;
    let picture = String::from_utf8(picture).unwrap();
    assert!(picture.contains("memory 0 `&lt;b&gt;&amp;&quot;\u{fffd}`"), "{picture}");
}

#[test]
fn picture_in_the_readme_is_current() {
    let dir = tempfile::tempdir().unwrap();
    let output = linmem(&["layout", "--svg", "-", &example("hello.wat")], dir.path(), b"");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        std::fs::read_to_string(root().join("docs/layout.svg")).unwrap()
    );
}

#[test]
fn layout_names_what_prevents_an_image() {
    let dir = tempfile::tempdir().unwrap();
    let text = r#"(module (import "env" "memory" (memory 1)) (data (i32.const 0) "x"))"#;
    let output = linmem(&["layout", "-"], dir.path(), text.as_bytes());
    let expected = "\
memory 0, imported from `env.memory`: 64 KiB at first, no maximum
  0x00000000..0x00000001       1  data     data segment 0
  0x00000001..0x00010000  65,535  program  nothing is known
  1 byte of data in a span of 1 byte

image: segmented: data segment 0 initializes memory 0, which is imported as `env.memory`
";
    expect(&output, 0, expected);
    expect_error(&linmem(&["layout", "-"], dir.path(), b"\0asm\x01\0\0\0\xff"), 1, &["standard input"]);
    expect_error(&linmem(&["layout", "no-such-file"], dir.path(), b""), 1, &["cannot be read"]);
}
