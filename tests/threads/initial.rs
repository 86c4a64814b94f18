//! Static data and data segments of a memory that the instances of a module share: the first one writes them, and those that
//! start at the same time wait until it has.

use crate::support::host::{compile, engine};
use crate::{FUEL, THREADS, call, support};
use linmem::{Base, Config, Init, Representation};
use linmem_host::wasmtime::{Instance, MemoryType, SharedMemory, Store};

/// The number of instances of each thread.
const INSTANCES: u32 = 300;

/// A module whose instances verify the contents of the memory when they start, and then change some of it.
fn text(representation: Representation) -> String {
    let large = "ab".repeat(30_000);
    format!(
        r#"(module
          (import "linmem:utf8" "{large}" (global $large {representation}))
          (import "linmem:hex" "01 02 00 03" (global $small {representation}))
          (import "linmem:reserve" "count 8" (global $count {representation}))
          (import "linmem" "MemorySegment.getInt" (func $getInt (param {representation} i32) (result i32)))
          (import "linmem" "MemorySegment.getByte" (func $getByte (param {representation} i32) (result i32)))
          (import "linmem" "MemorySegment.getAndAddInt"
            (func $getAndAdd (param {representation} i32 i32) (result i32)))
          (import "env" "memory" (memory 4 1000 shared))
          (data (i32.const 100) "ready")
          (global $wrong (mut i32) (i32.const 0))
          (func $check (param i32)
            (global.set $wrong (i32.add (global.get $wrong) (i32.eqz (local.get 0)))))
          (start $start)
          (func $start
            (call $check (i32.eq (call $getByte (global.get $large) (i32.const 0)) (i32.const 0x61)))
            (call $check (i32.eq (call $getByte (global.get $large) (i32.const 59999)) (i32.const 0x62)))
            (call $check (i32.eq (call $getInt (global.get $small) (i32.const 0)) (i32.const 0x03000201)))
            (call $check (i32.eq (i32.load8_u (i32.const 101)) (i32.const 0x65)))
            (drop (call $getAndAdd (global.get $count) (i32.const 0) (i32.const 1)))
            ;; Only the first instance finds an `r`.
            (drop (i32.atomic.rmw8.cmpxchg_u (i32.const 100) (i32.const 0x72) (i32.const 0x52))))
          (func (export "wrong") (result i32) (global.get $wrong))
          (func (export "first") (result i32) (i32.load8_u (i32.const 100)))
          (func (export "count") (result i32) (call $getInt (global.get $count) (i32.const 0))))"#
    )
}

/// The number of instances that were started, that found wrong bytes, and the first byte of the program's data.
fn run(module: &[u8]) -> (u32, u32, u32) {
    let module = compile(module);
    let memory = SharedMemory::new(engine(), MemoryType::shared(4, 1000)).unwrap();
    let start = |_| (0..INSTANCES).map(|_| call(&module, &memory, "wrong", &[]).unwrap()).sum::<u32>();
    let wrong = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || start(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let count = call(&module, &memory, "count", &[]).unwrap();
    (count, wrong, call(&module, &memory, "first", &[]).unwrap())
}

#[test]
fn first_instance_writes_the_memory() {
    for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
        let config = Config::new().with_base(Base::Address(0x10000));
        let linked = |init| linmem::link(text(representation).as_bytes(), &config.clone().with_init(init)).unwrap();
        let expected = THREADS * INSTANCES + 1;
        assert_eq!(run(&linked(Init::Passive)), (expected, 0, u32::from(b'R')), "{representation}");
        // The program's own active segment is written by every instance. The last one has not yet changed it when it starts.
        let (count, wrong, _) = run(&linked(Init::Auto));
        assert_eq!((count, wrong), (expected, 0), "{representation}");
    }
}

