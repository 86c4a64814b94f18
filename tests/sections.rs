//! What a linked module says about itself, in its custom sections, is true and readable by other tools.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::{Config, Error, OnViolation, Safety, sites};
use linmem_host::wasmtime::Val;
use support::host::{Running, State};
use wasm_encoder::{CustomSection, Encode, Module, NameMap, NameSection, RawSection};
use wasmparser::{BinaryReader, KnownCustom, Name, Parser, Payload, ProducersSectionReader};

const CODE: &str = r#"
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $get (param i64 i32) (result i32)))
  (func (export "f") (param $i i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $get (call $allocate (local.get $r) (i32.const 16)) (local.get $i))
    (call $free (local.get $r)))
"#;

/// A module without names that has these custom sections behind all others.
fn with_customs(text: &str, customs: &[(&str, &[u8])]) -> Vec<u8> {
    let bytes = support::parse(&format!("(module {text})"));
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Some((id, range)) = payload.unwrap().as_section()
            && id != 0
        {
            module.section(&RawSection { id, data: &bytes[range] });
        }
    }
    for (name, data) in customs {
        module.section(&CustomSection { name: (*name).into(), data: (*data).into() });
    }
    module.finish()
}

/// The custom sections of a module, in order.
fn customs(module: &[u8]) -> Vec<(String, Vec<u8>)> {
    let payloads = Parser::new(0).parse_all(module).map(Result::unwrap);
    payloads
        .filter_map(|payload| match payload {
            Payload::CustomSection(section) => Some((section.name().to_string(), section.data().to_vec())),
            _ => None,
        })
        .collect()
}

fn names_of(module: &[u8]) -> Vec<String> {
    customs(module).into_iter().map(|(name, _)| name).collect()
}

fn contents(module: &[u8], name: &str) -> Vec<u8> {
    customs(module).into_iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("no {name}")).1
}

fn link(module: &[u8], config: &Config) -> Vec<u8> {
    linmem::link(module, config).unwrap_or_else(|error| panic!("{error}"))
}

fn reporting() -> Config {
    Config { on_violation: OnViolation::Report, ..Config::default() }
}

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
    // Whatever the order was before.
    let named = with_customs(CODE, &[("target_features", &used), ("name", &[]), ("producers", &made)]);
    assert_eq!(names_of(&link(&named, &Config::default())), ["name", "producers", "target_features"]);
    // Sections that are not there are not added.
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
        // Without the size and the name that the section begins with.
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
    assert!(printed.contains("(func $first "), "the first name counts: {printed}");
}

#[test]
fn producers_names_linmem_once() {
    let made = producers(&[("processed-by", &[("clang", "19"), ("linmem", "0.0.1")])]);
    let linked = link(&with_customs(CODE, &[("producers", &made)]), &Config::default());
    let fields = read_producers(&contents(&linked, "producers"));
    assert_eq!(fields, [("processed-by".to_string(), vec!["clang".to_string(), "linmem".to_string()])]);
    // What cannot be read is kept.
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
    let zeroing = Config { zero: linmem::allocator::Zero::Free, ..Config::default() };
    assert_eq!(added("", "", &zeroing), ["bulk-memory"]);
    // What code that is copied uses is not linmem's business.
    assert!(
        added("", "(func (param v128) (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))) (memory 1)", &config)
            .is_empty()
    );
    let text = format!("{CODE} (func (param i32) (result i64) (call $allocate (local.get 0) (i32.const 1)))");
    let text = text.replace("i64", "anyref");
    let module = with_customs(&text, &[("target_features", &features(&[]))]);
    assert_eq!(read_features(&contents(&link(&module, &config), "target_features")), ["gc", "reference-types"]);
}

#[test]
fn relocatable_objects_are_rejected() {
    for name in ["linking", "reloc.CODE", "reloc..debug_info"] {
        let error = linmem::link(&with_customs(CODE, &[(name, &[2])]), &Config::default()).expect_err(name);
        assert!(error.to_string().contains("link it first"), "{error}");
        // A module without intrinsics is nobody's business.
        let other = with_customs("(func)", &[(name, &[2])]);
        assert_eq!(link(&other, &Config::default()), other);
    }
}

#[test]
fn removed_sections_are_named() {
    let module = with_customs(
        CODE,
        &[(".debug_info", b""), ("kept", b""), ("sourceMappingURL", b"\x01x"), (".debug_line", b"")],
    );
    let linked = linmem::link_with_warnings(&module, &Config::default()).unwrap();
    assert_eq!(names_of(&linked.module), ["kept", "name"]);
    let [Error::Dropped { names }] = &linked.warnings[..] else { panic!("{:?}", linked.warnings) };
    assert_eq!(names[..], [".debug_info", "sourceMappingURL", ".debug_line"]);
    let plain = linmem::link_with_warnings(&with_customs(CODE, &[("kept", b"")]), &Config::default()).unwrap();
    assert!(plain.warnings.is_empty());
}

/// The place that a run reports, by the sites of the module.
fn reported(module: &[u8], export: &str, argument: i32) -> String {
    let mut running = Running::new(module, State::default());
    let error = running.call(export, &[Val::I32(argument)]).expect_err("a violation");
    let Some([_, site, ..]) = running.store.data().violation else { panic!("no report: {error:?}") };
    sites::read(module)[site as usize].to_string()
}

