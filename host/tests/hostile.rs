//! Guests that lie. Each lie is an error, and changes no byte outside of the allocations of the host.
//!
//! The functions of a guest read what to do from globals that the test sets, so that one module tells all lies: which address the
//! allocator returns, and what else it and the function that frees do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test is not a library")]

mod support;

use linmem_host::memory::{Address, Error, Grow, GuestMemory, Lie, Segment, Source, Zero};
use linmem_host::wasmtime::{Global, Instance, Store, Val};
use support::instance;

/// What the guest's allocator does before it returns `$address`: 1 traps, 2 grows the memory, 3 does both, 4 overflows the
/// stack, and 5 grows it to its maximum. `$free` says the same of the function that frees.
const GUEST: &str = r#"
  (memory (export "memory") 2 8)
  (global $address (export "address") (mut i32) (i32.const 0))
  (global $size (export "size") (mut i32) (i32.const 0))
  (global $allocates (export "allocates") (mut i32) (i32.const 0))
  (global $frees (export "frees") (mut i32) (i32.const 0))
  (func $do (param $what i32)
    (if (i32.or (i32.eq (local.get $what) (i32.const 2)) (i32.eq (local.get $what) (i32.const 3)))
      (then (drop (memory.grow (i32.const 1)))))
    (if (i32.eq (local.get $what) (i32.const 5))
      (then (drop (memory.grow (i32.const 5)))))
    (if (i32.eq (local.get $what) (i32.const 4)) (then (call $do (local.get $what))))
    (if (i32.and (local.get $what) (i32.const 1)) (then (unreachable))))
  (func $take (result i32) (call $do (global.get $allocates)) (global.get $address))
  (func $give (call $do (global.get $frees)))
"#;

/// The exports of each source, over the functions above.
const EXPORTS: [(&str, &str); 5] = [
    (
        "malloc",
        r#"(func (export "malloc") (param i32) (result i32) (call $take))
  (func (export "free") (param i32) (call $give))"#,
    ),
    (
        "__new",
        r#"(func (export "__new") (param i32 i32) (result i32) (call $take))
  (func (export "__pin") (param i32) (result i32) (i32.const -1))
  (func (export "__unpin") (param i32) (call $give))"#,
    ),
    (
        "alloc",
        r#"(func (export "alloc") (param i32) (result i32) (call $take))
  (func (export "dealloc") (param i32 i32) (call $give))"#,
    ),
    ("cabi_realloc", r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (call $take))"#),
    (
        "linmem_allocate",
        r#"(func (export "linmem_open") (result i32) (i32.const 3))
  (func (export "linmem_allocate") (param i32 i32 i32) (result i64)
    (i64.or (i64.extend_i32_u (call $take))
      (i64.shl (i64.extend_i32_u (i32.add (local.get 1) (global.get $size))) (i64.const 32))))
  (func (export "linmem_close") (param i32) (call $give))
  (func (export "linmem_address") (param i64) (result i32) (i32.const 5))
  (func (export "linmem_size") (param i64) (result i32) (i32.const 5))"#,
    ),
];

/// Addresses, of which some can be right. The memory has 131072 bytes, and an honest block of the host is at 70000.
const ADDRESSES: [u32; 16] = [
    0,
    1,
    8,
    1000,
    1004,
    69_992,
    70_000,
    70_008,
    131_000,
    131_064,
    131_072,
    131_080,
    0x7fff_fff8,
    0x8000_0000,
    0xffff_0000,
    0xffff_fff8,
];

struct Guest {
    store: Store<()>,
    instance: Instance,
    memory: GuestMemory,
}

impl Guest {
    fn new(exports: &str) -> Guest {
        let (mut store, instance) = instance(&format!("(module {GUEST} {exports})"));
        let memory = GuestMemory::new(&mut store, &instance, None).unwrap();
        assert_ne!(memory.source(), Source::Pages);
        for (index, byte) in memory.as_mut_slice(&mut store).unwrap().iter_mut().enumerate() {
            *byte = (index % 251) as u8 + 1;
        }
        Guest { store, instance, memory }
    }

    fn set(&mut self, name: &str, value: i32) {
        let global: Global = self.instance.get_global(&mut self.store, name).unwrap();
        global.set(&mut self.store, Val::I32(value)).unwrap();
    }

    fn contents(&self) -> Vec<u8> {
        self.memory.as_slice(&self.store).unwrap().to_vec()
    }
}

