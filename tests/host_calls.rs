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
        // The raw function is imported once, whoever asks.
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
                    f.set(size, |f: &mut FunctionBuilder<'_>| f.field(Field::FilestatSize, record));
                    f.put_field(Field::SubscriptionDescriptor, record, 77);
                    f.set(wanted, |f: &mut FunctionBuilder<'_>| f.field(Field::SubscriptionDescriptor, record));
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
        Err("f: wasi.filestat.set_size is not for programs to write".to_string())
    );
}
