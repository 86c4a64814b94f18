//! Properties of all modules: those without intrinsics are not changed, and invalid input is an error, not a panic.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use linmem::{Config, Error, OnViolation, Safety, Share, SplitAddress, StaticFrames, check, link};
use linmem_host::wasmtime::Val;
use proptest::prelude::*;
use support::host::{Running, State};

fn examples() -> Vec<Vec<u8>> {
    let mut modules = Vec::new();
    for path in support::files(&support::root().join("tests/filetests"), "wat") {
        let Ok(file) = support::testfile::TestFile::read(&path) else { continue };
        for representation in ["i32", "i64"] {
            if let Ok(module) = linmem::wat::parse(file.expand(representation).as_bytes()) {
                modules.push(module.into_owned());
            }
        }
    }
    modules
}

#[test]
fn module_without_intrinsics_is_unchanged() {
    let text = r#"(module
        (import "env" "f" (func $f (param i32)))
        (memory 1) (table 1 funcref) (elem (i32.const 0) $f)
        (func (export "g") (call $f (i32.const 1)) (call_indirect (param i32) (i32.const 1) (i32.const 0)))
        (@custom "unknown" "bytes"))"#;
    let module = support::parse(text);
    assert_eq!(link(&module, &Config::default()), Ok(module));
}

#[test]
fn custom_sections_are_kept() {
    let text = r#"(module
        (@custom "before" (before first) "one")
        (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
        (func (export "f") (result i32) (call $new))
        (@custom "after" "two"))"#;
    let linked = support::link(text);
    let mut found = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(&linked) {
        if let wasmparser::Payload::CustomSection(section) = payload.unwrap() {
            found.push((section.name().to_string(), section.data().to_vec()));
        }
    }
    assert_eq!(found[0], ("before".to_string(), b"one".to_vec()));
    assert!(found.contains(&("after".to_string(), b"two".to_vec())), "{found:?}");
    assert!(found.iter().any(|(name, _)| name == "name"));
}

#[test]
fn label_names_are_kept() {
    let text = r#"(module
        (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
        (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
        (func (export "f") (param $x i32) (result i32)
          (block $first
            (br $first)
            (block $never))
          (drop (call $allocate (call $new) (local.get $x)))
          (block $second (loop $third (br_if $third (i32.const 0))))
          (i32.const 1)))"#;
    let printed = linmem::wat::print(&support::link(text)).unwrap();
    for label in ["block $first", "block $second", "loop $third"] {
        assert!(printed.contains(label), "{label} is missing:\n{printed}");
    }
    assert!(!printed.contains("$never"), "{printed}");
}

#[test]
fn truncated_module_is_an_error() {
    for module in examples().iter().step_by(7) {
        for end in 0..module.len() {
            if let Ok(linked) = link(&module[..end], &Config::default()) {
                // A module that is truncated at the end of a section may be valid.
                wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
                    .validate_all(&linked)
                    .expect("what links is valid");
            }
        }
    }
}

#[test]
fn sections_describing_code_are_removed_if_code_changes() {
    let hints = r#"(@custom "metadata.code.branch_hint" "x") (@custom ".debug_line" "y") (@custom "z" "z")"#;
    let names = |module: &[u8]| -> Vec<String> {
        wasmparser::Parser::new(0)
            .parse_all(module)
            .filter_map(|payload| match payload.unwrap() {
                wasmparser::Payload::CustomSection(section) => Some(section.name().to_string()),
                _ => None,
            })
            .collect()
    };
    let with = format!(
        r#"(module {hints} (import "linmem" "MemoryAllocator.new" (func $n (result i32))) (func (drop (call $n))))"#
    );
    assert_eq!(names(&support::link(&with)), ["z", "name"]);
    let without = support::parse(&format!("(module {hints} (func))"));
    assert_eq!(link(&without, &Config::default()), Ok(without));
}

#[test]
fn large_functions_link_or_report_limit() {
    let program = |body: String| {
        support::parse(&format!(
            r#"(module
              (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
              (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
              (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
              (func $large (param $h i32) (local $r i32) {body}))"#
        ))
    };
    let regions =
        "(local.set $r (call $new)) (drop (call $allocate (local.get $r) (i32.const 8))) (call $free (local.get $r))";
    let checked = Config::new().with_safety(Safety::Temporal).with_on_violation(OnViolation::Report);
    for config in [Config::default(), checked] {
        assert!(link(&program(regions.repeat(20_000)), &config).is_ok());
    }
    let unknown = "(drop (call $allocate (i32.mul (local.get $h) (i32.const 1)) (i32.const 8)))";
    assert!(link(&program(unknown.repeat(20_000)), &Config::default()).is_ok());
    // If they are optimized for size, more of them fit.
    assert!(link(&program(unknown.repeat(200_000)), &Config::default()).is_ok());
    let error = link(&program(unknown.repeat(500_000)), &Config::default()).expect_err("that is more than a function");
    assert!(error.to_string().contains("$large"), "{error}");
    let locals = "(local i32)".repeat(49_998) + regions;
    let config = Config::new().with_static_frames(StaticFrames::Off);
    let error = link(&program(locals), &config).expect_err("there is no room for locals");
    assert!(error.to_string().contains("locals"), "{error}");
}

#[test]
fn check_reports_errors_of_all_functions() {
    let text = r#"(module
        (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
        (import "linmem" "MemoryAllocator.allocateAligned" (func $allocate (param i32 i32 i32) (result i64)))
        (func $f (param $r i32) (drop (call $allocate (local.get $r) (i32.const 8) (i32.const 3))))
        (func $g (param $r i32) (drop (call $allocate (local.get $r) (i32.const 8) (i32.const 5)))))"#;
    let findings = check(&support::parse(text), &Config::default());
    let places: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(places.len(), 2, "{places:?}");
    assert!(places[0].contains("$f") && places[1].contains("$g"), "{places:?}");
}

#[test]
fn binary_component_is_rejected() {
    let component = b"\0asm\x0d\x00\x01\x00";
    let error = link(component, &Config::default()).expect_err("a component is not a module");
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
}

#[test]
fn check_reports_all_import_errors() {
    let text = r#"(module
        (import "linmem" "MemoryAllocator.nwe" (func (result i32)))
        (import "linmem" "MemorySegment.getInt" (func (param i64 i64) (result i32)))
        (import "linmem" "x" (global i32)))"#;
    let findings = check(&support::parse(text), &Config::default());
    assert_eq!(findings.len(), 3, "{findings:?}");
    assert!(check(&support::parse("(module)"), &Config::default()).is_empty());
}

/// The number of types of a module, and the names of types.
fn types(module: &[u8]) -> (u32, Vec<(u32, String)>) {
    let (mut count, mut names) = (0, Vec::new());
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            wasmparser::Payload::TypeSection(section) => {
                count = section.into_iter().map(|group| group.unwrap().types().len() as u32).sum();
            }
            wasmparser::Payload::CustomSection(section) => {
                let wasmparser::KnownCustom::Name(section) = section.as_known() else { continue };
                for subsection in section {
                    let wasmparser::Name::Type(map) = subsection.unwrap() else { continue };
                    names.extend(
                        map.into_iter().map(|naming| naming.map(|it| (it.index, it.name.to_string())).unwrap()),
                    );
                }
            }
            _ => {}
        }
    }
    (count, names)
}

