//! Allocation by every source: detection, contents, zeroing, reuse.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test is not a library")]

mod support;

use linmem_host::memory::{Error, Grow, GuestMemory, Source, Zero};
use linmem_host::wasmtime::AsContextMut;
use support::{SOURCES, guest, instance, with_allocator};

const DATA: &[u8] = b"some bytes";

fn total(data: &[u8]) -> i32 {
    data.iter().map(|byte| i32::from(*byte)).sum()
}

#[test]
fn every_source_is_detected() {
    for (name, functions) in SOURCES {
        let (_, _, memory) = guest(&with_allocator(functions));
        assert_eq!(format!("{:?}", memory.source()), name);
    }
}

#[test]
fn exports_of_other_types_are_not_detected() {
    for functions in [
        r#"(func (export "malloc") (param i64) (result i32) (unreachable)) (export "free" (func $give))"#,
        r#"(export "malloc" (func $take)) (func (export "free") (param i32 i32) (unreachable))"#,
        r#"(export "malloc" (func $take)) (global (export "free") i32 (i32.const 0))"#,
        r#"(export "malloc" (func $take))"#,
        r#"(export "alloc" (func $take)) (export "dealloc" (func $give))"#,
        r#"(export "__new" (func $take)) (export "__unpin" (func $give))"#,
        r#"(func (export "linmem_open") (result i32) (unreachable))"#,
    ] {
        let (_, _, memory) = guest(&with_allocator(functions));
        assert_eq!(memory.source(), Source::Pages, "{functions}");
    }
}

#[test]
fn missing_function_of_chosen_source_is_error() {
    let (mut store, instance) = instance(&with_allocator(r#"(export "malloc" (func $take))"#));
    let error = GuestMemory::with_source(&mut store, &instance, None, &Source::Malloc).unwrap_err();
    assert_eq!(error.to_string(), "the guest has no usable function `free`: there is no such export");
    let error = GuestMemory::with_source(&mut store, &instance, None, &Source::Linmem).unwrap_err();
    assert!(matches!(error, Error::Function { name, .. } if name == "linmem_open"));
}

#[test]
fn guest_reads_what_was_written_and_bytes_are_zero_afterwards() {
    for (name, functions) in SOURCES {
        let (mut store, instance, memory) = guest(&with_allocator(functions));
        let sum = instance.get_typed_func::<(i32, i32), i32>(&mut store, "sum").unwrap();
        let mut allocation = memory.alloc(&mut store, DATA, Grow::Allowed, Zero::OnDrop).unwrap();
        assert_eq!(allocation.as_slice().unwrap(), DATA, "{name}");
        assert_eq!(allocation.index() % 8, 0, "{name}");
        let arguments = (allocation.to_i32().unwrap(), allocation.len() as i32);
        assert_eq!(sum.call(&mut allocation, arguments).unwrap(), total(DATA), "{name}");
        let segment = allocation.segment();
        drop(allocation);
        assert_eq!(memory.slice(&store, segment.address, segment.len).unwrap(), [0; 10], "{name}");
        assert!(memory.last_error().is_none(), "{name}");
    }
}

#[test]
fn bytes_stay_if_they_are_not_to_be_zeroed() {
    for (name, functions) in SOURCES {
        let (mut store, _, memory) = guest(&with_allocator(functions));
        let allocation = memory.alloc(&mut store, DATA, Grow::Allowed, Zero::Never).unwrap();
        let segment = allocation.segment();
        allocation.free().unwrap();
        assert_eq!(memory.slice(&store, segment.address, segment.len).unwrap(), DATA, "{name}");
    }
}

#[test]
fn bytes_are_zero_after_a_call_that_traps() {
    let trap = r#"(func (export "trap") (param i32) (i32.store8 (local.get 0) (i32.const 7)) (unreachable))"#;
    for (name, functions) in SOURCES {
        let (mut store, instance, memory) = guest(&with_allocator(&format!("{functions}{trap}")));
        let trap = instance.get_typed_func::<i32, ()>(&mut store, "trap").unwrap();
        let mut segment = None;
        let result = (|| {
            let mut allocation = memory.alloc(&mut store, DATA, Grow::Allowed, Zero::OnDrop)?;
            segment = Some(allocation.segment());
            let address = allocation.to_i32()?;
            trap.call(&mut allocation, address)
                .map_err(|error| Error::Trapped { function: "trap".to_string(), error: error.into() })
        })();
        assert!(result.unwrap_err().trap().is_some(), "{name}");
        let segment = segment.unwrap();
        assert_eq!(memory.slice(&store, segment.address, segment.len).unwrap(), [0; 10], "{name}");
    }
}

#[test]
fn allocations_nest_and_do_not_overlap() {
    for (name, functions) in SOURCES {
        let (mut store, _, memory) = guest(&with_allocator(functions));
        let mut outer = memory.alloc(&mut store, b"outer", Grow::Allowed, Zero::OnDrop).unwrap();
        {
            let mut middle = memory.alloc(&mut outer, &[1; 5000], Grow::Allowed, Zero::OnDrop).unwrap();
            let inner = memory.alloc(&mut middle, b"", Grow::Allowed, Zero::OnDrop).unwrap();
            assert!(inner.is_empty() && inner.index() != 0, "{name}");
            drop(inner);
            assert_eq!(middle.as_slice().unwrap(), [1; 5000], "{name}");
        }
        assert_eq!(outer.as_slice().unwrap(), b"outer", "{name}");
        drop(outer);
        assert!(memory.take_errors().is_empty(), "{name}");
    }
}

#[test]
fn alignment_is_that_requested() {
    for (name, functions) in SOURCES {
        let (mut store, _, memory) = guest(&with_allocator(functions));
        for align in [1, 2, 16, 64, 4096, 65536] {
            let result = memory.alloc_aligned(&mut store, DATA, align, Grow::Allowed, Zero::Never);
            // These functions of the guests take the alignment, but ignore it.
            if let Err(Error::BadBlock { .. }) = result {
                assert!(align > 16 && !["Malloc", "AssemblyScript", "Pages"].contains(&name), "{name} {align}");
                continue;
            }
            assert_eq!(result.unwrap().index() % align, 0, "{name}");
        }
        for align in [0, 3, 131_072] {
            let result = memory.alloc_aligned(&mut store, DATA, align, Grow::Allowed, Zero::Never);
            assert!(matches!(result, Err(Error::BadAlignment { .. })), "{name}");
        }
    }
}

/// Allocations of mixed sizes, some of which live longer than the next ones.
fn many(store: &mut impl AsContextMut<Data = ()>, memory: &GuestMemory, count: u32) {
    let mut store = store.as_context_mut();
    for number in 0..count / 2 {
        let len = [3, 100, 1000][number as usize % 3];
        let data = vec![0x55; len];
        let mut first = memory.alloc(&mut store, &data, Grow::Allowed, Zero::OnDrop).unwrap();
        let second = memory.alloc(&mut first, DATA, Grow::Allowed, Zero::Never).unwrap();
        drop(second);
    }
}

#[test]
fn million_allocations_do_not_grow_the_memory() {
    let each = 1_000_000 / SOURCES.len() as u32;
    for (name, functions) in SOURCES {
        let (mut store, _, memory) = guest(&with_allocator(functions));
        many(&mut store, &memory, 6);
        let size = memory.size(&store);
        many(&mut store, &memory, each);
        assert_eq!(memory.size(&store), size, "{name}");
        assert!(memory.take_errors().is_empty(), "{name}");
    }
}