/// A module with other data at the same base must not use what the first one wrote.
#[test]
fn other_data_at_the_same_base_traps() {
    let memory = SharedMemory::new(engine(), MemoryType::shared(1, 10)).unwrap();
    let start = |text: &str, base: u32| {
        let text = format!(
            r#"(module
              (import "linmem:utf8" "{text}" (global $text i32))
              (import "env" "memory" (memory 1 10 shared))
              (func (export "first") (result i32) (i32.load8_u (global.get $text))))"#
        );
        let config = Config::new().with_base(Base::Address(base));
        let module = compile(&linmem::link(text.as_bytes(), &config).unwrap());
        let mut store = Store::new(engine(), ());
        store.set_fuel(FUEL).unwrap();
        let instance =
            Instance::new(&mut store, &module, &[memory.clone().into()]).map_err(|error| format!("{error:?}"))?;
        let first = instance.get_typed_func::<(), u32>(&mut store, "first").unwrap();
        first.call(&mut store, ()).map_err(|error| error.to_string())
    };
    assert_eq!(start("one", 1024), Ok(u32::from(b'o')));
    assert_eq!(start("one", 1024), Ok(u32::from(b'o')));
    for other in ["two", "on", "one more", "One"] {
        let error = start(other, 1024).unwrap_err();
        assert!(error.contains("linmem.start") && error.contains("unreachable"), "{error}");
    }
    assert_eq!(start("two", 2048), Ok(u32::from(b't')));
    assert_eq!(start("one", 1024), Ok(u32::from(b'o')));
}

/// The start function without the word that instances agree by.
#[test]
fn memory_that_each_instance_writes_loses_counts() {
    let config = Config::new().with_base(Base::Address(0x10000)).with_init(Init::Passive);
    let linked = linmem::link(text(Representation::Packed).as_bytes(), &config).unwrap();
    let printed = linmem::wat::print(&linked).unwrap();
    let (before, start) = printed.rsplit_once("i32.atomic.rmw.cmpxchg").unwrap();
    let module = support::parse(&format!("{before}i32.atomic.rmw.cmpxchg\n drop i32.const 0{start}"));
    let (count, ..) = run(&module);
    assert!(count < THREADS * INSTANCES, "{count}");
}

/// An instance whose program's data is not inside of the memory fails, and does not make others wait.
#[test]
fn segment_outside_of_the_memory_stops_no_other_instance() {
    let text = r#"(module
        (import "env" "memory" (memory 1 10 shared))
        (import "env" "at" (global $at i32))
        (data (i32.const 8) "a")
        (data (global.get $at) "bc")
        (func (export "get") (result i32) (i32.load8_u (i32.const 8))))"#;
    let config = Config::new().with_base(Base::Address(1024)).with_init(Init::Passive);
    let module = compile(&linmem::link(text.as_bytes(), &config).unwrap());
    let memory = SharedMemory::new(engine(), MemoryType::shared(1, 10)).unwrap();
    let start = |at: u32| {
        let mut store = Store::new(engine(), ());
        store.set_fuel(FUEL).unwrap();
        let immutable = linmem_host::wasmtime::Mutability::Const;
        let ty = linmem_host::wasmtime::GlobalType::new(linmem_host::wasmtime::ValType::I32, immutable);
        let global = linmem_host::wasmtime::Global::new(&mut store, ty, (at as i32).into()).unwrap();
        let instance = Instance::new(&mut store, &module, &[memory.clone().into(), global.into()])
            .map_err(|error| format!("{error:?}"))?;
        let get = instance.get_typed_func::<(), u32>(&mut store, "get").unwrap();
        get.call(&mut store, ()).map_err(|error| error.to_string())
    };
    for at in [65535, 65536, u32::MAX, u32::MAX - 1, 0x8000_0000] {
        let failed = start(at).unwrap_err();
        assert!(failed.contains("out of bounds memory access"), "{failed}");
    }
    assert_eq!(start(65534), Ok(u32::from(b'a')));
    // The others find that the memory is written.
    assert_eq!(start(65534), Ok(u32::from(b'a')));
}
