//! Lines of modules that are given as text.

#[cfg(feature = "dwarf")]
use super::lines::{end, place, program, row};
use super::listing::{instructions, listing};
use crate::source::Source;
#[cfg(feature = "dwarf")]
use crate::source_line::SourceLine;
use crate::wat;
#[cfg(feature = "dwarf")]
use std::fmt::Write;

fn text_listing(text: &str) -> Vec<String> {
    let source = Source::read(text.as_bytes()).unwrap();
    assert_eq!(source.bytes, wat::parse(text.as_bytes()).unwrap(), "the module is the one without lines");
    listing(&source)
}

/// For a folded instruction, wast records the position of its keyword, directly after the parenthesis, wherever its
/// operands are. For the `end` of an `if`, a `block` or a `loop`, it records the position of the closing parenthesis.
/// The `end` of a function is on the line of the instruction before.
#[test]
fn folded_instruction_has_line_of_keyword() {
    let text = "(module
  (func (param i32) (result i32)
    (i32.add
      (local.get 0)
      (i32.mul (i32.const 2)
               (i32.const 3)))
  )
  (func (param i32)
    (if (local.get 0)
      (then
        nop)
      (else
        (block
          unreachable
        )
      )
    )
  )
)";
    let expected = [
        "LocalGet 4:8",
        "I32Const 5:17",
        "I32Const 6:17",
        "I32Mul 5:8",
        "I32Add 3:6",
        "End 3:6",
        "LocalGet 9:10",
        "If 9:6",
        "Nop 11:9",
        "Else 12:8",
        "Block 13:10",
        "Unreachable 14:11",
        "End 15:9",
        "End 17:5",
        "End 17:5",
    ];
    assert_eq!(text_listing(text), expected);
}

#[test]
fn imports_comments_and_unicode_do_not_shift_lines() {
    let text = "\n;; καλημέρα\n(module (; 多\n行 ;) (import \"é\" \"ü\" (func $f (param i32)))\n\
                (func $g (export \"ß\") (local i64 f32 i64) i32.const 1 (; ñ ;) call $f\n;; ñandú\n(call $f\n(i32.const 2))))";
    let expected = ["I32Const 5:44", "Call 5:65", "I32Const 8:2", "Call 7:2", "End 7:2"];
    assert_eq!(text_listing(text), expected);
    let crlf = text.replace('\n', "\r\n");
    assert_eq!(text_listing(&crlf), expected);
}

/// The `end` of an empty function corresponds to no instruction, and wast records no position for it.
#[test]
fn every_function_has_its_lines() {
    let text =
        "(module\n(func\n)\n(func\nnop)\n(func (type 1)\nlocal.get 0\ndrop)\n(type (func))\n(type (func (param i32))))";
    assert_eq!(text_listing(text), ["End -", "Nop 5:1", "End 5:1", "LocalGet 7:1", "Drop 8:1", "End 8:1"]);
}

/// The size of the section, the sizes of functions, and the function count are each encoded in one, two and three
/// bytes.
#[test]
fn leb_lengths_do_not_shift_lines() {
    for (functions, size) in [(1, 3), (1, 60), (1, 8200), (130, 2), (3, 6000), (200, 100), (17000, 1)] {
        let mut text = String::from("(module (import \"a\" \"b\" (func))\n");
        for _ in 0..functions {
            text.push_str("(func (local i32 i64)\n");
            for _ in 0..size {
                text.push_str("call 0\n");
            }
            text.push_str(")\n");
        }
        text.push(')');
        let source = Source::read(text.as_bytes()).unwrap();
        // A line for the function, its instructions, one per line, and the line that closes it.
        for (number, body) in instructions(&source.bytes).chunks(size + 1).enumerate() {
            let first = 3 + number * (size + 2);
            for (position, (offset, _)) in body.iter().enumerate() {
                let expected = first + position.min(size - 1);
                let found = source.line(*offset).map(|found| found.line as usize);
                assert_eq!(found, Some(expected), "function {number} of {functions}, {size} instructions each");
            }
        }
    }
}

#[test]
fn text_without_code_has_no_lines() {
    let source = Source::read(b"(module (memory 1))").unwrap();
    assert!((0..source.bytes.len() + 9).all(|offset| source.line(offset).is_none()));
}

