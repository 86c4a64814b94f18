//! A module that has every kind of item.

use crate::items::{FUNC, byte_of, closure_types, define, i32_global, memory, reference, running, table};
use crate::support::host::State;
use crate::support::{goldens, host};
use linmem::build::{Elements, FunctionBuilder, ModuleBuilder, Position};
use linmem::wasm_encoder::{BlockType, Catch, ConstExpr, Instruction, RefType, ValType};
use linmem::{Access, Base, Config, Representation};
use linmem_host::wasmtime::{
    self, Func, FuncType as Signature, Global, Memory, Mutability, Ref, Table, Tag, TagType, Val,
};

/// A module that has every kind of item.
pub(crate) fn everything() -> Vec<u8> {
    let config = Config::new().with_base(Base::Address(64));
    let mut module = ModuleBuilder::new(&config, Representation::Packed).unwrap();
    let [closure, code] = closure_types(&mut module);
    let [to_i32, from_i32, from_to] =
        [(vec![], vec![ValType::I32]), (vec![ValType::I32], vec![]), (vec![ValType::I32], vec![ValType::I32])]
            .map(|(params, results)| module.function_type(params, results));

    let step = module.import_global("env", "step", i32_global(false)).unwrap();
    let input = module.import_memory("env", "input", memory(1)).unwrap();
    let callbacks = module.import_table("env", "callbacks", table(RefType::FUNCREF, 2)).unwrap();
    let failure = module.import_tag("env", "failure", from_i32).unwrap();
    let log = module.import_function("env", "log", from_i32);

    let counter = module.global("counter", ValType::I32, true, &ConstExpr::global_get(step.0));
    let scratch = module.memory(memory(1));
    let other = module.tag(from_i32);
    let apply = module.function("apply", code, |f| {
        let closure_ = f.param(0);
        f.name_local(closure_, "self");
        f.push(closure_);
        f.instruction(&Instruction::StructGet { struct_type_index: closure.0, field_index: 1 });
    });
    let [apply, five] = [apply, module.function("five", to_i32, |f| f.push(5))].map(Result::unwrap);
    let full = module.table_with(table(FUNC, 2), Some(&ConstExpr::ref_func(five.0)));
    let fives = module.table(&[five]);
    module.active_elements(callbacks, &ConstExpr::global_get(step.0), Elements::Functions(&[five]));
    let passive = module.passive_elements(Elements::Expressions(RefType::FUNCREF, &[ConstExpr::ref_func(five.0)]));
    module.declared_elements(Elements::Functions(&[apply]));
    let own = module.segment_memory();
    module.active_data(scratch, &ConstExpr::i32_const(0), b"scratch");
    module.active_data(own, &ConstExpr::i32_const(8), b"reserved");
    let text = module.passive_data(b"passive");
    module.custom_section("dylink.0", b"", Position::First).unwrap();
    module.custom_section("version", b"1", Position::Last).unwrap();
    module.name(scratch, "scratch");
    module.name(full, "full");
    module.name(fives, "fives");
    module.name(other, "other");
    module.name(passive, "passive");
    module.name(text, "text");
    module.name(code, "code");

    let f = module.function("f", from_to, |f| {
        let (argument, sum, bound) = (f.param(0), f.local(ValType::I32), f.local(reference(closure, false)));
        f.name_local(argument, "argument");
        f.name_local(sum, "sum");
        f.name_local(bound, "bound");
        let add = |f: &mut FunctionBuilder| {
            f.push(sum);
            f.instruction(&Instruction::I32Add);
            f.instruction(&Instruction::LocalSet(sum.index()));
        };
        f.region(|f, region| {
            let segment = f.allocate(region, 8);
            f.put(Access::Int, segment, 0, argument);
            f.write_all(1, segment);
            f.drop();
            f.get(Access::Int, segment, 0);
            add(f);
        });
        // The second byte of "passive" is 97.
        f.push(16);
        f.push(1);
        f.push(1);
        f.instruction(&Instruction::MemoryInit { mem: scratch.0, data_index: text.0 });
        for (memory, address) in [(scratch, 16), (scratch, 0), (own, 8), (input, 0)] {
            f.push(address);
            f.instruction(&byte_of(memory.0));
            add(f);
        }
        f.push(0);
        f.push(0);
        f.push(1);
        f.instruction(&Instruction::TableInit { elem_index: passive.0, table: callbacks.0 });
        for (table_index, position) in [(callbacks.0, 0), (callbacks.0, 1), (full.0, 1), (fives.0, 0)] {
            f.push(position);
            f.instruction(&Instruction::CallIndirect { type_index: to_i32.0, table_index });
            add(f);
        }
        f.instruction(&Instruction::RefFunc(apply.0));
        f.instruction(&Instruction::GlobalGet(counter.0));
        f.instruction(&Instruction::StructNew(closure.0));
        f.instruction(&Instruction::LocalTee(bound.index()));
        f.push(bound);
        f.instruction(&Instruction::StructGet { struct_type_index: closure.0, field_index: 0 });
        f.instruction(&Instruction::CallRef(code.0));
        add(f);
        f.begin_block(BlockType::Result(ValType::I32));
        let catches = [failure, other].map(|tag| Catch::One { tag: tag.0, label: 0 }).to_vec();
        f.instruction(&Instruction::TryTable(BlockType::Empty, catches.into()));
        f.push(1000);
        f.instruction(&Instruction::Throw(failure.0));
        f.end();
        f.push(0);
        f.end();
        add(f);
        f.push(sum);
        f.call(log);
        f.push(sum);
    });
    let f = f.unwrap();
    module.export("f", f);
    module.export("counter", counter);
    module.export("scratch", scratch);
    module.export("full", full);
    module.export("other", other);
    module.finish().unwrap()
}

#[test]
fn module_with_every_item_runs_and_matches_golden() {
    let bytes = everything();
    let mut running = running(&bytes, |store, linker| {
        let ty = wasmtime::GlobalType::new(wasmtime::ValType::I32, Mutability::Const);
        let step = Global::new(&mut *store, ty, Val::I32(1)).unwrap();
        let input = Memory::new(&mut *store, wasmtime::MemoryType::new(1, None)).unwrap();
        input.write(&mut *store, 0, &[3]).unwrap();
        let ty = wasmtime::TableType::new(wasmtime::RefType::FUNCREF, 2, None);
        let callbacks = Table::new(&mut *store, ty, Ref::Func(None)).unwrap();
        let signature = Signature::new(host::engine(), [wasmtime::ValType::I32], []);
        let failure = Tag::new(&mut *store, &TagType::new(signature)).unwrap();
        let log = Func::wrap(&mut *store, |mut caller: wasmtime::Caller<'_, State>, value: i32| {
            caller.data_mut().log.push(value.into());
        });
        define(store, linker, "step", step);
        define(store, linker, "input", input);
        define(store, linker, "callbacks", callbacks);
        define(store, linker, "failure", failure);
        define(store, linker, "log", log);
    });
    // The argument, the bytes "a", "s", "r" and 3, four fives, the captured counter, and the exception's value.
    let sum = 10_000 + 97 + 115 + 114 + 3 + 4 * 5 + 1 + 1000;
    assert_eq!(running.call("f", &[Val::I32(10_000)]).unwrap()[0].unwrap_i32(), sum);
    assert_eq!(running.store.data().log, [i64::from(sum)]);
    let _guard = goldens("library");
    let printer = linmem::wat::Printer::new().with_helpers(false);
    insta::assert_snapshot!("everything", printer.print(&bytes).unwrap());
}