/// A module that was linked with reports, as text, with something put before its last parenthesis.
fn extended(linked: &[u8], code: &str) -> Vec<u8> {
    // Imports come before functions, behind the types that others know by their numbers.
    let text = linmem::wat::print(linked).unwrap();
    let imports: String = CODE.lines().filter(|line| line.contains("(import")).collect();
    let text = text.replacen("(import", &format!("{imports} (import"), 1);
    let end = text.rfind(')').unwrap();
    let mut module = support::parse(&format!("{} {code})", &text[..end]));
    module.extend(section("linmem.sites", &contents(linked, "linmem.sites")));
    module
}

/// A custom section, as bytes.
fn section(name: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    CustomSection { name: name.into(), data: data.into() }.encode(&mut bytes);
    bytes
}

#[test]
fn relinking_extends_sites() {
    let named = CODE.replace("(func (export", "(func $f (export");
    let first = link(format!("(module {named})").as_bytes(), &reporting());
    assert_eq!(names_of(&link(&first, &reporting())), ["linmem.sites", "name"]);
    let code = r#"(func $again (export "g") (param $i i32) (result i32) (local $r i32)
        (local.set $r (call $new))
        (call $get (call $allocate (local.get $r) (i32.const 8)) (local.get $i))
        (call $free (local.get $r)))"#;
    let both = link(&extended(&first, code), &reporting());
    assert_eq!(names_of(&both).iter().filter(|name| *name == "linmem.sites").count(), 1);
    let (before, after) = (sites::read(&first), sites::read(&both));
    assert!(after.starts_with(&before) && after.len() > before.len(), "{after:?}");
    assert_eq!(reported(&both, "f", 100), "at line 8, in $f");
    assert!(reported(&both, "g", 100).ends_with("in $again"), "{}", reported(&both, "g", 100));
    // Places are kept where the second link reports nothing.
    let quiet = link(&extended(&first, code), &Config::default());
    assert_eq!(sites::read(&quiet), sites::read(&first));
}

#[test]
fn ambiguous_sites_are_not_reported() {
    let first = link(format!("(module {CODE})").as_bytes(), &reporting());
    let second =
        link(format!("(module (func $other)\n\n{CODE})").replace("(func $other)", "").as_bytes(), &reporting());
    let mut module = with_customs("(func)", &[]);
    module.extend(section("linmem.sites", &contents(&first, "linmem.sites")));
    module.extend(section("linmem.sites", &contents(&second, "linmem.sites")));
    let places: Vec<String> = sites::read(&module).iter().map(|site| format!("{} {site}", site.intrinsic)).collect();
    assert!(places.iter().all(|place| place.ends_with(" in an unnamed function")), "{places:?}");
    assert!(places.iter().any(|place| place.starts_with("MemorySegment.getInt")), "{places:?}");
}

#[test]
fn lines_of_text_name_its_file() {
    let config = Config { file: Some("src/program.wat".to_string()), ..reporting() };
    let linked = link(format!("(module {CODE})").as_bytes(), &config);
    assert_eq!(reported(&linked, "f", 100), "at src/program.wat:8, in function 4");
    // A binary has none.
    let linked = link(&support::parse(&format!("(module {CODE})")), &config);
    assert!(reported(&linked, "f", 100).starts_with("at offset 0x"));
}

#[test]
fn raw_wasi_imports_export_memory() {
    let exports = |text: &str| {
        let linked =
            link(format!("(module {text})").as_bytes(), &Config { safety: Some(Safety::None), ..Config::default() });
        linmem::wat::print(&linked).unwrap().contains("(export \"memory\" (memory ")
    };
    let write = r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#;
    let yields = r#"(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))"#;
    assert!(exports(&format!("{write} {CODE} (memory 1)")));
    assert!(exports(&format!("{yields} {CODE} (memory 1)")));
    // Something else has the name: the program knows why.
    assert!(!exports(&format!("{write} {CODE} (memory 1) (func $memory) (export \"memory\" (func $memory))")));
    let alone = support::parse(&format!("(module {write} (memory 1))"));
    assert_eq!(link(&alone, &Config::default()), alone, "a module without intrinsics stays as it is");
}

#[test]
fn name_section_of_linked_module_is_readable() {
    let linked = link(format!("(module {CODE})").as_bytes(), &Config::default());
    let section = Parser::new(0).parse_all(&linked).find_map(|payload| match payload.unwrap() {
        Payload::CustomSection(section) => match section.as_known() {
            KnownCustom::Name(reader) => Some(reader),
            _ => None,
        },
        _ => None,
    });
    let subsections: Vec<Name<'_>> = section.expect("names").collect::<Result<_, _>>().unwrap();
    assert!(subsections.iter().any(|name| matches!(name, Name::Function(_))));
}

/// Sites that share a long name do not take more memory than the section.
#[test]
fn site_names_do_not_multiply() {
    let mut data = Vec::new();
    1u32.encode(&mut data);
    1u32.encode(&mut data);
    "x".repeat(100_000).as_str().encode(&mut data);
    5_000u32.encode(&mut data);
    (0..5_000).for_each(|_| data.extend([0; 7]));
    let mut module = with_customs("(func)", &[]);
    module.extend(section("linmem.sites", &data));
    let sites = sites::read(&module);
    assert_eq!(sites.len(), 5_000);
    let text: usize = sites.iter().map(|site| site.intrinsic.len() + site.name.as_ref().map_or(0, String::len)).sum();
    assert!(text <= 1 << 26, "{text}");
}

#[test]
fn place_names_stay_on_one_line() {
    let text = format!("(module {CODE})").replacen("(func (export", "(func $\"a\\nerror: b\" (export", 1);
    let linked = link(text.as_bytes(), &reporting());
    assert_eq!(reported(&linked, "f", 100), "at line 8, in $a\\nerror: b");
}
