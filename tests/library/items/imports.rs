//! Imports of globals, memories, tables and tags.

use crate::items::{Building, building, byte_of, define, i32_global, memory, running, table};
use crate::support::host::{Running, State};
use crate::support::{host, levels};
use linmem::build::{FunctionBuilder, ModuleBuilder};
use linmem::wasm_encoder::{BlockType, Catch, ConstExpr, Instruction, MemoryType, RefType, ValType};
use linmem::{Access, Config, Error, Representation, Safety, Word};
use linmem_host::wasmtime::{self, FuncType as Signature, Global, Memory, Mutability, Ref, Table, Tag, TagType, Val};

#[test]
fn imported_globals_and_memories_precede_those_of_linmem() {
    for &representation in Representation::ALL {
        for (safety, nesting) in levels(representation) {
            let config = Config::new().with_safety(safety).with_nesting(nesting);
            let mut building = Building::new(&config, representation);
            let module = &mut building.module;
            let first = module.import_global("env", "first", i32_global(false)).unwrap();
            let input = module.import_memory("env", "input", memory(1)).unwrap();
            let second = module.import_global("env", "second", i32_global(true)).unwrap();
            let other = module.import_memory("env", "other", memory(1)).unwrap();
            let counter = module.global("counter", ValType::I32, true, &ConstExpr::global_get(first.0));
            let (own, scratch) = (module.segment_memory(), module.memory(memory(1)));
            assert_eq!([first.0, second.0], [0, 1]);
            assert_eq!([input.0, other.0, own.0, scratch.0], [0, 1, 2, 3]);
            for (name, global) in [("first", first), ("second", second), ("counter", counter)] {
                module.export(name, global);
            }
            for (name, memory) in [("input", input), ("scratch", scratch)] {
                module.export(name, memory);
            }
            let bytes = building.finish(|f| {
                f.region(|f, region| {
                    let segment = f.allocate(region, 8);
                    f.put(Access::Int, segment, 0, |f: &mut FunctionBuilder| {
                        f.instruction(&Instruction::GlobalGet(counter.0));
                    });
                    f.allocate_dynamic(region, 200_000);
                    f.push(16);
                    f.instruction(&byte_of(input.0));
                    f.get(Access::Int, segment, 0);
                    f.instruction(&Instruction::I32Add);
                    f.instruction(&Instruction::GlobalSet(second.0));
                    // It is the segment's memory that has grown.
                    f.instruction(&Instruction::MemorySize(own.0));
                    f.instruction(&Instruction::MemorySize(scratch.0));
                    f.instruction(&Instruction::I32GtU);
                    f.instruction(&Instruction::GlobalGet(second.0));
                    f.instruction(&Instruction::I32Mul);
                    f.return_();
                });
                f.instruction(&Instruction::Unreachable);
            });
            let bytes = bytes.unwrap_or_else(|error| panic!("{config:?}: {error}"));
            let mut running = running(&bytes, |store, linker| {
                let i32_type = |mutability| wasmtime::GlobalType::new(wasmtime::ValType::I32, mutability);
                let first = Global::new(&mut *store, i32_type(Mutability::Const), Val::I32(40)).unwrap();
                let second = Global::new(&mut *store, i32_type(Mutability::Var), Val::I32(0)).unwrap();
                let input = Memory::new(&mut *store, wasmtime::MemoryType::new(1, None)).unwrap();
                let other = Memory::new(&mut *store, wasmtime::MemoryType::new(1, None)).unwrap();
                input.write(&mut *store, 16, &[2]).unwrap();
                define(store, linker, "first", first);
                define(store, linker, "second", second);
                define(store, linker, "input", input);
                define(store, linker, "other", other);
            });
            assert_eq!(running.call("f", &[]).unwrap()[0].unwrap_i32(), 42, "{representation} {config:?}");
            let store = &mut running.store;
            let second = running.instance.get_global(&mut *store, "second").unwrap().get(&mut *store);
            assert_eq!(second.unwrap_i32(), 42);
            let input = running.instance.get_memory(&mut *store, "input").unwrap();
            assert_eq!((input.size(&*store), input.data(&*store)[16]), (1, 2));
            assert_eq!(input.data(&*store).iter().map(|byte| u32::from(*byte)).sum::<u32>(), 2);
        }
    }
}

