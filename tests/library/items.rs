//! The items of a module other than functions: imports, definitions, exports, segments, names and custom sections. Each is
//! built, validated and run.

use crate::support::host::State;
use crate::support::{goldens, host, levels};
use linmem::build::{Elements, FunctionBuilder, ModuleBuilder, Position, TypeId};
use linmem::wasm_encoder::{
    BlockType, Catch, CompositeInnerType, CompositeType, ConstExpr, FieldType, FuncType, GlobalType, HeapType,
    Instruction, MemArg, MemoryType, RefType, StorageType, StructType, SubType, TableType, ValType,
};
use linmem::{Access, Base, Config, Error, Representation};
use linmem_host::wasmtime::{
    self, Extern, Func, FuncType as Signature, Global, Linker, Memory, Mutability, Ref, Table, Tag, TagType, Val,
};

const FUNC: RefType = RefType { nullable: false, heap_type: HeapType::FUNC };

fn i32_global(mutable: bool) -> GlobalType {
    GlobalType { val_type: ValType::I32, mutable, shared: false }
}

fn memory(minimum: u64) -> MemoryType {
    MemoryType { minimum, maximum: None, memory64: false, shared: false, page_size_log2: None }
}

fn table(element_type: RefType, minimum: u64) -> TableType {
    TableType { element_type, table64: false, minimum, maximum: None, shared: false }
}

fn byte_of(memory: u32) -> Instruction<'static> {
    Instruction::I32Load8U(MemArg { offset: 0, align: 0, memory_index: memory })
}

/// A module with an export `f: () -> i32`, which `code` defines.
struct Building {
    module: ModuleBuilder,
    result: TypeId,
}

impl Building {
    fn new(config: &Config, representation: Representation) -> Building {
        let mut module = ModuleBuilder::new(config, representation).unwrap();
        let result = module.function_type([], [ValType::I32]);
        Building { module, result }
    }

    /// Defines `f`, and finishes the module.
    fn finish(mut self, code: impl FnOnce(&mut FunctionBuilder)) -> Result<Vec<u8>, Error> {
        let f = self.module.function("f", self.result, code)?;
        self.module.export("f", f);
        self.module.finish()
    }
}

fn building() -> Building {
    Building::new(&Config::default(), Representation::Packed)
}

/// A module that runs, with the imports that `define` gives to it.
fn running(bytes: &[u8], define: impl FnOnce(&mut wasmtime::Store<State>, &mut Linker<State>)) -> host::Running {
    let mut store = wasmtime::Store::new(host::engine(), State::default());
    store.set_fuel(u64::MAX / 2).unwrap();
    let mut linker = Linker::new(host::engine());
    // They fail, which ends `write_all`.
    for name in ["fd_write", "poll_oneoff"] {
        let fails = |_: i32, _: i32, _: i32, _: i32| 8;
        linker.func_wrap("wasi_snapshot_preview1", name, fails).unwrap();
    }
    define(&mut store, &mut linker);
    let instance = linker.instantiate(&mut store, &host::compile(bytes)).unwrap();
    host::Running { store, instance }
}

/// The result of `f`.
fn result(bytes: &[u8]) -> i32 {
    running(bytes, |_, _| {}).call("f", &[]).unwrap()[0].unwrap_i32()
}

fn define(store: &wasmtime::Store<State>, linker: &mut Linker<State>, name: &str, item: impl Into<Extern>) {
    linker.define(store, "env", name, item).unwrap();
}

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

/// A host call in `f` gives linmem an import of its own, which moves the indices of all functions.
#[test]
fn constant_expressions_refer_to_functions_by_number() {
    let Building { mut module, result: ty } = building();
    let f = module.declare_function("f", ty);
    let [one, two, four, eight] = [1, 2, 4, 8].map(|number| {
        let name = format!("give {number}");
        module.function(&name, ty, |f| f.push(number)).unwrap()
    });
    let function = ValType::Ref(RefType { nullable: false, heap_type: HeapType::Concrete(ty.0) });
    let global = module.global("one", function, false, &ConstExpr::ref_func(one.0));
    let full = module.table_with(table(FUNC, 2), Some(&ConstExpr::ref_func(two.0)));
    let sparse = module.table_with(table(RefType::FUNCREF, 4), None);
    let offset = ConstExpr::i32_const(3);
    module.active_elements(sparse, &offset, Elements::Expressions(FUNC, &[ConstExpr::ref_func(four.0)]));
    let passive = module.passive_elements(Elements::Functions(&[one, eight]));
    module
        .define_with(f, |f| {
            f.region(|f, region| {
                let segment = f.allocate(region, 1);
                f.write_all(1, segment);
                f.drop();
            });
            f.push(0);
            f.push(1);
            f.push(1);
            f.instruction(&Instruction::TableInit { elem_index: passive.0, table: sparse.0 });
            f.instruction(&Instruction::ElemDrop(passive.0));
            f.instruction(&Instruction::GlobalGet(global.0));
            f.instruction(&Instruction::CallRef(ty.0));
            for (table_index, position) in [(full.0, 1), (sparse.0, 3), (sparse.0, 0)] {
                f.push(position);
                f.instruction(&Instruction::CallIndirect { type_index: ty.0, table_index });
                f.instruction(&Instruction::I32Add);
            }
        })
        .unwrap();
    module.export("f", f);
    module.export("full", full);
    let bytes = module.finish().unwrap();
    assert_eq!(result(&bytes), 15);
}

