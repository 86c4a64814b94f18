//! Kinds of memories: 64-bit, shared, several of one instance, and their growth.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test is not a library")]

mod support;

use linmem_host::memory::{Error, Grow, GuestMemory, Source, Zero};
use linmem_host::wasmtime::{Engine, Instance, MemoryType, Module, SharedMemory, Store};
use support::{ALLOCATOR, SUM, assembled, engine, guest, instance};

#[test]
fn missing_memory_lists_the_exports() {
    let (mut store, instance) = instance(r#"(module (memory (export "heap") 1) (func (export "run")))"#);
    let error = GuestMemory::new(&mut store, &instance, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the instance does not export a memory `memory`; it exports the memory `heap`, `run`"
    );
    assert!(GuestMemory::new(&mut store, &instance, Some("run")).is_err(), "it is a function");
    assert!(GuestMemory::new(&mut store, &instance, Some("heap")).is_ok());
}

#[test]
fn memories_of_one_instance_are_apart() {
    let text = r#"(module (memory (export "memory") 1) (memory (export "other") 1 2))"#;
    let (mut store, instance) = instance(text);
    let memory = GuestMemory::new(&mut store, &instance, None).unwrap();
    let other = GuestMemory::new(&mut store, &instance, Some("other")).unwrap();
    let mut first = memory.alloc(&mut store, b"first", Grow::Allowed, Zero::OnDrop).unwrap();
    let second = other.alloc(&mut first, b"second", Grow::Allowed, Zero::OnDrop).unwrap();
    assert_eq!((second.index(), second.as_slice().unwrap()), (65536, &b"second"[..]));
    drop(second);
    assert_eq!(first.as_slice().unwrap(), b"first");
    // The first pages belong to the guest, and the second memory has no room for three pages.
    let error = other.alloc(&mut first, &[0; 70_000], Grow::Allowed, Zero::OnDrop).unwrap_err();
    assert!(matches!(error, Error::NotGrown { pages: 2, size: 131_072, .. }), "{error}");
}

#[test]
fn memory_grows_by_pages_and_by_bytes() {
    let (mut store, _, memory) = guest(r#"(module (memory (export "memory") 1 4))"#);
    assert_eq!(memory.grow(&mut store, 1).unwrap(), 65536);
    assert_eq!(memory.grow_by_bytes(&mut store, 0).unwrap(), 131_072);
    assert_eq!(memory.grow_by_bytes(&mut store, 65537).unwrap(), 131_072);
    assert_eq!(memory.size(&store), 4 * 65536);
    let error = memory.grow_by_bytes(&mut store, 1).unwrap_err();
    assert!(matches!(error, Error::NotGrown { pages: 1, size: 262_144, .. }));
    assert!(memory.grow_by_bytes(&mut store, u64::MAX).is_err());
}

#[test]
fn allocation_without_growth_takes_only_free_ranges() {
    let (mut store, _, memory) = guest(r#"(module (memory (export "memory") 1))"#);
    let error = memory.alloc(&mut store, b"bytes", Grow::Forbidden, Zero::OnDrop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "out of memory: no 5 bytes are free, and the memory of 65536 bytes was not allowed to grow"
    );
    assert_eq!(memory.next_available(1), None);
    drop(memory.alloc(&mut store, b"bytes", Grow::Allowed, Zero::OnDrop).unwrap());
    assert_eq!(memory.next_available(65536), Some(65536));
    assert_eq!(memory.next_available(65537), None);
    let again = memory.alloc(&mut store, b"bytes", Grow::Forbidden, Zero::OnDrop).unwrap();
    assert_eq!((again.index(), memory.next_available(1)), (65536, Some(65544)));
}

#[test]
fn memory_without_pages_starts_above_null() {
    let (mut store, _, memory) = guest(r#"(module (memory (export "memory") 0))"#);
    let allocation = memory.alloc_aligned(&mut store, b"bytes", 64, Grow::Allowed, Zero::OnDrop).unwrap();
    assert_eq!(allocation.index(), 64);
}

#[test]
fn wide_memory_has_pages_and_malloc() {
    let text = r#"(module (memory (export "memory") i64 1)
  (global $next (mut i64) (i64.const 1024))
  (func (export "malloc") (param i64) (result i64)
    (global.get $next) (global.set $next (i64.add (global.get $next) (local.get 0))))
  (func (export "free") (param i64))
  (func (export "first") (param i64) (result i32) (i32.load8_u (local.get 0))))"#;
    let (mut store, instance, memory) = guest(text);
    assert!(memory.is_64());
    assert_eq!(memory.source(), Source::Malloc);
    let first = instance.get_typed_func::<i64, i32>(&mut store, "first").unwrap();
    for source in [Source::Malloc, Source::Pages] {
        let memory = memory.and_source(&mut store, &instance, &source).unwrap();
        let mut allocation = memory.alloc(&mut store, b"Abc", Grow::Allowed, Zero::OnDrop).unwrap();
        let address = allocation.to_i64();
        assert_eq!(allocation.to_val().unwrap().unwrap_i64(), address);
        assert_eq!(first.call(&mut allocation, address).unwrap(), 65);
    }
    // A function with 32-bit addresses does not allocate in this memory.
    let narrow = r#"(module (memory (export "memory") i64 1)
  (func (export "malloc") (param i32) (result i32) (unreachable)) (func (export "free") (param i32)))"#;
    assert_eq!(guest(narrow).2.source(), Source::Pages);
}

#[test]
fn wide_memory_has_regions() {
    let text = r#"(module (memory (export "memory") i64 1)
  (global $top (mut i64) (i64.const 1024))
  (global $mark (export "mark") (mut i64) (i64.const 0))
  (func (export "linmem_open") (result i32) (global.set $mark (global.get $top)) (i32.const 3))
  (func (export "linmem_allocate") (param i32 i64 i64) (result i64)
    (global.get $top) (global.set $top (i64.add (global.get $top) (i64.add (local.get 1) (local.get 2)))))
  (func (export "linmem_close") (param i32) (global.set $top (global.get $mark))))"#;
    let (mut store, _, memory) = guest(text);
    assert_eq!(memory.source(), Source::Linmem);
    for _ in 0..2 {
        let mut allocation = memory.alloc(&mut store, &[7; 16], Grow::Allowed, Zero::OnDrop).unwrap();
        assert_eq!(allocation.to_val().unwrap().unwrap_i64(), 1024);
        assert_eq!(allocation.as_slice().unwrap(), [7; 16]);
    }
}

/// A guest over a shared memory that the host provides.
fn shared(memory: &str, functions: &str) -> (Store<()>, Instance, SharedMemory) {
    let engine = engine();
    let module =
        format!(r#"(module (import "host" "memory" (memory {memory})) (export "memory" (memory 0)) {functions})"#);
    let module = Module::new(&engine, assembled(&module)).unwrap();
    let ty: MemoryType = module.imports().next().unwrap().ty().unwrap_memory().clone();
    let memory = SharedMemory::new(&engine, ty).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[memory.clone().into()]).unwrap();
    (store, instance, memory)
}

#[test]
fn shared_memory_is_copied() {
    let malloc = format!(r#"{ALLOCATOR} {SUM} (export "malloc" (func $take)) (export "free" (func $give))"#);
    let (mut store, instance, _) = shared("1 16 shared", &malloc);
    let sum = instance.get_typed_func::<(i32, i32), i32>(&mut store, "sum").unwrap();
    for source in [Source::Malloc, Source::Pages] {
        let memory = GuestMemory::with_source(&mut store, &instance, None, &source).unwrap();
        assert!(memory.is_shared());
        assert!(matches!(memory.as_slice(&store), Err(Error::Shared)));
        // More than the page that copies go through.
        let data: Vec<u8> = (0..200_000).map(|index| (index % 249) as u8).collect();
        let mut allocation = memory.alloc(&mut store, &data, Grow::Allowed, Zero::OnDrop).unwrap();
        assert!(matches!(allocation.as_slice(), Err(Error::Shared)));
        let arguments = (allocation.to_i32().unwrap(), allocation.len() as i32);
        let expected: i32 = data.iter().map(|byte| i32::from(*byte)).sum();
        assert_eq!(sum.call(&mut allocation, arguments).unwrap(), expected);
        assert!(allocation.to_vec().unwrap() == data);
        let segment = allocation.segment();
        drop(allocation);
        assert!(memory.read_bytes(&store, segment.address, segment.len).unwrap().iter().all(|byte| *byte == 0));
        let size = memory.size(&store);
        memory.write(&mut store, size - 8, -2_i64).unwrap();
        assert_eq!(memory.read::<i64>(&store, size - 8).unwrap(), -2);
        assert!(matches!(memory.read::<i64>(&store, size - 7), Err(Error::OutOfBounds { .. })));
        memory.write_bytes(&mut store, 5000, &[b'x'; 5000]).unwrap();
        memory.write_bytes(&mut store, 10_000, b"\0").unwrap();
        assert_eq!(memory.get_nul_output(&store, 5000).unwrap().len, 5000);
    }
}

#[test]
fn copies_do_not_use_fuel_and_are_not_interrupted() {
    let mut config = linmem_host::run::config();
    config.consume_fuel(true).epoch_interruption(true);
    let engine = Engine::new(&config).unwrap();
    let text = r#"(module (memory (export "memory") 1 2 shared))"#;
    let module = Module::new(&engine, assembled(text)).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    engine.increment_epoch();
    let memory = GuestMemory::new(&mut store, &instance, None).unwrap();
    engine.increment_epoch();
    memory.write_bytes(&mut store, 100, b"bytes").unwrap();
    assert_eq!(memory.read_bytes(&store, 99, 7).unwrap(), b"\0bytes\0");
    assert_eq!(store.get_fuel().unwrap(), 0);
}

#[test]
fn wide_shared_memory_is_copied() {
    let (mut store, instance, _) = shared("i64 1 3 shared", "");
    let memory = GuestMemory::new(&mut store, &instance, None).unwrap();
    let allocation = memory.alloc(&mut store, b"wide", Grow::Allowed, Zero::OnDrop).unwrap();
    assert_eq!((allocation.index(), allocation.to_vec().unwrap()), (65536, b"wide".to_vec()));
}

#[test]
fn threads_copy_while_others_write() {
    let (mut store, instance, _) = shared("2 2 shared", "");
    let memory = GuestMemory::new(&mut store, &instance, None).unwrap();
    let writer = {
        let (engine, shared) = (store.engine().clone(), instance.get_shared_memory(&mut store, "memory").unwrap());
        let module = Module::new(
            &engine,
            assembled(
                r#"(module (import "" "" (memory 2 2 shared)) (func (export "fill") (param i32)
  (memory.fill (i32.const 0) (local.get 0) (i32.const 131072))))"#,
            ),
        );
        let module = module.unwrap();
        std::thread::spawn(move || {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[shared.into()]).unwrap();
            let fill = instance.get_typed_func::<i32, ()>(&mut store, "fill").unwrap();
            for round in 0..200 {
                fill.call(&mut store, 1 + round % 2).unwrap();
            }
        })
    };
    while !writer.is_finished() {
        let bytes = memory.read_bytes(&store, 0, 131_072).unwrap();
        assert!(bytes.iter().all(|byte| *byte <= 2));
    }
    writer.join().unwrap();
    assert!(memory.read_bytes(&store, 0, 131_072).unwrap().iter().all(|byte| *byte == 2));
}
