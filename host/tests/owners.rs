//! Owners that do not borrow the store, asynchronous stores, blocks of the guest, and calls back to the host.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test is not a library")]

mod support;

use linmem_host::memory::{Detached, Error, Grow, GuestMemory, Segment, Source, Zero};
use linmem_host::wasmtime::{AsContext, AsContextMut, Caller, Instance, Linker, Module, Store};
use support::{ALLOCATOR, SOURCES, SUM, assembled, block_on, engine, guest, with_allocator};

const MALLOC: &str = r#"(export "malloc" (func $take)) (export "free" (func $give))"#;

#[test]
fn detached_owners_end_in_any_order() {
    for (name, functions) in SOURCES {
        let (mut store, _, memory) = guest(&with_allocator(functions));
        let mut owners: Vec<Detached> = Vec::new();
        for number in 0..20_u8 {
            owners.push(memory.alloc_detached(&mut store, &[number; 40], Grow::Allowed, Zero::OnDrop).unwrap());
            if number % 3 == 2 {
                let owner = owners.remove(owners.len() / 2);
                let segment = owner.segment();
                if number % 2 == 0 {
                    owner.free(&mut store).unwrap();
                } else {
                    drop(owner);
                    memory.flush(&mut store);
                }
                let bytes = memory.slice(&store, segment.address, segment.len).unwrap();
                assert!(bytes.iter().all(|byte| *byte == 0), "{name}");
            }
        }
        for owner in &owners {
            let bytes = owner.as_slice(&store).unwrap();
            assert!(bytes.len() == 40 && bytes.iter().all(|byte| *byte == bytes[0]), "{name}");
        }
        drop(owners);
        memory.flush(&mut store);
        assert!(memory.take_errors().is_empty(), "{name}");
    }
}

#[test]
fn dropped_detached_owner_is_freed_by_the_next_allocation() {
    let (mut store, _, memory) = guest(&with_allocator(MALLOC));
    let owner = memory.alloc_detached(&mut store, b"secret", Grow::Allowed, Zero::OnDrop).unwrap();
    let segment = owner.segment();
    drop(owner);
    assert_eq!(memory.slice(&store, segment.address, segment.len).unwrap(), b"secret", "nothing has run yet");
    let next = memory.reserve(&mut store, 6, 8, Grow::Allowed, Zero::Never).unwrap();
    assert_eq!((next.segment(), next.as_slice().unwrap()), (segment, &[0; 6][..]));
}

#[test]
fn owner_is_detached_and_attached() {
    let (mut store, instance, memory) = guest(&with_allocator(MALLOC));
    let mut owner = memory.alloc(&mut store, b"abc", Grow::Allowed, Zero::OnDrop).unwrap().detach();
    owner.write(&mut store, 1, b"X").unwrap();
    assert!(matches!(owner.write(&mut store, 3, b"X"), Err(Error::OutOfBounds { size: 3, .. })));
    assert!(owner.write(&mut store, u64::MAX, b"X").is_err());
    let sum = instance.get_typed_func::<(i32, i32), i32>(&mut store, "sum").unwrap();
    let mut owner = owner.attach(&mut store);
    let address = owner.to_i32().unwrap();
    assert_eq!(sum.call(&mut owner, (address, 3)).unwrap(), i32::from(b'a') + i32::from(b'X') + i32::from(b'c'));
    let segment = owner.segment();
    drop(owner);
    assert_eq!(memory.slice(&store, segment.address, 3).unwrap(), [0; 3]);
}

/// An instance whose functions must be called asynchronously.
fn asynchronous(text: &str) -> (Store<()>, Instance, GuestMemory) {
    let engine = engine();
    let module = Module::new(&engine, assembled(text)).unwrap();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap_async("host", "wait", |_: Caller<'_, ()>, ()| {
            Box::new(async {
                let mut is_first = true;
                std::future::poll_fn(move |_| {
                    if std::mem::take(&mut is_first) { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
                })
                .await;
            })
        })
        .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = block_on(linker.instantiate_async(&mut store, &module)).unwrap();
    let memory = GuestMemory::new(&mut store, &instance, None).unwrap();
    (store, instance, memory)
}