/// Every kind of reference to a type follows its new index, and a type that something refers to is kept.
#[test]
fn types_that_only_intrinsics_had_are_removed() {
    let text = r#"(module
        (type $new (func (result i32)))
        (type $address (func (param i64) (result i32)))
        (type $allocate (func (param i32 i32) (result i64)))
        (type $free (func (param i32)))
        (type $unused (func (param f64)))
        (rec (type $array (array (mut i32))) (type $pair (struct (field (ref $array)) (field (ref null $unary)))) (type $unary (func (param i32) (result i32))))
        (type $thrown (func (param i64 i64)))
        (import "linmem" "MemoryAllocator.new" (func $new (type $new)))
        (import "linmem" "MemoryAllocator.allocate" (func $allocate (type $allocate)))
        (import "linmem" "MemoryAllocator.free" (func $free (type $free)))
        (import "linmem" "MemorySegment.address" (func $address (type $address)))
        (tag $tag (type $thrown))
        (table $table funcref (elem $double $eat))
        (global $pair (mut (ref null $pair)) (ref.null $pair))
        (elem declare func $double)
        (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
        (func $eat (type $free))
        (func $negate (param i32) (result i32) (local $array (ref null $array))
          (local.set $array (array.new $array (local.get 0) (i32.const 3)))
          (i32.sub (i32.const 0) (array.get $array (local.get $array) (i32.const 2))))
        (func (export "f") (param $x i32) (result i32) (local $region i32)
          (local.set $region (call $new))
          (global.set $pair (struct.new $pair (array.new_fixed $array 1 (i32.const 5)) (ref.func $double)))
          (call_indirect (type $free) (i32.const 1) (i32.const 1))
          (call_indirect (type $unary) (local.get $x) (i32.const 0))
          (if (type $unary) (ref.test (ref $pair) (global.get $pair))
            (then (call $negate))
            (else (drop) (i32.const 0)))
          (call_ref $unary (struct.get $pair 1 (global.get $pair)))
          (block $caught (result i64 i64)
            (try_table (result i64 i64) (catch $tag $caught) (throw $tag (i64.const 3) (i64.const 4))))
          (i32.wrap_i64 (i64.add))
          (array.get $array (struct.get $pair 0 (global.get $pair)) (i32.const 0))
          (call $address (call $allocate (local.get $region) (i32.const 8)))
          (call $free (local.get $region))
          (drop) (i32.add) (i32.add)))"#;
    let linked = support::link(text);
    // Of the imports of intrinsics, only the type of `free` is used by something else.
    let expected = ["free", "unused", "array", "pair", "unary", "thrown"];
    let (count, names) = types(&linked);
    assert_eq!(names, (0..).zip(expected.map(str::to_string)).collect::<Vec<_>>());
    assert!(count > 6, "the types of helpers follow");
    let mut running = Running::new(&linked, State::default());
    assert_eq!(running.call("f", &[Val::I32(7)]).unwrap()[0].unwrap_i32(), -28 + 7 + 5);

    // Large modules are not encoded a second time.
    let filler = "(func nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop)".repeat(4000);
    let large = support::link(&text.replace("(elem declare", &format!("{filler} (elem declare")));
    let (_, names) = types(&large);
    assert_eq!(names.first(), Some(&(0, "new".to_string())));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// If bytes of a module are changed, linking returns an error or a valid module.
    #[test]
    fn damaged_module_never_panics(pick in any::<prop::sample::Index>(), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        static EXAMPLES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
        let modules = EXAMPLES.get_or_init(examples);
        let mut module = pick.get(modules).clone();
        for (position, byte) in damage {
            let position = position.index(module.len());
            module[position] = byte;
        }
        if let Ok(linked) = link(&module, &Config::default()) {
            wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
                .validate_all(&linked)
                .expect("what links is valid");
        }
    }

    /// Any text is an error or a module.
    #[test]
    fn arbitrary_text_never_panics(text in "[()a-z0-9 $\"\\\\;]{0,60}") {
        let _ = linmem::wat::parse(text.as_bytes());
    }
}

