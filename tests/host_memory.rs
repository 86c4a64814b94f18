//! A host allocates in the memory of linked modules: `linmem_host::memory` over `--export-allocator`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use linmem::{Config, Nesting, Optimize, OutOfMemory, Safety};
use linmem_host::memory::{Error, Grow, GuestMemory, Source, Zero};
use linmem_host::wasmtime::{Engine, Instance, Module, Store, TypedFunc, Val};

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

/// A program that opens a region, allocates in it, and closes it later.
const HOLDS: &str = r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param i64 i32 i32 i32)))
  (memory (export "memory") 1 4)
  (func (export "open") (param $bytes i32) (result i32) (local $region i32)
    (local.set $region (call $new))
    (call $fill (call $allocate (local.get $region) (local.get $bytes)) (i32.const 0) (local.get $bytes) (i32.const 7))
    (local.get $region))
  (func (export "close") (param i32) (call $free (local.get 0))))"#;

struct Holds {
    store: Store<()>,
    memory: GuestMemory,
    open: TypedFunc<i32, i32>,
    close: TypedFunc<i32, ()>,
}

impl Holds {
    fn new(config: &Config) -> Holds {
        let (mut store, instance, memory) = instance(HOLDS, config);
        let open = instance.get_typed_func(&mut store, "open").unwrap();
        let close = instance.get_typed_func(&mut store, "close").unwrap();
        Holds { store, memory, open, close }
    }

    /// Each combination of options below `outermost`.
    fn each(test: impl Fn(Holds, Safety)) {
        for safety in [Safety::None, Safety::Spatial, Safety::Temporal] {
            for zero in [linmem::Zero::Never, linmem::Zero::Allocate, linmem::Zero::Free] {
                for optimize in [Optimize::Speed, Optimize::Size] {
                    let config = Config::new().with_safety(safety).with_zero(zero).with_optimize(optimize);
                    test(Holds::new(&config), safety);
                }
            }
        }
    }
}

/// The largest number of consecutive bytes that are 7. Single ones can be anywhere, as in tokens.
fn sevens(memory: &GuestMemory, store: &Store<()>) -> usize {
    let bytes = memory.as_slice(store).unwrap();
    bytes.split(|byte| *byte != 7).map(<[u8]>::len).max().unwrap_or_default()
}

#[test]
fn allocation_is_kept_while_region_of_guest_is_open_inside() {
    Holds::each(|mut holds, safety| {
        let Holds { store, memory, open, close } = &mut holds;
        let mut allocation = memory.alloc(&mut *store, &[1; 24], Grow::Allowed, Zero::OnDrop).unwrap();
        let (address, region) = (allocation.index(), open.call(&mut allocation, 40).unwrap());
        let error = allocation.free().unwrap_err();
        assert!(matches!(error, Error::RegionOpen { address: found, len: 24 } if found == address), "{error}");
        assert!(error.to_string().contains("--nesting outermost"), "{error}");
        assert_eq!(sevens(memory, store), 40, "{safety:?}: nothing of the guest is freed");
        // It is refused again, without an error, while the region is open; then it is freed.
        let inner = memory.alloc(&mut *store, &[2; 8], Grow::Allowed, Zero::OnDrop).unwrap();
        assert!(inner.index() > address);
        inner.free().unwrap();
        close.call(&mut *store, region).unwrap();
        let next = memory.alloc(&mut *store, &[2; 24], Grow::Allowed, Zero::OnDrop).unwrap();
        assert_eq!(next.index(), address, "{safety:?}: it was freed");
        next.free().unwrap();
        assert!(memory.take_errors().is_empty());
    });
}