/// A guest whose allocator waits for the host.
fn waiting(exports: &str) -> String {
    format!(r#"(module (import "host" "wait" (func $wait)) (memory (export "memory") 1) {ALLOCATOR} {SUM} {exports})"#)
}

const WAITING: &str = r#"
  (func (export "malloc") (param i32) (result i32) (call $wait) (call $take (local.get 0)))
  (func (export "free") (param i32) (call $wait) (call $give (local.get 0)))"#;

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn asynchronous_allocator_is_called() {
    let (mut store, instance, memory) = asynchronous(&waiting(WAITING));
    assert_eq!(memory.source(), Source::Malloc);
    assert!(memory.alloc(&mut store, b"abc", Grow::Allowed, Zero::OnDrop).is_err(), "it cannot wait");
    let sum = instance.get_typed_func::<(i32, i32), i32>(&mut store, "sum").unwrap();
    let segments = block_on(is_send(async {
        let mut first = memory.alloc_async(&mut store, b"abc", Grow::Allowed, Zero::OnDrop).await.unwrap();
        let mut second = memory.alloc_async(&mut first, b"defg", Grow::Allowed, Zero::OnDrop).await.unwrap();
        let arguments = (second.to_i32().unwrap(), 4);
        assert_eq!(sum.call_async(&mut second, arguments).await.unwrap(), 406);
        let inner = second.segment();
        second.free_async().await.unwrap();
        // Its bytes become zero at once; the guest frees it later.
        let outer = first.segment();
        drop(first);
        [inner, outer]
    }));
    for Segment { address, len } in segments {
        assert!(memory.slice(&store, address, len).unwrap().iter().all(|byte| *byte == 0));
    }
    // The block that was freed last is the first to be reused.
    let next = block_on(memory.alloc_async(&mut store, b"hij", Grow::Allowed, Zero::OnDrop)).unwrap();
    assert_eq!(next.index(), segments[1].address);
    drop(next);
    assert!(memory.last_error().is_none());
}

#[test]
fn every_source_works_asynchronously() {
    for (name, functions) in SOURCES {
        let (mut store, instance, memory) = asynchronous(&waiting(functions));
        let sum = instance.get_typed_func::<(i32, i32), i32>(&mut store, "sum").unwrap();
        block_on(is_send(async {
            for _ in 0..200 {
                let first = memory.alloc_async(&mut store, &[3; 2000], Grow::Allowed, Zero::OnDrop).await;
                let mut first = first.unwrap();
                let arguments = (first.to_i32().unwrap(), 2000);
                assert_eq!(sum.call_async(&mut first, arguments).await.unwrap(), 6000, "{name}");
            }
            let owner = memory.alloc_detached_async(&mut store, b"kept", Grow::Allowed, Zero::OnDrop).await.unwrap();
            assert_eq!(owner.as_slice(&store).unwrap(), b"kept", "{name}");
            owner.free_async(&mut store).await.unwrap();
            memory.flush_async(&mut store).await;
        }));
        assert!(memory.size(&store) <= 3 * 65536, "{name} leaks");
        assert!(memory.take_errors().is_empty(), "{name}");
    }
}

#[test]
fn block_of_the_guest_is_adopted_and_freed() {
    let make = format!(
        r#"{MALLOC} (func (export "make") (result i32) (local $block i32)
  (local.set $block (call $take (i32.const 5)))
  (i32.store (local.get $block) (i32.const 0x64636261)) (i32.store8 offset=4 (local.get $block) (i32.const 0x65))
  (local.get $block))"#
    );
    let (mut store, instance, memory) = guest(&with_allocator(&make));
    let make = instance.get_typed_func::<(), i32>(&mut store, "make").unwrap();
    let mut addresses = Vec::new();
    for _ in 0..3 {
        let address = make.call(&mut store, ()).unwrap();
        let mut owner = memory.adopt(&mut store, Segment::new(address, 5), 1, Zero::OnDrop).unwrap();
        assert_eq!(owner.as_slice().unwrap(), b"abcde");
        let again = memory.adopt(&mut owner, Segment::new(address, 5), 1, Zero::OnDrop);
        assert!(matches!(again, Err(Error::BadBlock { .. })), "it has an owner");
        addresses.push(address);
    }
    assert!(addresses.iter().all(|address| *address == addresses[0]), "it was freed");
    let pages = memory.and_source(&mut store, &instance, &Source::Pages).unwrap();
    assert!(pages.adopt(&mut store, Segment::new(addresses[0], 5), 1, Zero::OnDrop).is_err());
}

#[test]
fn adopted_block_is_freed_asynchronously() {
    let make = format!("{WAITING} (export \"make\" (func $take))");
    let (mut store, instance, memory) = asynchronous(&waiting(&make));
    let make = instance.get_typed_func::<i32, i32>(&mut store, "make").unwrap();
    for _ in 0..2 {
        let address = block_on(make.call_async(&mut store, 5)).unwrap();
        let owner = memory.adopt_async(&mut store, Segment::new(address, 5), 1, Zero::OnDrop).unwrap();
        block_on(is_send(owner.free_async())).unwrap();
        let again = block_on(make.call_async(&mut store, 5)).unwrap();
        assert_eq!(again, address, "it was freed");
        drop(memory.adopt_async(&mut store, Segment::new(again, 5), 1, Zero::OnDrop).unwrap());
        block_on(memory.flush_async(&mut store));
    }
    assert!(memory.take_errors().is_empty());
}

