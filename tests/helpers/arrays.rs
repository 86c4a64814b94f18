//! The helpers that copy between GC arrays and segments. They depend on the array type alone.

use crate::functions;
use crate::support;
use crate::support::shown::Part;
use linmem::Config;
use linmem::intrinsics::Element;

/// A program that needs every helper for an array type.
const PROGRAM: &str = r#"(module
  (type $array (array (mut {element})))
  (import "linmem" "MemoryAllocator.allocateArray"
    (func $allocate (param i32 (ref null $array) i32 i32) (result {seg} {bytes})))
  (import "linmem" "MemorySegment.copyToArray" (func $to (param {seg} i32 (ref null $array) i32 i32)))
  (import "linmem" "MemorySegment.toArray" (func $new (param {seg} i32 i32) (result (ref $array))))
  (export "allocate" (func $allocate)) (export "to" (func $to)) (export "new" (func $new)))"#;

/// The helpers for an element type, with the names of helpers and types without it.
fn helpers(element: Element, representation: &str, config: &Config) -> Vec<Part> {
    let text = support::testfile::expand(&PROGRAM.replace("{element}", element.name()), representation);
    let parts = functions(&text, representation, config);
    let is_shown = |part: &Part| part.name.contains("_array.") || part.name.contains("array_size.");
    let general = |text: &str| {
        text.replace(&format!("_array.{element}.0"), "_array").replace(&format!("_size.{element}.0"), "_size")
    };
    let shown = parts.into_iter().filter(is_shown);
    shown.map(|part| Part { name: general(&part.name), head: general(&part.head), text: general(&part.text) }).collect()
}

#[test]
fn arrays() {
    let parts = helpers(Element::I16, "i64", &Config::default());
    assert_eq!(parts.len(), 4);
    let configurations = crate::configurations().into_iter().filter(|(_, config, ..)| config.share.is_none());
    for (word, config, _, _) in configurations.step_by(7) {
        assert!(helpers(Element::I16, word, &config) == parts, "{config:?}");
    }
    let shown: String = parts.iter().map(|part| format!("{}\n{}\n", part.head, part.text)).collect();
    let _guard = support::goldens("helpers");
    insta::assert_snapshot!("arrays", shown);
}
