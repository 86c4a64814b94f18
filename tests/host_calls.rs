//! Host calls through the library door.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::build::{FunctionBuilder, ModuleBuilder, OnStack};
use linmem::wasi::{Field, Function};
use linmem::wasm_encoder::{Instruction, ValType};
use linmem::{Config, Representation};
use support::host::{Running, State};

#[test]
fn files_are_read_and_written_through_builders() {
    for representation in
        [Representation::Address, Representation::Packed, Representation::ALL[2], Representation::ALL[7]]
    {
        let mut module = ModuleBuilder::new(&Config::default(), representation).unwrap();
        // The raw function is imported only once.
        let raw = module.import_wasi(Function::SchedYield);
        assert_eq!(module.import_wasi(Function::SchedYield), raw);
        let ty = module.function_type([], [ValType::I32; 3]);
        let f = module
            .function("copy", ty, |f| {
                let (errno, count) = (f.local(ValType::I32), f.local(ValType::I32));
                let yielded = f.local(ValType::I32);
                f.region(|f, region| {
                    let all = f.read_to_end(region, 0);
                    f.set(errno, OnStack);
                    f.write_all(1, all);
                    f.instruction(&Instruction::Drop);
                    let rest = f.allocate(region, 8);
                    f.read_exact(0, rest);
                    f.set(count, OnStack);
                    f.instruction(&Instruction::Drop);
                    let list = f.args(region);
                    f.instruction(&Instruction::Drop);
                    f.field(Field::ListCount, list);
                    f.instruction(&Instruction::Call(raw.0));
                    f.instruction(&Instruction::I32Add);
                    f.set(yielded, OnStack);
                });
                f.push(errno);
                f.push(count);
                f.push(yielded);
            })
            .unwrap();
        module.export("copy", f);
        let ty = module.function_type([], [ValType::I64, ValType::I32]);
        let f = module
            .function("record", ty, |f| {
                let (size, wanted) = (f.local(ValType::I64), f.local(ValType::I32));
                f.region(|f, region| {
                    let record = f.allocate(region, 64);
                    f.push(1);
                    f.push(record);
                    f.wasi(Function::FdFilestatGet);
                    f.instruction(&Instruction::Drop);
                    f.set(size, |f: &mut FunctionBuilder| f.field(Field::FilestatSize, record));
                    f.put_field(Field::SubscriptionDescriptor, record, 77);
                    f.set(wanted, |f: &mut FunctionBuilder| f.field(Field::SubscriptionDescriptor, record));
                });
                f.push(size);
                f.push(wanted);
            })
            .unwrap();
        module.export("record", f);
        let bytes = module.finish().unwrap();
        let input: Vec<u8> = (0..10_000u32).map(|index| (index % 251) as u8).collect();
        let state = State { input: input.clone(), transfer: 37, errnos: vec![27, 6], ..State::default() };
        let mut running = Running::new(&bytes, state);
        let results: Vec<i32> = running.call("copy", &[]).unwrap().iter().map(|value| value.unwrap_i32()).collect();
        assert_eq!(results, [0, 0, 0], "{representation}");
        assert_eq!(running.store.data().output, input, "{representation}");
        let results = running.call("record", &[]).unwrap();
        assert_eq!((results[0].unwrap_i64(), results[1].unwrap_i32()), (0, 77), "{representation}");
    }
    let mut module = ModuleBuilder::new(&Config::default(), Representation::Packed).unwrap();
    let ty = module.function_type([], []);
    let written = module.function("f", ty, |f| {
        f.region(|f, region| {
            let record = f.allocate(region, 64);
            f.put_field(Field::FilestatSize, record, 1i64);
        });
    });
    assert_eq!(
        written.map(|_| ()).map_err(|error| error.to_string()),
        Err("wasi.filestat.set_size does not exist: the field is read-only (in f, operation 3)".to_string())
    );
}