/// The future of an allocation is dropped while the guest waits in its allocator.
#[test]
fn cancelled_allocation_leaves_no_region_open() {
    let exports = r#"
  (global $open (export "open") (mut i32) (i32.const 0))
  (global $waits (export "waits") (mut i32) (i32.const 1))
  (func (export "linmem_open") (result i32)
    (global.set $open (i32.add (global.get $open) (i32.const 1))) (global.get $open))
  (func (export "linmem_allocate") (param i32 i32 i32) (result i32)
    (if (global.get $waits) (then (global.set $waits (i32.const 0)) (call $wait)))
    (call $take (local.get 1)))
  (func (export "linmem_close") (param i32)
    (if (i32.ne (local.get 0) (global.get $open)) (then unreachable))
    (global.set $open (i32.sub (global.get $open) (i32.const 1))))"#;
    let (mut store, instance, memory) = asynchronous(&waiting(exports));
    assert_eq!(memory.source(), Source::Linmem);
    let open = instance.get_global(&mut store, "open").unwrap();
    {
        let mut future = std::pin::pin!(memory.alloc_async(&mut store, b"abc", Grow::Allowed, Zero::OnDrop));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(open.get(&mut store).unwrap_i32(), 1);
    let next = block_on(memory.alloc_async(&mut store, b"abc", Grow::Allowed, Zero::OnDrop)).unwrap();
    block_on(next.free_async()).unwrap();
    assert_eq!(open.get(&mut store).unwrap_i32(), 0, "both regions are closed");
    assert!(memory.take_errors().is_empty());
}

#[test]
fn block_whose_pin_fails_is_freed() {
    let exports = r#"
  (global $pins (export "pins") (mut i32) (i32.const 0))
  (func (export "__new") (param i32 i32) (result i32) (call $take (local.get 0)))
  (func (export "__pin") (param i32) (result i32)
    (global.set $pins (i32.add (global.get $pins) (i32.const 1)))
    (if (i32.eq (global.get $pins) (i32.const 1)) (then unreachable))
    (local.get 0))
  (func (export "__unpin") (param i32) (call $give (local.get 0)))"#;
    let (mut store, _, memory) = guest(&with_allocator(exports));
    let error = memory.alloc(&mut store, b"abc", Grow::Allowed, Zero::OnDrop).unwrap_err();
    assert!(matches!(&error, Error::Trapped { function, .. } if function == "__pin"), "{error}");
    let first = memory.alloc_detached(&mut store, b"abc", Grow::Allowed, Zero::OnDrop).unwrap();
    let second = memory.alloc_detached(&mut store, b"abc", Grow::Allowed, Zero::OnDrop).unwrap();
    assert!(first.segment().address < second.segment().address, "the first block was used again");
    assert_eq!(first.segment().address, 4096 + 16);
}

#[test]
fn caller_without_memory_is_named_as_such() {
    let engine = engine();
    let text = r#"(module (import "host" "find" (func $find)) (memory (export "other") 1)
  (func (export "free") (param i32)) (func (export "call") (call $find)))"#;
    let module = Module::new(&engine, assembled(text)).unwrap();
    let mut linker = Linker::new(&engine);
    let find = |mut caller: Caller<'_, ()>| {
        let error = GuestMemory::of_caller(&mut caller, None, &Source::Detect).unwrap_err();
        assert!(matches!(&error, Error::NoMemoryOfCaller { exports, .. } if exports == &["`free`"]), "{error}");
        let message = "the caller does not export a memory `memory`; of the names of allocators, it exports `free`";
        assert_eq!(error.to_string(), message);
    };
    linker.func_wrap("host", "find", find).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    instance.get_typed_func::<(), ()>(&mut store, "call").unwrap().call(&mut store, ()).unwrap();
}

/// Allocates in the memory of the caller, in a call of its allocator.
fn reenter(mut caller: Caller<'_, u32>) {
    *caller.data_mut() += 1;
    if *caller.data() > 3 {
        return;
    }
    let memory = GuestMemory::of_caller(&mut caller, None, &Source::Detect).unwrap();
    let allocation = memory.alloc(&mut caller, b"inner", Grow::Allowed, Zero::OnDrop).unwrap();
    assert_eq!(allocation.as_slice().unwrap(), b"inner");
    assert!(*allocation.as_context().data() > 3);
}

#[test]
fn allocator_can_call_the_host_which_allocates() {
    let engine = engine();
    let text = format!(
        r#"(module (import "host" "reenter" (func $reenter)) (memory (export "memory") 1) {ALLOCATOR}
  (func (export "malloc") (param i32) (result i32) (call $reenter) (call $take (local.get 0)))
  (func (export "free") (param i32) (call $reenter) (call $give (local.get 0))))"#
    );
    let module = Module::new(&engine, assembled(&text)).unwrap();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "reenter", reenter).unwrap();
    let mut store = Store::new(&engine, 0);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let memory = GuestMemory::new(&mut store, &instance, None).unwrap();
    let mut outer = memory.alloc(&mut store, b"outer", Grow::Allowed, Zero::OnDrop).unwrap();
    assert_eq!(outer.as_slice().unwrap(), b"outer");
    *outer.as_context_mut().data_mut() = 0;
    drop(outer);
    assert!(memory.take_errors().is_empty());
}
