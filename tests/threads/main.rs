//! Threads over one shared memory: each is an instance of the same module, with its own regions over its own chunks.
//!
//! `allocator/src/model/threads.rs` explores the orders in which instances can claim chunks. Here real threads run the code.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod initial;
#[path = "../support/mod.rs"]
mod support;

use linmem::{Config, Nesting, Representation, Safety, Zero};
use linmem_host::wasmtime::{Instance, MemoryType, Module, SharedMemory, Store};
use support::host::{compile, engine, violation};

/// The number of threads that have regions.
const THREADS: u32 = 8;

/// The regions of one thread are opened by this number of instances, one after another, so that memory keeps growing.
const INSTANCES: u32 = 50;

/// More instructions than an instance needs if no other thread writes to its chunks.
const FUEL: u64 = 1_000_000_000;

/// A file of this folder, linked.
fn linked(name: &str, representation: Representation, config: &Config) -> Vec<u8> {
    let text = std::fs::read_to_string(support::root().join("tests/threads").join(name)).unwrap();
    linmem::link(&support::parse(&text.replace("{seg}", &representation.to_string())), config).unwrap()
}

/// Calls an export of a new instance.
fn call(module: &Module, memory: &SharedMemory, name: &str, args: &[u32]) -> Result<u32, String> {
    let mut store = Store::new(engine(), ());
    store.set_fuel(FUEL).unwrap();
    let instance = Instance::new(&mut store, module, &[memory.clone().into()]).unwrap();
    let function = instance.get_func(&mut store, name).unwrap();
    let args: Vec<_> = args.iter().map(|arg| (*arg as i32).into()).collect();
    let mut results = [0.into()];
    function.call(&mut store, &args, &mut results).map_err(|error| format!("{error:?}"))?;
    Ok(results[0].unwrap_i32() as u32)
}

/// Runs the threads, each with this number of regions, beside a thread of the program that grows the memory, and a host that
/// does. Returns the final number of pages.
///
/// # Errors
///
/// If a thread traps, or finds that another one wrote to its memory.
fn run(module: &Module, rounds: u32, nests: bool, zeroed: bool) -> Result<u64, String> {
    let memory = SharedMemory::new(engine(), MemoryType::shared(1, 65536)).unwrap();
    let rounds = rounds / INSTANCES;
    let expect = |what: &str, found: Result<u32, String>| match found {
        Ok(0) => Ok(()),
        Ok(wrong) => Err(format!("{wrong} words of {what} were overwritten")),
        Err(error) => Err(format!("{what}: {error}")),
    };
    std::thread::scope(|scope| {
        let (memory, expect) = (&memory, &expect);
        let mut threads = Vec::new();
        for thread in 0..THREADS {
            threads.push(scope.spawn(move || {
                (0..INSTANCES).try_for_each(|instance| {
                    let seed = 1 + thread * INSTANCES + instance;
                    let args = [seed.wrapping_mul(0x9e37_79b1), rounds, nests.into(), zeroed.into()];
                    expect(&format!("thread {thread}"), call(module, memory, "work", &args))
                })
            }));
        }
        threads.push(scope.spawn(move || expect("the program", call(module, memory, "others", &[64]))));
        threads.push(scope.spawn(move || {
            for _ in 0..64 {
                let size = memory.size();
                let old = memory.grow(1).map_err(|error| error.to_string())?;
                assert!(old >= size);
                std::thread::yield_now();
            }
            Ok(())
        }));
        threads.into_iter().try_for_each(|thread| thread.join().unwrap())
    })?;
    Ok(memory.size())
}

#[test]
fn threads_keep_to_their_chunks() {
    for safety in [Safety::None, Safety::Temporal] {
        let module = compile(&linked("worker.wat", Representation::Packed, &Config::new().with_safety(safety)));
        let pages = run(&module, 10_000, true, false).unwrap_or_else(|error| panic!("{safety}: {error}"));
        assert!(pages > 1500, "the memory has only {pages} pages");
    }
}

#[test]
fn threads_keep_to_their_chunks_with_every_option() {
    for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
        for (number, (safety, nesting)) in support::levels(representation).into_iter().enumerate() {
            let zero = Zero::ALL[number % Zero::ALL.len()];
            let config = Config::new().with_safety(safety).with_nesting(nesting).with_zero(zero);
            let module = compile(&linked("worker.wat", representation, &config));
            let ran = run(&module, 1000, nesting != Nesting::Forbid, zero == Zero::Allocate);
            ran.unwrap_or_else(|error| panic!("{representation} {safety} {nesting} {zero}: {error}"));
        }
    }
}

/// A chunk that is derived from the size of the memory after `memory.grow`: another thread may have grown it in between.
#[test]
fn chunk_derived_from_the_size_is_overwritten() {
    // Between the two instructions, other threads have time to grow the memory.
    const CLAIM: &str = "(func $claim (param i32) (result i32) (local $i i32)
        (if (i32.eq (memory.grow (local.get 0)) (i32.const -1)) (then (return (i32.const -1))))
        (loop $spin
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $spin (i32.lt_u (local.get $i) (i32.const 100000))))
        (i32.sub (memory.size) (local.get 0)))";
    let printed = linmem::wat::print(&linked("worker.wat", Representation::Packed, &Config::new())).unwrap();
    let (before, own) = printed.split_once("(func $linmem.").unwrap();
    let changed = own.replace("memory.grow", "call $claim");
    assert_ne!(changed, own);
    let end = changed.rfind(')').unwrap();
    let text = format!("{before}(func $linmem.{}{CLAIM})", &changed[..end]);
    let module = compile(&support::parse(&text));
    // Whether a run finds it is a matter of chance; that none does is very unlikely.
    let found = (0..10).find_map(|_| run(&module, 2000, true, false).err());
    println!("{}", found.expect("the bug is not found"));
}

