//! Tracing itself: where it is rejected, what it leaves as it is, and closes that the program did not write.

use crate::planted::{audit, lines};
use crate::support;
use linmem::build::{LateLowering, ModuleBuilder};
use linmem::{Config, Error, OnViolation, Optimize, Representation, Safety, Unwind};
use linmem_host::audit::{self, Kind};
use wasmparser::{ExternalKind, Parser, Payload};

const REGIONS: &str = r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (func (export "sum") (param $n i32) (result i32) (local $r i32) (local $s i64) (local $i i32) (local $sum i32)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.mul (local.get $n) (i32.const 4))))
    (loop $next
      (call $setInt (local.get $s) (i32.mul (local.get $i) (i32.const 4)) (local.get $i))
      (local.set $sum (i32.add (local.get $sum) (call $getInt (local.get $s) (i32.mul (local.get $i) (i32.const 4)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (call $free (local.get $r))
    (local.get $sum)))"#;

#[test]
fn library_door_rejects_tracing() {
    let config = Config::new().with_trace(true);
    let message = "`trace`: accesses are traced only where modules are linked; link the module instead";
    let check = |error: Option<Error>| assert_eq!(error.map(|error| error.to_string()), Some(message.to_string()));
    check(ModuleBuilder::new(&config, Representation::Packed).err());
    check(LateLowering::new(&config, Representation::Packed).err());
}

#[test]
fn module_is_traced_once() {
    let config = Config::new().with_trace(true);
    let text = r#"(module (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
        (memory 1) (export "linmem_trace.shadow" (memory 0)) (func (export "f") (result i32) (call $new)))"#;
    let error = linmem::link(text.as_bytes(), &config).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`trace`: the module already exports `linmem_trace.shadow`, so that it was traced before"
    );
    let traced = linmem::link(REGIONS.as_bytes(), &config).unwrap();
    assert_eq!(linmem::link(&traced, &config).unwrap(), traced, "a module without imports from linmem is not changed");
}

/// The names of what a module imports from `linmem_trace`, and how many memories it exports.
fn traces(module: &[u8]) -> (Vec<String>, usize) {
    let (mut imports, mut memories) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::ImportSection(section) => {
                let all = section.into_imports().map(Result::unwrap);
                imports
                    .extend(all.filter(|import| import.module == "linmem_trace").map(|import| import.name.to_string()));
            }
            Payload::ExportSection(section) => {
                memories +=
                    section.into_iter().filter(|export| export.as_ref().unwrap().kind == ExternalKind::Memory).count();
            }
            _ => {}
        }
    }
    imports.sort();
    (imports, memories)
}

#[test]
fn only_traced_module_has_events() {
    for safety in Safety::ALL {
        for on_violation in [OnViolation::Trap, OnViolation::Report] {
            for optimize in [Optimize::Speed, Optimize::Size] {
                let config = Config::new().with_safety(*safety).with_on_violation(on_violation).with_optimize(optimize);
                let traced = linmem::link(REGIONS.as_bytes(), &config.clone().with_trace(true)).unwrap();
                let plain = linmem::link(REGIONS.as_bytes(), &config.clone().with_trace(false)).unwrap();
                assert_eq!(plain, linmem::link(REGIONS.as_bytes(), &config).unwrap());
                assert_eq!(traces(&plain), (Vec::new(), 1));
                let mut events = vec!["access", "allocate", "close", "open"];
                events.extend((*safety == Safety::None).then_some("outside"));
                assert_eq!(traces(&traced), (events.iter().map(ToString::to_string).collect(), 2));
            }
        }
    }
}

#[test]
fn traced_module_behaves_as_module_without_tracing() {
    use linmem_host::wasmtime::Val;
    for safety in Safety::ALL {
        let config = Config::new().with_safety(*safety).with_trace(true);
        let traced = linmem::link(REGIONS.as_bytes(), &config).unwrap();
        let mut running = support::host::Running::new(&traced, Default::default());
        // More than the freed bytes that the auditor keeps, so that memory is used again.
        for _ in 0..1000 {
            let sum = running.call("sum", &[Val::I32(100)]).unwrap();
            assert_eq!(sum[0].i32(), Some(4950));
        }
        let pages = running.memory().size(&running.store);
        assert!(pages <= 2, "{pages} pages");
        audit::finish(&mut running.store, |state| &mut state.auditor);
        assert_eq!(running.store.data().auditor.findings().list(), []);
    }
}

