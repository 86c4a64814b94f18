//! The helpers that encode and decode text. They depend on the encoding, the array type and `--simd` alone, but for the
//! allocation.

use crate::functions;
use crate::support;
use crate::support::shown::Part;
use linmem::Config;

/// A program that needs every helper for UTF-8 and arrays of UTF-16.
const PROGRAM: &str = r#"(module
  (type $units (array (mut i16)))
  (import "linmem" "MemoryAllocator.allocateUtf8"
    (func $allocate (param i32 (ref null $units) i32 i32) (result {seg} {bytes})))
  (import "linmem" "MemorySegment.setUtf8" (func $set (param {seg} i32 (ref null $units) i32 i32) (result i32)))
  (import "linmem" "MemorySegment.getUtf8" (func $get (param {seg} i32 i32) (result (ref $units))))
  (export "allocate" (func $allocate)) (export "set" (func $set)) (export "get" (func $get)))"#;

/// Its helpers, with the names of helpers and types without the type of the array.
fn helpers(representation: &str, config: &Config) -> Vec<Part> {
    let parts = functions(&support::testfile::expand(PROGRAM, representation), representation, config);
    let general = |text: &str| text.replace(".utf8.i16.0", ".utf8");
    let shown = parts.into_iter().filter(|part| part.name.contains("utf8"));
    shown.map(|part| Part { name: general(&part.name), head: general(&part.head), text: general(&part.text) }).collect()
}

#[test]
fn text() {
    let parts = helpers("i64", &Config::default());
    assert_eq!(parts.len(), 7);
    let allocates = |part: &Part| part.name.contains("allocate_text");
    let configurations = crate::configurations().into_iter().filter(|(_, config, ..)| config.share.is_none());
    for (word, config, _, _) in configurations.step_by(7) {
        let others = helpers(word, &config);
        assert_eq!(others.len(), parts.len());
        for (part, other) in parts.iter().zip(&others).filter(|(part, _)| !allocates(part)) {
            assert!(part == other, "{} in {config:?}", part.name);
        }
    }
    // The others have the shape that the sources document.
    let encodes = parts.iter().filter(|part| part.name.contains("encode"));
    let shown: String = encodes.map(|part| format!("{}\n{}\n", part.head, part.text)).collect();
    let _guard = support::goldens("helpers");
    insta::assert_snapshot!("text", shown);
}