#[test]
fn threads_count_together() {
    const TIMES: u32 = 2000;
    for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
        for (safety, nesting) in support::levels(representation) {
            let config = Config::new().with_safety(safety).with_nesting(nesting);
            let module = compile(&linked("lock.wat", representation, &config));
            let memory = SharedMemory::new(engine(), MemoryType::shared(1, 65536)).unwrap();
            std::thread::scope(|scope| {
                let count = || call(&module, &memory, "count", &[TIMES]).unwrap();
                (0..THREADS).for_each(|_| drop(scope.spawn(count)));
            });
            for name in ["locked", "added"] {
                let found = call(&module, &memory, name, &[0]).unwrap();
                assert_eq!(found, THREADS * TIMES, "{name} {representation} {safety} {nesting}");
            }
        }
    }
}

#[test]
fn declared_types_of_shared_memories_are_kept() {
    for memory in [
        r#"(import "any module" "any name" (memory $m 2 9 shared))"#,
        r#"(import "env" "other" (memory $other 1)) (import "env" "memory" (memory $m 2 9 shared))"#,
        r#"(memory $m 2 9 shared)"#,
        r#"(memory $other 1) (memory $m 0 1 shared)"#,
    ] {
        let text = format!(
            r#"(module
              (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
              (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
              {memory} (export "the memory" (memory $m))
              (func (export "f") (result i64) (call $allocate (call $new) (i32.const 100000))))"#
        );
        let types = |module: &[u8]| {
            let printed = linmem::wat::print(module).unwrap();
            let lines = printed.lines().filter(|line| line.contains("(memory ")).map(str::to_string);
            lines.collect::<Vec<_>>()
        };
        let module = support::parse(&text);
        let linked = linmem::link(&module, &Config::new().with_memory("the memory".to_string())).unwrap();
        assert_eq!(types(&linked), types(&module));
    }
}

/// An instance uses a segment of another one, whose chunk is between its own free chunks. Only the owner knows whether the
/// segment was freed.
#[test]
fn segments_are_passed_between_instances() {
    let text = r#"(module
        (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
        (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
        (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
        (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
        (import "linmem" "MemorySegment.getAndAddInt" (func $getAndAdd (param i64 i32 i32) (result i32)))
        (import "env" "memory" (memory 1 1000 shared))
        (global $open (mut i32) (i32.const 0))
        (func (export "open") (param $bytes i32) (result i64)
          (global.set $open (call $new))
          (call $allocate (global.get $open) (local.get $bytes)))
        (func (export "close") (call $free (global.get $open)))
        (func (export "use") (param $s i64) (param $offset i32) (result i32)
          (call $setInt (local.get $s) (local.get $offset) (i32.const 7))
          (call $getAndAdd (local.get $s) (local.get $offset) (i32.const 1))))"#;
    for nesting in Nesting::ALL {
        let config = Config::new().with_safety(Safety::Temporal).with_nesting(*nesting);
        let module = compile(&linmem::link(&support::parse(text), &config).unwrap());
        let memory = SharedMemory::new(engine(), MemoryType::shared(1, 1000)).unwrap();
        let instance = || {
            let mut store = Store::new(engine(), ());
            store.set_fuel(FUEL).unwrap();
            let instance = Instance::new(&mut store, &module, &[memory.clone().into()]).unwrap();
            (store, instance)
        };
        let ((mut store, owner), (mut other_store, other)) = (instance(), instance());
        let open = |store: &mut Store<()>, instance: &Instance, bytes: i32| {
            instance.get_typed_func::<i32, i64>(&mut *store, "open").unwrap().call(store, bytes).unwrap()
        };
        let close = |store: &mut Store<()>, instance: &Instance| {
            instance.get_typed_func::<(), ()>(&mut *store, "close").unwrap().call(store, ()).unwrap();
        };
        let uses = |store: &mut Store<()>, instance: &Instance, segment: i64, offset: i32| {
            let function = instance.get_typed_func::<(i64, i32), i32>(&mut *store, "use").unwrap();
            function.call(store, (segment, offset)).map_err(|error| violation(&error))
        };
        open(&mut other_store, &other, 70_000);
        close(&mut other_store, &other);
        let segment = open(&mut store, &owner, 100_000);
        open(&mut other_store, &other, 500_000);
        close(&mut other_store, &other);
        for offset in [0, 4, 65_536, 99_996] {
            assert_eq!(uses(&mut store, &owner, segment, offset), Ok(7), "{nesting}");
            assert_eq!(uses(&mut other_store, &other, segment, offset), Ok(7), "{nesting}");
        }
        let outside = Err(Some("OutOfBounds".to_string()));
        assert_eq!(uses(&mut other_store, &other, segment, 99_997), outside, "{nesting}");
        close(&mut store, &owner);
        let freed = Err(Some("UseAfterFree".to_string()));
        assert_eq!(uses(&mut store, &owner, segment, 0), freed, "{nesting}");
        assert_eq!(uses(&mut other_store, &other, segment, 0), Ok(7), "{nesting}");
        // The segments of the other instance were freed, and it knows that.
        let own = open(&mut other_store, &other, 8);
        close(&mut other_store, &other);
        assert_eq!(uses(&mut other_store, &other, own, 0), freed, "{nesting}");
    }
}