#[test]
fn allocation_that_guest_freed_is_not_used() {
    Holds::each(|mut holds, safety| {
        let Holds { store, memory, open, close } = &mut holds;
        let before = memory.alloc_detached(&mut *store, b"before", Grow::Allowed, Zero::OnDrop).unwrap();
        let region = open.call(&mut *store, 8).unwrap();
        let mut inside = memory.alloc_detached(&mut *store, &[1; 24], Grow::Allowed, Zero::OnDrop).unwrap();
        let closed = close.call(&mut *store, region);
        if safety == Safety::Temporal {
            // The guest is stopped, since the region is not the innermost one.
            assert!(closed.is_err());
            assert_eq!(inside.as_slice(&*store).unwrap(), [1; 24]);
            return;
        }
        closed.unwrap();
        // The same addresses are in use again, and top is where it was.
        let region = open.call(&mut *store, 8 + 24 + 16).unwrap();
        let is_freed =
            |error: Error| assert!(matches!(error, Error::FreedByGuest { len: 24, .. }), "{safety:?}: {error}");
        is_freed(inside.as_slice(&*store).unwrap_err());
        is_freed(inside.to_vec(&*store).unwrap_err());
        is_freed(inside.write(&mut *store, 0, b"x").unwrap_err());
        is_freed(inside.zero(&mut *store).unwrap_err());
        is_freed(inside.as_mut_slice(&mut *store).unwrap_err());
        is_freed(inside.free(&mut *store).unwrap_err());
        assert_eq!(before.as_slice(&*store).unwrap(), b"before");
        let after = memory.alloc_detached(&mut *store, &[3; 24], Grow::Allowed, Zero::OnDrop).unwrap();
        assert_eq!(after.as_slice(&*store).unwrap(), [3; 24]);
        after.free(&mut *store).unwrap();
        assert_eq!(sevens(memory, store), 48, "no byte of the guest has changed");
        close.call(&mut *store, region).unwrap();
        before.free(&mut *store).unwrap();
        assert!(memory.take_errors().is_empty(), "{safety:?}");
    });
}

/// An allocation takes the place of one that the guest freed, whose owner does not know it yet.
#[test]
fn freed_allocation_gives_way() {
    let Holds { mut store, memory, open, close } = Holds::new(&Config::new());
    let region = open.call(&mut store, 8).unwrap();
    let lost = memory.alloc_detached(&mut store, &[1; 24], Grow::Allowed, Zero::OnDrop).unwrap();
    close.call(&mut store, region).unwrap();
    let found = memory.alloc_detached(&mut store, &[2; 64], Grow::Allowed, Zero::OnDrop).unwrap();
    assert!(found.segment().address < lost.segment().address);
    drop(lost);
    memory.flush(&mut store);
    assert!(matches!(memory.take_errors()[..], [Error::FreedByGuest { len: 24, .. }]));
    assert_eq!(found.as_slice(&store).unwrap(), [2; 64]);
    found.free(&mut store).unwrap();
}

/// With `outermost`, neither happens.
#[test]
fn regions_that_do_not_nest_are_independent() {
    for safety in [Safety::None, Safety::Temporal] {
        let config = Config::new().with_safety(safety).with_nesting(Nesting::Outermost);
        let Holds { mut store, memory, open, close } = Holds::new(&config);
        let first = open.call(&mut store, 8).unwrap();
        let inside = memory.alloc_detached(&mut store, &[1; 24], Grow::Allowed, Zero::Never).unwrap();
        close.call(&mut store, first).unwrap();
        let second = open.call(&mut store, 40).unwrap();
        assert_eq!(inside.as_slice(&store).unwrap(), [1; 24]);
        inside.free(&mut store).unwrap();
        close.call(&mut store, second).unwrap();
        assert!(memory.take_errors().is_empty());
    }
}

/// Nothing is lost if memory is exhausted again and again, with and without a chunk that must grow.
#[test]
fn refused_allocations_leave_nothing_open() {
    for oom in [OutOfMemory::Trap, OutOfMemory::Null] {
        for len in [10_000_usize, 150_000, 300_000, usize::MAX >> 32] {
            let Holds { mut store, memory, open, close } = Holds::new(&Config::new().with_out_of_memory(oom));
            let outer = memory.alloc_detached(&mut store, &[1; 24], Grow::Allowed, Zero::Never).unwrap();
            let fits = memory.reserve(&mut store, len as u64, 8, Grow::Allowed, Zero::Never).is_ok();
            assert_eq!(fits, len < 190_000, "{len}");
            for _ in 0..100 {
                let is_there = memory.reserve(&mut store, len as u64, 8, Grow::Allowed, Zero::Never).is_ok();
                assert_eq!(is_there, fits, "{len}");
                let region = open.call(&mut store, 1000).unwrap();
                close.call(&mut store, region).unwrap();
            }
            assert_eq!(outer.as_slice(&store).unwrap(), [1; 24]);
            outer.free(&mut store).unwrap();
            assert!(memory.take_errors().is_empty());
        }
    }
}
