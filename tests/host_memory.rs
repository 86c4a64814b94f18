//! A host allocates in the memory of linked modules: `linmem_host::memory` over `--export-allocator`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use linmem::{Config, Nesting, OutOfMemory, Safety};
use linmem_host::memory::{Error, Grow, GuestMemory, Source, Zero};
use linmem_host::wasmtime::{Engine, Instance, Module, Store, Val};

/// A program whose segments have this type. `sum` adds the bytes of a segment.
fn program(segment: &str) -> String {
    format!(
        r#"(module
  (import "linmem" "MemorySegment.size" (func $size (param {segment}) (result i32)))
  (import "linmem" "MemorySegment.getUByte" (func $get (param {segment} i32) (result i32)))
  (memory (export "memory") 1 4)
  (func (export "sum") (param $text {segment}) (result i32)
    (local $index i32) (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $index) (call $size (local.get $text))))
        (local.set $sum (i32.add (local.get $sum) (call $get (local.get $text) (local.get $index))))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next)))
    (local.get $sum)))"#
    )
}

fn instance(program: &str, config: &Config) -> (Store<()>, Instance, GuestMemory) {
    let linked = linmem::link(program.as_bytes(), &config.clone().with_export_allocator(true)).unwrap();
    let engine = Engine::new(&linmem_host::run::config()).unwrap();
    let module = Module::new(&engine, linked).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let memory = GuestMemory::new(&mut store, &instance, None).unwrap();
    assert_eq!(memory.source(), Source::Linmem);
    (store, instance, memory)
}

#[test]
fn program_receives_segment_in_its_representation() {
    for segment in ["i64", "anyref", "(ref struct)", "structref"] {
        for safety in [Safety::None, Safety::Spatial, Safety::Temporal] {
            let config = Config::new().with_safety(safety);
            let (mut store, instance, memory) = instance(&program(segment), &config);
            let sum = instance.get_func(&mut store, "sum").unwrap();
            let mut outer = memory.alloc(&mut store, b"abc", Grow::Allowed, Zero::OnDrop).unwrap();
            let mut inner = memory.alloc(&mut outer, &[2; 50], Grow::Allowed, Zero::OnDrop).unwrap();
            let (argument, mut results) = (inner.to_val().unwrap(), [Val::I32(0)]);
            sum.call(&mut inner, &[argument], &mut results).unwrap();
            assert_eq!(results[0].unwrap_i32(), 100, "{segment} {safety:?}");
            drop(inner);
            let argument = outer.to_val().unwrap();
            sum.call(&mut outer, &[argument], &mut results).unwrap();
            assert_eq!(results[0].unwrap_i32(), 294, "{segment} {safety:?}");
            drop(outer);
            assert!(memory.take_errors().is_empty(), "{segment} {safety:?}");
        }
    }
}

#[test]
fn segments_that_are_addresses_are_allocated() {
    let (mut store, _, memory) = instance(r#"(module (memory (export "memory") 1 4))"#, &Config::new());
    for _ in 0..100_000 {
        let mut outer = memory.alloc(&mut store, b"abc", Grow::Allowed, Zero::OnDrop).unwrap();
        let inner = memory.alloc_aligned(&mut outer, &[2; 50], 64, Grow::Allowed, Zero::OnDrop).unwrap();
        assert_eq!(inner.index() % 64, 0);
    }
    assert!(memory.size(&store) <= 3 * 65536, "nothing leaks");
    assert!(memory.take_errors().is_empty());
}

#[test]
fn detached_regions_close_from_the_innermost_one() {
    for nesting in [Nesting::Stack, Nesting::Outermost] {
        let config = Config::new().with_safety(Safety::Temporal).with_nesting(nesting);
        let (mut store, _, memory) = instance(&program("i64"), &config);
        let mut owners = Vec::new();
        for number in 0..6_u8 {
            owners.push(memory.alloc_detached(&mut store, &[number; 9], Grow::Allowed, Zero::OnDrop).unwrap());
        }
        for index in [2, 0, 3, 1, 0, 0] {
            owners.remove(index).free(&mut store).unwrap();
            for owner in &owners {
                let bytes = owner.as_slice(&store).unwrap();
                assert!(bytes.iter().all(|byte| *byte == bytes[0]), "{nesting:?}");
            }
        }
        assert!(memory.take_errors().is_empty(), "{nesting:?}");
    }
}

#[test]
fn exhausted_memory_is_error_and_closes_the_region() {
    for oom in [OutOfMemory::Trap, OutOfMemory::Null] {
        let config = Config::new().with_safety(Safety::Temporal).with_out_of_memory(oom).with_zero(linmem::Zero::Free);
        let (mut store, _, memory) = instance(&program("i64"), &config);
        for _ in 0..3 {
            let error = memory.alloc(&mut store, &[1; 400_000], Grow::Allowed, Zero::OnDrop).unwrap_err();
            assert!(matches!(error, Error::Refused { .. } | Error::Trapped { .. }), "{oom:?}: {error}");
            let allocation = memory.alloc(&mut store, &[1; 4000], Grow::Allowed, Zero::Never).unwrap();
            assert_eq!(allocation.as_slice().unwrap(), [1; 4000]);
        }
        assert!(memory.take_errors().is_empty(), "{oom:?}");
    }
}