#[test]
fn exception_closes_region_with_event() {
    let text = r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (memory (export "memory") 1)
  (tag $thrown)
  (global $kept (mut i32) (i32.const 0))
  (func $throws (local $r i32)
    (local.set $r (call $new))
    (global.set $kept (call $allocate (local.get $r) (i32.const 8)))
    (throw $thrown)
    (call $free (local.get $r)))
  (func (export "f")
    (block $caught (try_table (catch $thrown $caught) (call $throws)))
    (drop (i32.load (global.get $kept)))))"#;
    for (unwind, kinds) in [(Unwind::Release, [Kind::UseAfterFree]), (Unwind::Program, [Kind::Leak])] {
        for safety in [Safety::None, Safety::Temporal] {
            let config = Config::new().with_unwind(unwind).with_safety(safety).with_trace(true);
            let traced = linmem::link(text.as_bytes(), &config).unwrap();
            let findings = audit(&support::host::compile(&traced), "f");
            assert_eq!(findings.iter().map(|finding| finding.kind).collect::<Vec<_>>(), kinds, "{unwind} {safety}");
            // The close of an exception has the place of the opening.
            let expected = match unwind {
                Unwind::Release => [Some(15), Some(10), Some(9)],
                _ => [None, Some(9), None],
            };
            assert_eq!(lines(&findings[0], &linmem::sites::read(&traced)), expected);
        }
    }
}

#[test]
fn access_outside_of_segment_and_allocation_is_found_once() {
    let text = r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (func $f (param $offset i32) (local $r i32)
    (local.set $r (call $new))
    (call $setInt (call $allocate (local.get $r) (i32.const 8)) (local.get $offset) (i32.const 1))
    (call $free (local.get $r)))
  (func (export "f") (call $f (i32.const 6))))"#;
    let config = Config::new().with_safety(Safety::None).with_trace(true);
    let traced = linmem::link(text.as_bytes(), &config).unwrap();
    let findings = audit(&support::host::compile(&traced), "f");
    let [finding] = findings[..] else { panic!("{findings:?}") };
    assert_eq!((finding.kind, finding.count), (Kind::Overlap, 1));
}

#[test]
fn second_import_of_the_audited_memory_is_audited_or_refused() {
    let module = |first: &str, second: &str| {
        format!(
            r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "env" "memory" {first})
  (import "env" {second})
  (func (export "f") (result i32) (i32.load 1 (call $allocate (call $new) (i32.const 8)))))"#
        )
    };
    let config = Config::new().with_memory("0".to_string()).with_safety(Safety::None).with_trace(true);
    let link = |first, second| linmem::link(module(first, second).as_bytes(), &config);
    let events = |module: &[u8]| traces(module).0.contains(&"access".to_string());
    assert!(events(&link("(memory 1)", "\"memory\" (memory 1)").unwrap()));
    let error = link("(memory 1)", "\"other\" (memory 1)").unwrap_err().to_string();
    assert!(error.contains("memory 1 and the audited memory 0 are both imported"), "{error}");
    // These cannot be the same memory.
    assert!(!events(&link("(memory 1)", "\"other\" (memory 1 2 shared)").unwrap()));
}

#[test]
fn place_of_function_that_only_passes_on_is_that_of_the_call() {
    let text = r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (func $sixteen (param i32) (result i64) (call $allocate (local.get 0) (i32.const 16)))
  (func $close (param i32) (result i32) (call $free (local.get 0)) (i32.const 0))
  (func $set (param i64 i32) (call $setInt (local.get 0) (i32.const 4) (local.get 1)))
  (func (export "f") (local $r i32) (local $s i64)
    (local.set $r (call $new))
    (local.set $s (call $sixteen (local.get $r)))
    (drop (call $close (local.get $r)))
    (call $set (local.get $s) (i32.const 1))))"#;
    for (optimize, expected) in [(Optimize::Speed, [13, 11, 12]), (Optimize::Size, [8, 6, 7])] {
        let config = Config::new().with_safety(Safety::None).with_optimize(optimize).with_trace(true);
        let traced = linmem::link(text.as_bytes(), &config).unwrap();
        let sites = linmem::sites::read(&traced);
        let findings = audit(&support::host::compile(&traced), "f");
        let found: Vec<_> = findings.iter().map(|finding| (finding.kind, lines(finding, &sites))).collect();
        assert_eq!(found, [(Kind::UseAfterFree, expected.map(Some))], "{optimize}");
    }
}