/// Asserts that bytes differ only in these segments, and that the memory has only grown by zeroes.
fn assert_only_changed(before: &[u8], after: &[u8], segments: &[Segment], what: &str) {
    assert!(after.len() >= before.len(), "{what}");
    let mut expected = before.to_vec();
    expected.resize(after.len(), 0);
    for segment in segments {
        let range = segment.address as usize..(segment.address + segment.len) as usize;
        expected[range.clone()].copy_from_slice(&after[range]);
    }
    assert!(expected == after, "{what}: a foreign byte changed");
}

#[test]
fn lies_of_allocators_change_no_foreign_byte() {
    let (mut lies, mut errors) = (0, 0);
    for (name, exports) in EXPORTS {
        for address in ADDRESSES {
            for allocates in 0..=5 {
                for len in [0, 24, 70_000] {
                    let what = format!("{name} {address} {allocates} {len}");
                    let mut guest = Guest::new(exports);
                    let honest = if name == "cabi_realloc" { 65536 } else { 70_000 };
                    guest.set("address", honest);
                    let memory = guest.memory.clone();
                    let held = memory.alloc_detached(&mut guest.store, b"of the host", Grow::Allowed, Zero::OnDrop);
                    let held = held.unwrap_or_else(|error| panic!("{what}: {error}"));
                    guest.set("address", address.cast_signed());
                    guest.set("allocates", allocates);
                    let before = guest.contents();
                    let mut segments = Vec::new();
                    let data = vec![0xee; len];
                    match memory.alloc(&mut guest.store, &data, Grow::Allowed, Zero::OnDrop) {
                        Ok(allocation) => {
                            let segment = allocation.segment();
                            let other = held.segment();
                            let apart = segment.len == 0
                                || segment.address + segment.len <= other.address
                                || other.address + other.len <= segment.address;
                            assert!(apart, "{what}: overlaps");
                            assert_eq!(allocation.as_slice().unwrap(), data, "{what}");
                            segments.push(segment);
                        }
                        Err(_) => errors += 1,
                    }
                    lies += 1;
                    assert_only_changed(&before, &guest.contents(), &segments, &what);
                    assert_eq!(held.as_slice(&guest.store).unwrap(), b"of the host", "{what}");
                }
            }
        }
    }
    assert!(lies >= 1000 && errors * 2 > lies, "{lies} lies, {errors} errors");
}

#[test]
fn lies_of_frees_are_kept_and_change_no_foreign_byte() {
    let mut kept = 0;
    for (name, exports) in EXPORTS.into_iter().filter(|(name, _)| *name != "cabi_realloc") {
        for frees in 0..=5 {
            for zero in [Zero::OnDrop, Zero::Never] {
                let what = format!("{name} {frees}");
                let mut guest = Guest::new(exports);
                guest.set("address", 70_000);
                guest.set("frees", frees);
                let before = guest.contents();
                let memory = guest.memory.clone();
                let allocation = memory.alloc(&mut guest.store, b"bytes", Grow::Allowed, zero).unwrap();
                let segment = allocation.segment();
                drop(allocation);
                let fails = frees % 2 == 1 || frees == 4;
                assert_eq!(memory.last_error().is_some(), fails, "{what}");
                let errors = memory.take_errors();
                assert_eq!(errors.len(), usize::from(fails), "{what}");
                assert!(errors.iter().all(|error| error.trap().is_some()), "{what}");
                assert!(memory.last_error().is_none(), "{what}");
                kept += errors.len();
                assert_only_changed(&before, &guest.contents(), &[segment], &what);
                let expected: &[u8] = if zero == Zero::OnDrop { &[0; 5] } else { b"bytes" };
                assert_eq!(memory.slice(&guest.store, segment.address, segment.len).unwrap(), expected, "{what}");
                // The explicit free returns the error instead.
                let allocation = memory.alloc(&mut guest.store, b"bytes", Grow::Allowed, zero).unwrap();
                assert_eq!(allocation.free().is_err(), fails, "{what}");
                assert!(memory.last_error().is_none(), "{what}");
            }
        }
    }
    assert_eq!(kept, 4 * 4 * 2);
}

#[test]
fn block_that_overlaps_is_named() {
    let mut guest = Guest::new(EXPORTS[0].1);
    guest.set("address", 70_000);
    let memory = guest.memory.clone();
    let held = memory.alloc_detached(&mut guest.store, &[1; 16], Grow::Allowed, Zero::Never).unwrap();
    let error = memory.alloc(&mut guest.store, &[2; 16], Grow::Allowed, Zero::Never).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`malloc` of the guest returned 16 bytes at address 70000: the host holds 16 bytes at address 70000"
    );
    drop(held);
    // The block that waits is freed first, so that the guest may return it again.
    let again = memory.alloc(&mut guest.store, &[2; 16], Grow::Allowed, Zero::Never).unwrap();
    assert_eq!(again.index(), 70_000);
}