#[cfg(feature = "dwarf")]
#[test]
fn line_table_embedded_in_text_is_ignored() {
    let mut escaped = String::new();
    for byte in program(&[&place(2), &row(1, 40), &end(2)]) {
        let _ = write!(escaped, "\\{byte:02x}");
    }
    let text = format!("(module\n(func nop)\n(@custom \".debug_line\" (after last) \"{escaped}\"))");
    assert_eq!(text_listing(&text), ["Nop 2:7", "End 2:7"]);
}

/// If a text only quotes a binary, the lines are those of the binary's own table.
#[cfg(feature = "dwarf")]
#[test]
fn quoted_binary_has_lines_of_its_table() {
    let mut escaped = String::new();
    for byte in super::binary::with_table("(func nop)", &program(&[&place(2), &row(1, 40), &end(2)])) {
        let _ = write!(escaped, "\\{byte:02x}");
    }
    let text = format!("(module binary \"{escaped}\")");
    assert_eq!(text_listing(&text), ["Nop src/a.rs:41", "End src/a.rs:41"]);
}

#[test]
fn invalid_text_gives_parse_error() {
    for text in
        ["(module (func i32.bogus))", "(module", "", "(component)", ";; é\n(component)", "é", "\u{feff}(module)"]
    {
        let error = |result: Result<(), crate::Error>| result.err().map(|error| error.to_string());
        let parsed = error(wat::parse(text.as_bytes()).map(drop));
        assert_eq!(error(Source::read(text.as_bytes()).map(drop)), parsed);
        assert!(parsed.is_some(), "{text}");
    }
}

#[test]
fn overlong_lines_have_no_location() {
    let text = |columns: usize| format!("(module (func\nnop {}))", " ".repeat(columns));
    assert_eq!(text_listing(&text(100))[0], "Nop 2:1");
    assert_eq!(Source::read(text(20_000).as_bytes()).unwrap().line(0x19), None);
}

/// The assembler's own DWARF is an oracle: it records the same positions while it writes the instructions. Its
/// addresses are too low by the size of the function count, which is one byte here.
#[cfg(feature = "dwarf")]
#[test]
fn lines_agree_with_the_dwarf_of_the_assembler() {
    let agree = |text: &str| {
        let (source, binary) = (Source::read(text.as_bytes()).unwrap(), super::binary::with_dwarf("x.wat", text));
        let assembled = Source::read(&binary).unwrap();
        let code = instructions(&source.bytes);
        for (offset, operator) in &code {
            let expected = assembled.line(offset - 1).map(|line| SourceLine { file: None, ..line });
            assert_eq!(source.line(*offset), expected, "{operator:?} in {text}");
        }
        code.len()
    };
    let text = r#"(module
      (type $s (struct (field (mut i32)))) (type $f (func (param i32) (result i32)))
      (import "a" "b" (func $i (type $f)))
      (func (export "c") (import "a" "c") (param i32))
      (tag $t (param i32)) (memory 1) (table 2 funcref)
      (func $empty) (func $one nop)
      (func $legacy (param i32)
        try
          (call $empty)
        catch $t
          drop
        catch_all
        end)
      (func $all (export "all") (param i32) (result i32) (local v128 funcref)
        (block $x (result i32)
          (try_table (catch $t $x)
            (throw $t (i32.add (local.get 0)
              (i32.const 1)))) unreachable)
        (if (result i32) (then i32.const 1 (block $y (br_if $y (i32.const 0))))
          (else (loop (result i32) i32.const 2 (select (i32.const 3) (local.get 0)))))
        block $z
          block (br_table 0 1 $z (i32.const 1)) end
        end
        (local.set 1 (v128.const i32x4 1 2 3 4)) (i32.store offset=4 (i32.const 8) (i32.const 1))
        (local.set 2 (ref.func $one)) (drop (struct.new $s (i32.const 1)))
        (call_indirect (type $f) (local.get 0)) (return_call $i)))"#;
    assert_eq!(agree(text), 53);
    let crlf = text.replace('\n', "\r\n");
    assert_eq!(agree(&crlf), 53);
}