/// A host that interrupts each call once, and that calls back into the program before it writes the name of its directory.
fn interrupted(engine: &linmem_host::wasmtime::Engine) -> linmem_host::wasmtime::Linker<Vec<&'static str>> {
    use linmem_host::wasmtime::{Caller, Extern, Linker};
    const INTR: i32 = 27;
    type Host<'a> = Caller<'a, Vec<&'static str>>;
    fn first(caller: &mut Host<'_>, name: &'static str) -> bool {
        let is_first = !caller.data().contains(&name);
        caller.data_mut().push(name);
        is_first
    }
    fn write(caller: &mut Host<'_>, address: i32, bytes: &[u8]) {
        let Some(Extern::Memory(memory)) = caller.get_export("memory") else { panic!("no memory") };
        memory.write(caller, address as usize, bytes).unwrap();
    }
    let mut linker = Linker::new(engine);
    let wasi = "wasi_snapshot_preview1";
    linker
        .func_wrap(wasi, "fd_prestat_get", |mut caller: Host<'_>, fd: i32, to: i32| {
            if first(&mut caller, "fd_prestat_get") {
                return INTR;
            }
            write(&mut caller, to, &[0, 0, 0, 0, 1, 0, 0, 0]);
            if fd == 3 { 0 } else { 8 }
        })
        .unwrap()
        .func_wrap(wasi, "fd_prestat_dir_name", |mut caller: Host<'_>, _: i32, to: i32, _: i32| {
            if first(&mut caller, "fd_prestat_dir_name") {
                return INTR;
            }
            let Some(Extern::Func(callback)) = caller.get_export("callback") else { panic!("no callback") };
            callback.typed::<(), ()>(&caller).unwrap().call(&mut caller, ()).unwrap();
            write(&mut caller, to, b"/");
            0
        })
        .unwrap()
        .func_wrap(wasi, "fd_fdstat_get", |mut caller: Host<'_>, _: i32, to: i32| {
            if first(&mut caller, "fd_fdstat_get") {
                return INTR;
            }
            write(&mut caller, to, &[0xff; 24]);
            0
        })
        .unwrap()
        .func_wrap(
            wasi,
            "path_open",
            |mut caller: Host<'_>, fd: i32, _: i32, _: i32, _: i32, _: i32, rights: i64, _: i64, _: i32, to: i32| {
                if first(&mut caller, "path_open") {
                    return INTR;
                }
                // The rights include reading, but not writing.
                assert_eq!((fd, rights & 2, rights & 64), (3, 2, 0));
                write(&mut caller, to, &[9, 0, 0, 0]);
                0
            },
        )
        .unwrap();
    linker
}

#[test]
fn path_opens_despite_interrupts_and_callbacks() {
    use linmem_host::wasmtime::{Module, Store};
    let text = r#"(module
      (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
      (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
      (import "linmem" "MemorySegment.setLong" (func $setLong (param i64 i32 i64)))
      (import "linmem" "MemorySegment.getLong" (func $getLong (param i64 i32) (result i64)))
      (import "linmem" "wasi.open" (func $open (param i64 i32) (result i32 i32)))
      (global $region (mut i32) (i32.const 0))
      (global $made (mut i64) (i64.const 0))
      (global $bytes (mut i32) (i32.const 16))
      (func (export "callback")
        (global.set $made (call $allocate (global.get $region) (global.get $bytes)))
        (call $setLong (global.get $made) (i32.const 8) (i64.const 0x12345678)))
      (func (export "run") (result i32 i32 i64) (local $path i64) (local $errno i32) (local $fd i32)
        (global.set $region (call $new))
        (local.set $path (call $allocate (global.get $region) (i32.const 8)))
        (call $setLong (local.get $path) (i32.const 0) (i64.const 0x6161616161616161))
        (call $open (local.get $path) (i32.const 0))
        (local.set $fd) (local.set $errno)
        (call $setLong (call $allocate (global.get $region) (global.get $bytes)) (i32.const 8) (i64.const -1))
        (local.get $errno) (local.get $fd) (call $getLong (global.get $made) (i32.const 8))))"#;
    for safety in linmem::Safety::ALL {
        let config = Config::new().with_safety(*safety);
        let module = Module::new(support::host::engine(), linmem::link(text.as_bytes(), &config).unwrap()).unwrap();
        let mut store = Store::new(support::host::engine(), Vec::new());
        store.set_fuel(1_000_000).unwrap();
        let instance = interrupted(support::host::engine()).instantiate(&mut store, &module).unwrap();
        let run = instance.get_typed_func::<(), (i32, i32, i64)>(&mut store, "run").unwrap();
        assert_eq!(run.call(&mut store, ()).unwrap(), (0, 9, 0x1234_5678), "{safety}");
    }
}
