//! The sections by which tools of a toolchain exchange facts: `name`, `producers` and `target_features`.

use crate::{CODE, contents, link, names_of, reporting, with_customs};
use linmem::{Config, StaticFrames, Zero};
use wasm_encoder::{Encode, NameMap, NameSection};
use wasmparser::{BinaryReader, ProducersSectionReader};

/// The section `producers`, as text.
fn producers(fields: &[(&str, &[(&str, &str)])]) -> Vec<u8> {
    let mut out = Vec::new();
    fields.len().encode(&mut out);
    for (name, values) in fields {
        name.encode(&mut out);
        values.len().encode(&mut out);
        for (name, version) in *values {
            name.encode(&mut out);
            version.encode(&mut out);
        }
    }
    out
}

fn read_producers(data: &[u8]) -> Vec<(String, Vec<String>)> {
    let fields = ProducersSectionReader::new(BinaryReader::new(data, 0)).unwrap();
    fields
        .into_iter()
        .map(|field| {
            let field = field.unwrap();
            (field.name.to_string(), field.values.into_iter().map(|value| value.unwrap().name.to_string()).collect())
        })
        .collect()
}

fn features(list: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    list.len().encode(&mut out);
    for feature in list {
        out.push(b'+');
        feature.encode(&mut out);
    }
    out
}

fn read_features(data: &[u8]) -> Vec<String> {
    let mut reader = BinaryReader::new(data, 0);
    (0..reader.read_var_u32().unwrap())
        .map(|_| {
            assert_eq!(reader.read_u8().unwrap(), b'+');
            reader.read_string().unwrap().to_string()
        })
        .collect()
}

#[test]
fn custom_sections_have_required_order() {
    let (made, used) = (producers(&[("language", &[("Demo", "1")])]), features(&["mutable-globals"]));
    let stripped =
        with_customs(CODE, &[("producers", &made), ("first", b"1"), ("target_features", &used), ("last", b"2")]);
    let linked = link(&stripped, &reporting());
    let order = ["first", "last", "linmem.sites", "name", "producers", "target_features"];
    assert_eq!(names_of(&linked), order);
    assert_eq!((contents(&linked, "first"), contents(&linked, "last")), (b"1".to_vec(), b"2".to_vec()));
    // The order in the input does not matter.
    let named = with_customs(CODE, &[("target_features", &used), ("name", &[]), ("producers", &made)]);
    assert_eq!(names_of(&link(&named, &Config::default())), ["name", "producers", "target_features"]);
    // Sections that do not exist in the input are not added.
    assert_eq!(names_of(&link(&with_customs(CODE, &[]), &Config::default())), ["name"]);
}

#[test]
fn duplicate_sections_are_merged() {
    let names = |index: u32, name: &str| {
        let mut map = NameMap::new();
        map.append(index, name);
        let mut section = NameSection::new();
        section.functions(&map);
        let mut bytes = Vec::new();
        section.encode(&mut bytes);
        // Without the size and the name at the start of the section.
        bytes.split_off(6)
    };
    let module_name = |name: &str| {
        let mut section = NameSection::new();
        section.module(name);
        let mut tags = NameMap::new();
        tags.append(0, name);
        section.tag(&tags);
        let mut bytes = Vec::new();
        section.encode(&mut bytes);
        bytes.split_off(6)
    };
    let (one, two) = (module_name("one"), module_name("two"));
    let (first, second, other) = (names(4, "first"), names(4, "second"), names(3, "get"));
    let (a, b) =
        (producers(&[("language", &[("A", "1")])]), producers(&[("language", &[("B", "2")]), ("sdk", &[("S", "3")])]));
    let (x, y) = (features(&["sign-ext"]), features(&["mutable-globals", "sign-ext"]));
    let module = with_customs(
        CODE,
        &[
            ("name", &one),
            ("name", &two),
            ("name", &first),
            ("name", &second),
            ("name", &other),
            ("producers", &a),
            ("producers", &b),
            ("target_features", &x),
            ("target_features", &y),
        ],
    );
    let linked = link(&module, &Config::default());
    assert_eq!(names_of(&linked), ["name", "producers", "target_features"]);
    let fields = read_producers(&contents(&linked, "producers"));
    let expected = [("language", vec!["A", "B"]), ("sdk", vec!["S"]), ("processed-by", vec!["linmem"])];
    let expected = expected.map(|(name, values)| (name.to_string(), values.iter().map(ToString::to_string).collect()));
    assert_eq!(fields, expected);
    assert_eq!(read_features(&contents(&linked, "target_features")), ["sign-ext", "mutable-globals"]);
    let printed = linmem::wat::print(&linked).unwrap();
    assert!(printed.starts_with("(module $one"), "{printed}");
    assert!(printed.contains("(func $first "), "the first name is used: {printed}");
}

