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
    assert!(picture.contains("memory 0 `&lt;b&gt;&amp;&quot;\\u{1b}`"), "{picture}");
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

/// Names that would forge a row, act on the terminal or change the direction of text.
const HOSTILE: &str = r#"(module
  (import "a\u{202e}" "b\n\u{2066}" (memory 1))
  (export "m\n  0x00000000..0x00010000  65,536  chunk    linmem: fake" (memory 0))
  (data (i32.const 0) "x"))"#;

#[test]
fn names_cannot_forge_rows_or_change_what_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let expected = "\
memory 0 `m\\n  0x00000000..0x00010000  65,536  chunk    linmem: fake`, imported from `a\\u{202e}.b\\n\\u{2066}`: 64 KiB at first, \
no maximum
  0x00000000..0x00000001       1  data     data segment 0
  0x00000001..0x00010000  65,535  program  nothing is known
  1 byte of data in a span of 1 byte

image: segmented: data segment 0 initializes memory 0, which is imported as `a\\u{202e}.b\\n\\u{2066}`
";
    expect(&linmem(&["layout", "-"], dir.path(), HOSTILE.as_bytes()), 0, expected);
    for form in [&["layout", "--json", "-"][..], &["layout", "--svg", "-", "-"]] {
        let shown = String::from_utf8(linmem(form, dir.path(), HOSTILE.as_bytes()).stdout).unwrap();
        assert!(!shown.contains(['\u{202e}', '\u{2066}']), "{shown}");
        assert!(shown.contains(if form.contains(&"--json") { "b\\n\\u2066" } else { "b\\n\\u{2066}" }), "{shown}");
    }
    let json = linmem(&["layout", "--json", "-"], dir.path(), HOSTILE.as_bytes()).stdout;
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(value["memories"][0]["import"]["module"], "a\u{202e}");
    // The names of functions are escaped, too.
    let text = PROGRAM.replace("$both", "$\"bo\\nth\\u{200f}\"");
    let shown = String::from_utf8(linmem(&["layout", "-"], dir.path(), text.as_bytes()).stdout).unwrap();
    assert!(shown.ends_with("frames:\n  $bo\\nth\\u{200f}  24 bytes\n"), "{shown}");
}

#[test]
fn layout_shows_data_that_the_start_function_copies() {
    let dir = tempfile::tempdir().unwrap();
    let text = r#"(module (memory 1) (data (i32.const 1024) "abc"))"#;
    let expected = "\
memory 0, defined: 64 KiB at first, no maximum
  0x00000000..0x00000400   1,024  program  nothing is known
  0x00000400..0x00000403       3  data     data segment 0, copied by the start function
  0x00000403..0x00010000  64,509  program  nothing is known
  3 bytes of data copied by the start function

image: none: the start function copies the data into the memory
";
    expect(&linmem(&["layout", "--init", "passive", "-"], dir.path(), text.as_bytes()), 0, expected);
    let output = linmem(&["layout", "--json", "--init", "passive", "-"], dir.path(), text.as_bytes());
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&value["memories"][0]["copied"], &value["memories"][0]["data"]), (&3.into(), &0.into()));
    // Static data of an imported memory is copied, and the program's data in another memory is active.
    let text = r#"(module (import "env" "memory" (memory 1)) (import "linmem:utf8" "hello" (global i64))
      (memory 1) (data (memory 1) (i32.const 0) "abc"))"#;
    let shown = linmem(&["layout", "--base", "1024", "-"], dir.path(), text.as_bytes());
    let shown = String::from_utf8(shown.stdout).unwrap();
    let verdict =
        "image: static for active segments, which an engine can map; the start function copies the other data\n";
    assert!(shown.ends_with(verdict), "{shown}");
}