#[test]
fn block_outside_of_the_memory_is_neither_written_nor_freed() {
    for (name, exports) in EXPORTS {
        for address in [131_064, 0x8000_0000, 0xffff_fff8_u32] {
            let mut guest = Guest::new(exports);
            guest.set("address", address.cast_signed());
            // If the function that frees were called with the block, it would trap.
            guest.set("frees", 1);
            let memory = guest.memory.clone();
            let error = memory.alloc(&mut guest.store, &[1; 16], Grow::Allowed, Zero::OnDrop).unwrap_err();
            let is_named = matches!(error, Error::BadBlock { lie: Lie::OutOfBounds { size: 131_072 }, .. });
            assert!(is_named, "{name} {address}: {error}");
            // A region is closed, as it was opened.
            assert_eq!(memory.take_errors().len(), usize::from(name == "linmem_allocate"), "{name}");
        }
    }
}

#[test]
fn guest_allocator_cannot_return_pages_of_the_host() {
    let mut guest = Guest::new(EXPORTS[0].1);
    let memory = guest.memory.clone();
    let pages = memory.and_source(&mut guest.store, &guest.instance, &Source::Pages).unwrap();
    let held = pages.alloc_detached(&mut guest.store, b"mine", Grow::Allowed, Zero::OnDrop).unwrap();
    let address = held.segment().address;
    for offset in [0, 8, 4096, 65_528] {
        guest.set("address", (address + offset) as i32);
        let error = memory.alloc(&mut guest.store, b"x", Grow::Allowed, Zero::OnDrop).unwrap_err();
        assert!(matches!(error, Error::BadBlock { lie: Lie::Overlaps { .. }, .. }), "{offset}: {error}");
    }
    assert_eq!(held.as_slice(&guest.store).unwrap(), b"mine");
}

#[test]
fn segment_of_wrong_size_is_error() {
    for size in [-24, -1, 1, 1000, i32::MAX] {
        let mut guest = Guest::new(EXPORTS[4].1);
        guest.set("address", 1000);
        guest.set("size", size);
        let memory = guest.memory.clone();
        let before = guest.contents();
        let error = memory.alloc(&mut guest.store, &[1; 24], Grow::Allowed, Zero::OnDrop).unwrap_err();
        assert!(matches!(error, Error::BadBlock { lie: Lie::WrongSize { requested: 24 }, .. }), "{error}");
        assert_only_changed(&before, &guest.contents(), &[], "size");
    }
}

#[test]
fn results_outside_of_the_memory_are_errors() {
    let mut guest = Guest::new(EXPORTS[0].1);
    let (memory, mut count) = (guest.memory.clone(), 0);
    let before = guest.contents();
    for address in ADDRESSES {
        for len in [0_u32, 1, 8, 131_072, 0x8000_0000, 0xffff_ffff] {
            let fits = u64::from(address) + u64::from(len) <= 131_072;
            let packed = Segment::new(address, len).to_packed().unwrap();
            let store = &mut guest.store;
            assert_eq!(memory.get_output(&*store, address, len).is_ok(), fits);
            assert_eq!(memory.get_output(&*store, address.cast_signed(), len.cast_signed()).is_ok(), fits);
            assert_eq!(memory.get_packed_output(&*store, packed).is_ok(), fits);
            assert_eq!(memory.read_bytes(&*store, address, len).is_ok(), fits);
            assert_eq!(memory.slice(&*store, address.into(), len.into()).is_ok(), fits);
            let scalars = memory.read_scalars::<u16>(&*store, address, len);
            assert_eq!(scalars.is_ok(), u64::from(address) + 2 * u64::from(len) <= 131_072);
            assert!(memory.read_scalars::<u64>(&*store, address, u64::MAX).is_err());
            let fits = address.unsigned() + 8 <= 131_072;
            assert_eq!(memory.read::<u64>(&*store, address).is_ok(), fits);
            if !fits {
                assert!(memory.write(&mut *store, address, 1_u64).is_err());
            }
            let list = memory.get_list_output(&*store, address, 1 << 62);
            assert!(list.is_err(), "{address}: {list:?}");
            count += 1;
        }
        assert!(memory.read::<u8>(&guest.store, u64::MAX - u64::from(address)).is_err());
    }
    assert!(count >= 90);
    assert_only_changed(&before, &guest.contents(), &[], "results");
}