#[test]
fn declared_elements_allow_references_to_functions() {
    for declares in [true, false] {
        let Building { mut module, result: ty } = building();
        let one = module.function("one", ty, |f| f.push(1)).unwrap();
        if declares {
            module.declared_elements(Elements::Functions(&[one]));
        }
        let bytes = Building { module, result: ty }.finish(|f| {
            f.instruction(&Instruction::RefFunc(one.0));
            f.instruction(&Instruction::CallRef(ty.0));
        });
        match bytes {
            Ok(bytes) => assert!(declares && result(&bytes) == 1),
            Err(error) => assert!(!declares && error.to_string().contains("undeclared"), "{error}"),
        }
    }
}

#[test]
fn data_segments_initialize_memories() {
    let config = Config::new().with_base(Base::Address(64));
    let mut building = Building::new(&config, Representation::Packed);
    let module = &mut building.module;
    let own = module.segment_memory();
    let scratch = module.memory(memory(1));
    module.active_data(scratch, &ConstExpr::i32_const(100), &[1]);
    module.active_data(own, &ConstExpr::i32_const(60), &[0, 0, 0, 2]);
    let passive = module.passive_data(&[9, 4, 9]);
    let bytes = building.finish(|f| {
        f.push(200);
        f.push(1);
        f.push(1);
        f.instruction(&Instruction::MemoryInit { mem: scratch.0, data_index: passive.0 });
        f.instruction(&Instruction::DataDrop(passive.0));
        f.region(|f, region| {
            let segment = f.allocate(region, 1);
            f.put(Access::Byte, segment, 0, 8);
            f.get(Access::Byte, segment, 0);
            for (memory, address) in [(scratch, 100), (own, 63), (scratch, 200)] {
                f.push(address);
                f.instruction(&byte_of(memory.0));
                f.instruction(&Instruction::I32Add);
            }
            f.return_();
        });
        f.instruction(&Instruction::Unreachable);
    });
    assert_eq!(result(&bytes.unwrap()), 15);
}

#[test]
fn active_data_cannot_overwrite_memory_of_linmem() {
    let message = |base: Option<u32>, offset: ConstExpr, bytes: &[u8]| {
        let config = base.map_or(Config::new(), |base| Config::new().with_base(Base::Address(base)));
        let mut building = Building::new(&config, Representation::Packed);
        let own = building.module.segment_memory();
        building.module.active_data(own, &offset, bytes);
        building.finish(|f| f.push(0)).map_or_else(|error| error.to_string(), |_| "(no error)".to_string())
    };
    assert_eq!(message(Some(64), ConstExpr::i32_const(32), &[1; 32]), "(no error)");
    assert_eq!(
        message(Some(64), ConstExpr::i32_const(33), &[1; 32]),
        "data segment 0 is at 33..65, but only the bytes below 64 of the memory that segments are in belong to the \
         frontend; `base` in the configuration reserves more (in the module)"
    );
    let at_end = message(None, ConstExpr::i32_const(-1), &[1; 1]);
    assert!(at_end.contains("is at 4294967295..4294967296, but only the bytes below 8"), "{at_end}");
    let computed = message(Some(64), ConstExpr::i32_const(1).with_i32_const(1).with_i32_add(), &[1]);
    assert!(computed.contains("has an offset that is not a constant"), "{computed}");
}