#[test]
fn producers_names_linmem_once() {
    let made = producers(&[("processed-by", &[("clang", "19"), ("linmem", "0.0.1")])]);
    let linked = link(&with_customs(CODE, &[("producers", &made)]), &Config::default());
    let fields = read_producers(&contents(&linked, "producers"));
    assert_eq!(fields, [("processed-by".to_string(), vec!["clang".to_string(), "linmem".to_string()])]);
    // Sections that cannot be read are kept.
    let broken = with_customs(CODE, &[("producers", b"\xff\xff"), ("target_features", b"\x05")]);
    let linked = link(&broken, &Config::default());
    assert_eq!((contents(&linked, "producers"), contents(&linked, "target_features")), (vec![0xff; 2], vec![5]));
}

/// The features that linking adds for a program.
fn added(imports: &str, code: &str, config: &Config) -> Vec<String> {
    let used = features(&["mutable-globals"]);
    let text = format!("{CODE} {code}").replacen("(func (export", &format!("{imports} (func (export"), 1);
    let mut list =
        read_features(&contents(&link(&with_customs(&text, &[("target_features", &used)]), config), "target_features"));
    list.remove(0);
    list
}

#[test]
fn target_features_include_those_of_lowered_code() {
    let config = Config::default();
    assert!(added("", "", &config).is_empty());
    let fill = r#"(import "linmem" "MemorySegment.fill" (func $fill (param i64 i32 i32 i32)))"#;
    let code = "(func (param i64 i32) (call $fill (local.get 0) (i32.const 0) (local.get 1) (i32.const 0)))";
    assert_eq!(added(fill, code, &config), ["bulk-memory"]);
    let write = r#"(import "linmem" "wasi.fd_write" (func $write (param i32 i64) (result i32)))"#;
    assert_eq!(
        added(write, "(func (param i64) (drop (call $write (i32.const 1) (local.get 0))))", &config),
        ["multivalue"]
    );
    let vector = r#"(import "linmem" "MemorySegment.getVector" (func $vector (param i64 i32) (result v128)))"#;
    assert_eq!(
        added(vector, "(func (param i64) (drop (call $vector (local.get 0) (i32.const 0))))", &config),
        ["simd128"]
    );
    let add = r#"(import "linmem" "MemorySegment.getAndAddInt" (func $add (param i64 i32 i32) (result i32)))"#;
    assert_eq!(
        added(add, "(func (param i64) (drop (call $add (local.get 0) (i32.const 0) (i32.const 1))))", &config),
        ["atomics"]
    );
    let text = r#"(type $u (array i16)) (import "linmem" "MemorySegment.setUtf8" (func $text (param i64 i32 (ref $u) i32 i32) (result i32)))"#;
    let code = "(func (param i64 (ref $u)) (drop (call $text (local.get 0) (i32.const 0) (local.get 1) (i32.const 0) (i32.const 1))))";
    assert_eq!(added(text, code, &config), ["gc", "reference-types"]);
    assert_eq!(added(text, code, &Config::new().with_simd(true)), ["gc", "reference-types", "simd128"]);
    let zeroing = Config::new().with_zero(Zero::Free);
    // Few bytes of a static frame are zeroed by stores.
    assert!(added("", "", &zeroing).is_empty());
    assert_eq!(added("", "", &zeroing.with_static_frames(StaticFrames::Off)), ["bulk-memory"]);
    // Features that only copied code uses are not added.
    assert!(
        added("", "(func (param v128) (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))) (memory 1)", &config)
            .is_empty()
    );
    let text = format!("{CODE} (func (param i32) (result i64) (call $allocate (local.get 0) (i32.const 1)))");
    let text = text.replace("i64", "anyref");
    let module = with_customs(&text, &[("target_features", &features(&[]))]);
    assert_eq!(read_features(&contents(&link(&module, &config), "target_features")), ["gc", "reference-types"]);
}
