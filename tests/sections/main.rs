//! The custom sections of a linked module are correct, and other tools can read them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod sites;
mod toolchain;

use linmem::{Config, Error, NameSection, OnViolation, Safety};
use wasm_encoder::{CustomSection, Module, RawSection};
use wasmparser::{KnownCustom, Name, Parser, Payload};

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

/// A module without names, with these custom sections after all others.
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
    Config::new().with_on_violation(OnViolation::Report)
}

#[test]
fn relocatable_objects_are_rejected() {
    for name in ["linking", "reloc.CODE", "reloc..debug_info"] {
        let error = linmem::link(&with_customs(CODE, &[(name, &[2])]), &Config::default()).expect_err(name);
        assert!(error.to_string().contains("link it first"), "{error}");
        // A module without intrinsics is not changed.
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

#[test]
fn raw_wasi_imports_export_memory() {
    let exports = |text: &str| {
        let linked = link(format!("(module {text})").as_bytes(), &Config::new().with_safety(Safety::None));
        linmem::wat::print(&linked).unwrap().contains("(export \"memory\" (memory ")
    };
    let write = r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#;
    let yields = r#"(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))"#;
    assert!(exports(&format!("{write} {CODE} (memory 1)")));
    assert!(exports(&format!("{yields} {CODE} (memory 1)")));
    // The name is taken by another export, which is kept.
    assert!(!exports(&format!("{write} {CODE} (memory 1) (func $memory) (export \"memory\" (func $memory))")));
    let alone = support::parse(&format!("(module {write} (memory 1))"));
    assert_eq!(link(&alone, &Config::default()), alone, "a module without intrinsics is not changed");
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

#[test]
fn name_section_is_kept_or_absent_as_requested() {
    let named = support::parse(&format!("(module {CODE})"));
    let unnamed = with_customs(CODE, &[("other", b"kept")]);
    let has_names = |module: &[u8], which: NameSection| {
        let linked = link(module, &Config::new().with_name_section(which));
        let keep = link(module, &Config::new());
        let others = |module: &[u8]| -> Vec<_> {
            let sections = Parser::new(0).parse_all(module).filter_map(|payload| {
                let (id, range) = payload.unwrap().as_section()?;
                Some((id, module[range].to_vec()))
            });
            sections.filter(|(id, data)| *id != 0 || !data.starts_with(b"\x04name")).collect()
        };
        assert_eq!(others(&linked), others(&keep), "only names differ");
        names_of(&linked).contains(&"name".to_string())
    };
    for (which, expected) in
        [(NameSection::Keep, [true, true]), (NameSection::None, [false, false]), (NameSection::Auto, [true, false])]
    {
        assert_eq!([has_names(&named, which), has_names(&unnamed, which)], expected, "{which}");
    }
    // A module without intrinsics changes only if its names are to be removed.
    let alone = support::parse("(module (func $f (export \"f\")) (@custom \"other\" \"kept\"))");
    assert!(has_names(&alone, NameSection::Auto) && has_names(&alone, NameSection::Keep));
    assert!(!has_names(&alone, NameSection::None));
    assert_eq!(names_of(&link(&alone, &Config::new().with_name_section(NameSection::None))), ["other"]);
}

#[test]
fn built_module_has_no_names_if_none_are_requested() {
    let built = |which: NameSection| {
        let config = Config::new().with_name_section(which);
        let builder = linmem::build::ModuleBuilder::new(&config, linmem::Representation::Packed).unwrap();
        names_of(&builder.finish().unwrap())
    };
    assert_eq!(built(NameSection::Keep), ["name"]);
    assert_eq!(built(NameSection::Auto), ["name"]);
    assert_eq!(built(NameSection::None), [""; 0]);
}