#[test]
fn custom_sections_are_first_or_last() {
    let mut building = building();
    let module = &mut building.module;
    module.custom_section("last", b"1", Position::Last).unwrap();
    module.custom_section("first", b"2", Position::First).unwrap();
    module.custom_section("last", b"3", Position::Last).unwrap();
    for name in ["name", "linmem.sites"] {
        let error = module.custom_section(name, b"", Position::Last).expect_err("linmem writes it").to_string();
        assert_eq!(error, format!("the custom section `{name}` cannot be added: linmem writes it (in the module)"));
    }
    let bytes = building.finish(|f| f.push(5)).unwrap();
    assert_eq!(result(&bytes), 5);
    let mut found = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(&bytes) {
        match payload.unwrap() {
            wasmparser::Payload::CustomSection(section) => {
                found.push(format!("{} {}", section.name(), String::from_utf8_lossy(section.data()).len()));
            }
            wasmparser::Payload::TypeSection(_) => found.push("types".to_string()),
            wasmparser::Payload::CodeSectionStart { .. } => found.push("code".to_string()),
            _ => {}
        }
    }
    let names = found[3].clone();
    assert_eq!(found, ["first 1", "types", "code", &names, "last 1", "last 1"]);
    assert!(names.starts_with("name "));
}

fn subtype(inner: CompositeInnerType) -> SubType {
    let composite_type = CompositeType { inner, shared: false, descriptor: None, describes: None };
    SubType { is_final: true, supertype_idx: None, composite_type }
}

fn reference(ty: TypeId, nullable: bool) -> ValType {
    ValType::Ref(RefType { nullable, heap_type: HeapType::Concrete(ty.0) })
}

/// Closures, and the functions that they call.
fn closure_types(module: &mut ModuleBuilder) -> [TypeId; 2] {
    let types = module.recursion_group_with(2, |ids| {
        let [closure, function] = [ids[0], ids[1]];
        let field = |ty| FieldType { element_type: StorageType::Val(ty), mutable: false };
        let fields = [field(reference(function, false)), field(ValType::I32)].into();
        let function = FuncType::new([reference(closure, false)], [ValType::I32]);
        [subtype(CompositeInnerType::Struct(StructType { fields })), subtype(CompositeInnerType::Func(function))]
    });
    let types = types.unwrap();
    module.name(types[0], "closure");
    module.name_field(types[0], 0, "code");
    module.name_field(types[0], 1, "captured");
    [types[0], types[1]]
}

#[test]
fn types_of_a_group_can_refer_to_each_other() {
    for &representation in Representation::ALL {
        let mut building = Building::new(&Config::default(), representation);
        let [closure, function] = closure_types(&mut building.module);
        let apply = building.module.function("apply", function, |f| {
            f.push(f.param(0));
            f.instruction(&Instruction::StructGet { struct_type_index: closure.0, field_index: 1 });
        });
        let apply = apply.unwrap();
        building.module.reference(apply);
        let after = building.module.function_type([ValType::F64], []);
        assert_eq!(after.0, function.0 + 1);
        let bytes = building.finish(|f| {
            let local = f.local(reference(closure, false));
            f.instruction(&Instruction::RefFunc(apply.0));
            f.push(7);
            f.instruction(&Instruction::StructNew(closure.0));
            f.instruction(&Instruction::LocalTee(local.index()));
            f.push(local);
            f.instruction(&Instruction::StructGet { struct_type_index: closure.0, field_index: 0 });
            f.instruction(&Instruction::CallRef(function.0));
        });
        assert_eq!(result(&bytes.unwrap()), 7, "{representation}");
    }
}

#[test]
fn group_with_another_number_of_types_is_an_error() {
    let mut building = building();
    let error = building.module.recursion_group_with(2, |ids| {
        assert_eq!(ids.len(), 2);
        [subtype(CompositeInnerType::Struct(StructType { fields: Box::new([]) }))]
    });
    let error = error.expect_err("there is one type").to_string();
    assert_eq!(error, "a recursion group of 2 types has 1 (in the module)");
    let error = building.module.recursion_group_with(u32::MAX, |_| Vec::new()).expect_err("there are too many");
    let error = error.to_string();
    assert!(error.starts_with("a recursion group of 4294967295 types exceeds the 1000000 types"), "{error}");
    let next = building.module.function_type([ValType::F32], []);
    assert_eq!(next.0, building.result.0 + 1);
    assert_eq!(result(&building.finish(|f| f.push(1)).unwrap()), 1);
}

#[test]
fn names_of_foreign_locals_are_errors() {
    let mut other = None;
    building()
        .finish(|f| {
            other = Some(f.local(ValType::I32));
            f.push(0);
        })
        .unwrap();
    let error = building().finish(|f| {
        f.name_local(other.unwrap(), "x");
        f.push(0);
    });
    assert!(error.expect_err("it is foreign").to_string().contains("the local belongs to another function"));
    let error = building().finish(|f| {
        f.name_local(f.param(3), "x");
        f.push(0);
    });
    assert!(error.expect_err("it does not exist").to_string().contains("the parameter does not exist"));
}

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