#[test]
fn layout_lists_items_of_static_data() {
    let dir = tempfile::tempdir().unwrap();
    let imports: String =
        (0..20).map(|number| format!("(import \"linmem:utf8\" \"text {number:02}\" (global i64))\n")).collect();
    let text = format!("(module {imports} (import \"linmem:reserve\" \"counts 100\" (global i64)))");
    let shown = String::from_utf8(linmem(&["layout", "-"], dir.path(), text.as_bytes()).stdout).unwrap();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[3], "  0x00000010..0x00000104     244  data     linmem: static data");
    assert_eq!(lines[4], "    0x10..0x17  \"text 00\"");
    assert_eq!(lines[20], "    and 5 more; --json lists all");
    let json = linmem(&["layout", "--json", "-"], dir.path(), text.as_bytes()).stdout;
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let items = value["memories"][0]["areas"][2]["items"].as_array().unwrap();
    assert_eq!(items.len(), 21);
    let last = serde_json::json!({ "start": 160, "size": 100, "label": "100 bytes reserved as `counts`" });
    assert_eq!(items[20], last);
    let picture =
        String::from_utf8(linmem(&["layout", "--svg", "-", "-"], dir.path(), text.as_bytes()).stdout).unwrap();
    assert!(picture.contains(">0x10..0x17  &quot;text 00&quot;</text>"), "{picture}");
    assert!(picture.contains(">and 15 more; --json lists all</text>"), "{picture}");
}

#[test]
fn areas_that_do_not_fit_on_a_page_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let data: String = (0..1000).map(|number| format!("(data (i32.const {}) \"x\")", number * 100)).collect();
    let text = format!("(module (memory 2) {data})");
    let shown = String::from_utf8(linmem(&["layout", "-"], dir.path(), text.as_bytes()).stdout).unwrap();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 1 + 32 + 1 + 32 + 3);
    assert_eq!(lines[33], "  1,936 areas are left out; --json lists all");
    assert_eq!(lines[65], "  0x0001863d..0x00020000  31,171  program  nothing is known");
    let json = linmem(&["layout", "--json", "-"], dir.path(), text.as_bytes()).stdout;
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(value["memories"][0]["areas"].as_array().unwrap().len(), 2000);
    let picture =
        String::from_utf8(linmem(&["layout", "--svg", "-", "-"], dir.path(), text.as_bytes()).stdout).unwrap();
    assert!(picture.contains(">1,976 areas are left out; --json lists all</text>"), "{picture}");
    assert!(picture.len() < 10_000, "{} bytes", picture.len());
}

#[test]
fn titles_of_pictures_are_wrapped() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!(r#"(module (import "{}" "{}" (memory 1 2 shared)))"#, "e".repeat(60), "m".repeat(40));
    let picture =
        String::from_utf8(linmem(&["layout", "--svg", "-", "-"], dir.path(), text.as_bytes()).stdout).unwrap();
    let titles: Vec<&str> = picture.lines().filter(|line| line.contains("class=\"title\"")).collect();
    assert_eq!(titles.len(), 4, "{titles:?}");
    assert!(titles[3].ends_with("m`, shared</text>"), "{titles:?}");
    assert!(titles.iter().all(|line| line.len() < 110), "{titles:?}");
}

#[test]
fn large_numbers_in_json_are_strings() {
    let dir = tempfile::tempdir().unwrap();
    let text = r#"(module (memory i64 1 0x1_0000_0000_0000) (data (i64.const 0x1f_ffff_ffff_ffff) "ab"))"#;
    let json = linmem(&["layout", "--json", "-"], dir.path(), text.as_bytes()).stdout;
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let memory = &value["memories"][0];
    assert_eq!((&memory["minimum"], &memory["maximum"]), (&65536.into(), &"18446744073709551615".into()));
    let area = &memory["areas"][1];
    assert_eq!((&area["start"], &area["end"]), (&9_007_199_254_740_991_u64.into(), &"9007199254740993".into()));
    assert_eq!(area["label"], "data segment 0, outside of the minimum size");
}
