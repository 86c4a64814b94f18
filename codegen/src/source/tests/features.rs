//! The behaviour that the features of the crate change, and the behaviour that they do not change.

use crate::{Config, Error, OnViolation, link, sites};
use linmem_intrinsics::Safety;
use wast::core::{EncodeOptions, GenerateDwarf};
use wast::parser::{self, ParseBuffer};

const TEXT: &str = r#"(module
(import "linmem" "MemoryAllocator.new" (func $new (result i32)))
(func $open (export "open") (result i32)
call $new))"#;

/// [`TEXT`] in the binary format, with DWARF.
fn binary() -> Vec<u8> {
    let mut buffer = ParseBuffer::new(TEXT).unwrap();
    buffer.track_instr_spans(true);
    let mut wat = parser::parse::<wast::Wat<'_>>(&buffer).unwrap();
    let path = std::path::Path::new("src/open.wat");
    EncodeOptions::new().dwarf(path, TEXT, GenerateDwarf::Full).encode_wat(&mut wat).unwrap()
}

/// The places from which the linked module reports violations.
fn places(module: &[u8]) -> Result<Vec<String>, Error> {
    let config = Config { safety: Some(Safety::Temporal), on_violation: OnViolation::Report, ..Config::default() };
    let sites = sites::read(&link(module, &config)?);
    Ok(sites.iter().map(|site| site.to_string()).collect())
}

#[cfg(feature = "text")]
#[test]
fn text_has_lines() {
    assert_eq!(places(TEXT.as_bytes()), Ok(vec!["at line 4, in $open".to_string()]));
}

#[cfg(not(feature = "text"))]
#[test]
fn without_the_feature_text_is_refused() {
    let message =
        "not a module in the binary format; text requires the feature `text` of linmem, which is off (at offset 0x0)";
    assert_eq!(places(TEXT.as_bytes()).map_err(|error| error.to_string()), Err(message.to_string()));
    let findings: Vec<_> = crate::check(TEXT.as_bytes(), &Config::default()).iter().map(ToString::to_string).collect();
    assert_eq!(findings, [format!("error: {message}")]);
}

#[cfg(feature = "dwarf")]
#[test]
fn dwarf_gives_lines() {
    let places = places(&binary()).unwrap();
    assert_eq!(places.len(), 1);
    assert!(places[0].starts_with("at src/open.wat:4:"), "{places:?}");
}

#[cfg(not(feature = "dwarf"))]
#[test]
fn without_the_feature_dwarf_is_not_read() {
    let places = places(&binary()).unwrap();
    assert_eq!(places.len(), 1);
    assert!(places[0].starts_with("at offset 0x"), "{places:?}");
    assert!(places[0].ends_with(", in $open"), "{places:?}");
}

#[test]
fn input_that_is_neither_binary_nor_text_is_refused() {
    let error = places(b"\xff").map_err(|error| error.to_string());
    assert_eq!(
        error,
        Err("invalid text: the input is neither a binary module nor UTF-8 text (at offset 0x0)".to_string())
    );
}

#[test]
fn binary_components_are_refused() {
    for component in [&b"\0asm\x0d\0\x01\0"[..], b"\0asm\x0d\0\x01\0\x07\x01\0", b"\0asm\x0d\0\x01\0\xff"] {
        let error = places(component).map_err(|error| error.to_string());
        assert_eq!(error, Err("the input is a component; linmem links core modules (at offset 0x0)".to_string()));
    }
}
