//! Lines of modules that are given as text.

use super::*;
use crate::wat;
use std::fmt::Write;

fn text_listing(text: &str) -> Vec<String> {
    let source = Source::read(text.as_bytes()).unwrap();
    assert_eq!(source.bytes, wat::parse(text.as_bytes()).unwrap(), "the module is the one without lines");
    listing(&source)
}

/// Of a folded instruction wast records the position of its keyword, right behind the parenthesis, wherever its
/// operands are; of the `end` of an `if`, a `block` or a `loop` that of the parenthesis that closes it. The `end` of a
/// function is on the line of the instruction before.
#[test]
fn a_folded_instruction_is_where_its_keyword_is() {
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
fn imports_comments_and_other_alphabets_move_nothing() {
    let text = "\n;; καλημέρα\n(module (; 多\n行 ;) (import \"é\" \"ü\" (func $f (param i32)))\n\
                (func $g (export \"ß\") (local i64 f32 i64) i32.const 1 (; ñ ;) call $f\n;; ñandú\n(call $f\n(i32.const 2))))";
    let expected = ["I32Const 5:44", "Call 5:65", "I32Const 8:2", "Call 7:2", "End 7:2"];
    assert_eq!(text_listing(text), expected);
    let crlf = text.replace('\n', "\r\n");
    assert_eq!(text_listing(&crlf), expected);
}

/// The `end` of an empty function comes from no instruction, and wast records no position for it.
#[test]
fn every_function_has_its_lines() {
    let text =
        "(module\n(func\n)\n(func\nnop)\n(func (type 1)\nlocal.get 0\ndrop)\n(type (func))\n(type (func (param i32))))";
    assert_eq!(text_listing(text), ["End -", "Nop 5:1", "End 5:1", "LocalGet 7:1", "Drop 8:1", "End 8:1"]);
}

/// The sizes of the section and of functions, and their number, each take one, two and three bytes.
#[test]
fn sizes_of_any_length_move_nothing() {
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
        // A function's own line, its instructions, one a line, and the line that closes it.
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
fn a_text_without_code_has_no_lines() {
    let source = Source::read(b"(module (memory 1))").unwrap();
    assert!((0..source.bytes.len() + 9).all(|offset| source.line(offset).is_none()));
}

#[test]
fn a_line_table_that_the_text_brings_is_not_its_own() {
    let mut escaped = String::new();
    for byte in program(&[&place(2), &row(1, 40), &end(2)]) {
        let _ = write!(escaped, "\\{byte:02x}");
    }
    let text = format!("(module\n(func nop)\n(@custom \".debug_line\" (after last) \"{escaped}\"))");
    assert_eq!(text_listing(&text), ["Nop 2:7", "End 2:7"]);
}

/// A binary that a text only quotes speaks for itself.
#[test]
fn a_quoted_binary_has_the_lines_of_its_table() {
    let mut escaped = String::new();
    for byte in binary::with_table("(func nop)", &program(&[&place(2), &row(1, 40), &end(2)])) {
        let _ = write!(escaped, "\\{byte:02x}");
    }
    let text = format!("(module binary \"{escaped}\")");
    assert_eq!(text_listing(&text), ["Nop src/a.rs:41", "End src/a.rs:41"]);
}

#[test]
fn text_that_is_wrong_is_wrong_as_ever() {
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
fn lines_that_nobody_reads_are_not_counted() {
    let text = |columns: usize| format!("(module (func\nnop {}))", " ".repeat(columns));
    assert_eq!(text_listing(&text(100))[0], "Nop 2:1");
    assert_eq!(Source::read(text(20_000).as_bytes()).unwrap().line(0x19), None);
}