/// A module that is linked, extended and linked again contains linmem twice. The second one treats the first one as a part of
/// the program, so that its split must be higher: each has its own part of the memory, and the program has the lowest part.
#[test]
fn relinked_module_separates_three_owners() {
    const IMPORTS: &str = r#"
        (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
        (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
        (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
        (import "linmem" "MemorySegment.fill" (func $fill (param i64 i32 i32 i32)))
        (import "linmem" "MemorySegment.getUByte" (func $get (param i64 i32) (result i32)))"#;
    // Opens a region if there is none, adds a segment, fills it, and counts the bytes of the previous one that are unchanged.
    let owner = |name: &str, byte: u32| {
        format!(
            r#"(global $region_{name} (mut i32) (i32.const 0)) (global $segment_{name} (mut i64) (i64.const 0))
               (func $add_{name} (export "add_{name}") (param $bytes i32)
                 (if (i32.eqz (global.get $region_{name})) (then (global.set $region_{name} (call $new))))
                 (global.set $segment_{name} (call $allocate (global.get $region_{name}) (local.get $bytes)))
                 (call $fill (global.get $segment_{name}) (i32.const 0) (local.get $bytes) (i32.const {byte})))
               (func $ok_{name} (export "ok_{name}") (param $bytes i32) (result i32) (local $i i32) (local $ok i32)
                 (loop $l
                   (local.set $ok (i32.add (local.get $ok)
                     (i32.eq (call $get (global.get $segment_{name}) (local.get $i)) (i32.const {byte}))))
                   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $bytes))))
                 (local.get $ok))"#
        )
    };
    // The program assumes that it owns everything below `memory.size`, and writes all of it.
    let program = r#"(memory $m (export "memory") 1)
        (func $take (export "take") (param $pages i32) (result i32)
          (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then (return (i32.const -1))))
          (memory.fill (i32.const 64) (i32.const 3) (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 64)))
          (memory.size))"#;
    let text = format!("(module {IMPORTS} {program} {})", owner("one", 1));
    for safety in [Safety::None, Safety::Spatial, Safety::Temporal] {
        let config = Config::new().with_safety(safety).with_share(Share::Split);
        let once = link(text.as_bytes(), &config).unwrap();
        assert_eq!(link(&once, &config).unwrap(), once, "there is nothing left to link");
        let printed = linmem::wat::print(&once).unwrap();
        // Imports come before memories, and after the types, whose indices must not change.
        let again = printed.replacen("(memory $m", &format!("{IMPORTS} (memory $m"), 1);
        let end = again.rfind(')').unwrap();
        let higher = config.clone().with_split(SplitAddress::of_pages(3 << 14));
        let text = format!("{} {})", &again[..end], owner("two", 2));
        let twice = link(text.as_bytes(), &higher).unwrap();
        let mut running = Running::new(&twice, State::default());
        let mut pages = 1;
        for (one, two, more) in [(100, 200, 1), (70_000, 300, 3), (10, 500_000, 2), (300_000, 300_000, 5)] {
            running.call("add_one", &[Val::I32(one)]).unwrap();
            running.call("add_two", &[Val::I32(two)]).unwrap();
            pages += more;
            let size = running.call("take", &[Val::I32(more)]).unwrap()[0].unwrap_i32();
            assert_eq!(size, pages, "the program sees only its own pages");
            for (name, bytes) in [("ok_one", one), ("ok_two", two)] {
                let ok = running.call(name, &[Val::I32(bytes)]).unwrap()[0].unwrap_i32();
                assert_eq!(ok, bytes, "{name} at {safety}");
            }
        }
    }
}