#[test]
fn late_imports_are_errors_that_name_what_precedes_them() {
    let message = |prepare: fn(&mut ModuleBuilder), import: fn(&mut ModuleBuilder) -> Result<(), Error>| {
        let Building { mut module, result } = building();
        let f = module.declare_function("f", result);
        import(&mut module).expect("nothing is defined yet");
        prepare(&mut module);
        let message = import(&mut module).expect_err("it is late").to_string();
        // The module can still be finished.
        module.define_with(f, |f| f.push(0)).unwrap();
        module.finish().unwrap();
        message
    };
    let global = |module: &mut ModuleBuilder| module.import_global("env", "g", i32_global(true)).map(drop);
    let memory_ = |module: &mut ModuleBuilder| module.import_memory("env", "m", memory(1)).map(drop);
    let late = |name: &str| {
        format!(
            "env.{name} cannot be imported: a global or memory is already defined, or a function has a body; import \
             globals and memories first (in the module)"
        )
    };
    let defined_global = |module: &mut ModuleBuilder| {
        module.global("c", ValType::I32, true, &ConstExpr::i32_const(0));
    };
    assert_eq!(message(defined_global, global), late("g"));
    assert_eq!(message(defined_global, memory_), late("m"));
    let defined_memory = |module: &mut ModuleBuilder| {
        module.memory(memory(1));
    };
    assert_eq!(message(defined_memory, global), late("g"));
    let read_index = |module: &mut ModuleBuilder| {
        module.segment_memory();
    };
    assert_eq!(message(read_index, memory_), late("m"));
    let began = |module: &mut ModuleBuilder| drop(module.body(linmem::build::FunctionId(0)).unwrap());
    assert_eq!(message(began, global), late("g"));
    assert_eq!(message(began, memory_), late("m"));
    let define_table = |module: &mut ModuleBuilder| {
        module.table(&[]);
    };
    let import_table =
        |module: &mut ModuleBuilder| module.import_table("env", "t", table(RefType::FUNCREF, 1)).map(drop);
    assert_eq!(
        message(define_table, import_table),
        "env.t cannot be imported: a table is already defined; import tables first (in the module)"
    );
    let import_tag = |module: &mut ModuleBuilder| {
        let ty = module.function_type([ValType::I32], []);
        module.import_tag("env", "x", ty).map(drop)
    };
    let define_tag = |module: &mut ModuleBuilder| {
        let ty = module.function_type([ValType::I32], []);
        module.tag(ty);
    };
    assert_eq!(
        message(define_tag, import_tag),
        "env.x cannot be imported: a tag is already defined; import tags first (in the module)"
    );
}

#[test]
fn tables_and_tags_can_be_imported_while_functions_are_open() {
    let Building { mut module, result } = building();
    let f = module.declare_function("f", result);
    let mut body = module.body(f).unwrap();
    let nothing = module.function_type([], []);
    let tag = module.import_tag("env", "x", nothing).unwrap();
    let imported = module.import_table("env", "t", table(RefType::FUNCREF, 3)).unwrap();
    let own = module.tag(nothing);
    assert_eq!((tag.0, own.0), (0, 1));
    let block = body.begin_block(BlockType::Empty);
    body.instruction(&Instruction::TryTable(BlockType::Empty, vec![Catch::One { tag: tag.0, label: 0 }].into()));
    body.instruction(&Instruction::Throw(tag.0));
    body.end();
    body.br(block);
    body.end();
    body.instruction(&Instruction::TableSize(imported.0));
    module.define(body).unwrap();
    module.export("f", f);
    module.export("tag", own);
    module.export("imported tag", tag);
    module.export("table", imported);
    let bytes = module.finish().unwrap();
    let mut running = running(&bytes, |store, linker| {
        let ty = TagType::new(Signature::new(host::engine(), [], []));
        let tag = Tag::new(&mut *store, &ty).unwrap();
        let ty = wasmtime::TableType::new(wasmtime::RefType::FUNCREF, 3, None);
        let table = Table::new(&mut *store, ty, Ref::Func(None)).unwrap();
        define(store, linker, "x", tag);
        define(store, linker, "t", table);
    });
    assert_eq!(running.call("f", &[]).unwrap()[0].unwrap_i32(), 3);
    assert!(running.instance.get_tag(&mut running.store, "tag").is_some());
    assert!(running.instance.get_tag(&mut running.store, "imported tag").is_some());
    assert_eq!(running.instance.get_table(&mut running.store, "table").unwrap().size(&running.store), 3);
}

#[test]
fn segments_can_be_in_an_imported_memory() {
    for shared in [false, true] {
        for config in [Config::new(), Config::new().with_safety(Safety::Temporal)] {
            let ty = MemoryType { minimum: 2, maximum: Some(100), memory64: false, shared, page_size_log2: None };
            let mut module = ModuleBuilder::new(&config, Representation::Packed).unwrap();
            let memory = module.import_segment_memory("env", "memory", ty).unwrap();
            assert_eq!(
                module.import_segment_memory("env", "other", ty).map_err(|error| error.to_string()).err(),
                Some(
                    "env.other cannot be imported: segments are in a memory that the module imports (in the module)"
                        .to_string()
                )
            );
            assert_eq!(module.segment_memory(), memory);
            let result = module.function_type([], [ValType::I32]);
            let f = module
                .function("f", result, |f| {
                    f.region(|f, region| {
                        let segment = f.allocate_dynamic(region, 70_000);
                        f.put(Access::Int, segment, 69_996, 7);
                        f.get_and_add(Word::Int, segment, 69_996, 1);
                        f.get(Access::Int, segment, 69_996);
                        f.instruction(&Instruction::I32Mul);
                        f.instruction(&Instruction::MemorySize(memory.0));
                        f.instruction(&Instruction::I32Add);
                        f.return_();
                    });
                    f.instruction(&Instruction::Unreachable);
                })
                .unwrap();
            module.export("f", f);
            // The bytes of the imported memory that linmem did not grow belong to the frontend.
            module.active_data(memory, &ConstExpr::i32_const(2000), b"data");
            let mut running = Running::new(&module.finish().unwrap(), State::default());
            // 7 * 8, and the two pages of the memory and at least two of linmem.
            assert_eq!(running.call("f", &[]).unwrap()[0].unwrap_i32(), 56 + 4, "{config:?}");
        }
    }
}
