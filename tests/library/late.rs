//! Writers that assign indices after all code is written, and functions that are built on several threads.

use crate::sections::Written;
use crate::support::build::configurations;
use crate::support::host::{Running, State};
use linmem::build::{FunctionBuilder, Indices, Item, LateLowering, ModuleBuilder, Parts};
use linmem::wasm_encoder::{
    BlockType, Catch, CompositeInnerType, CompositeType, ConstExpr, EntityType, ExportKind, GlobalType, HeapType,
    Instruction, MemArg, MemoryType, RefType, StructType, SubType, TableType, TagKind, TagType, ValType,
};
use linmem::{Access, Config, Error, OnViolation, Representation, Safety};

#[path = "../../examples/own_writer/writer.rs"]
mod writer;

#[test]
fn bodies_are_resolved_after_all_code_is_written() {
    let reports = Config::new().with_safety(Safety::None).with_on_violation(OnViolation::Report);
    for config in configurations().into_iter().chain([reports]) {
        for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
            let bytes = writer::hello(&config, representation).unwrap_or_else(|error| panic!("{config:?}: {error}"));
            let mut running = Running::new(&bytes, State::default());
            running.call("_start", &[]).unwrap_or_else(|error| panic!("{config:?}: {error:?}"));
            assert_eq!(running.store.data().output, b"a\nb\nc\n", "{config:?}");
        }
    }
}

/// A layout in which nothing is where [`Parts::add_to`] places it: the frontend's functions come last, in another order, and
/// linmem's memory and globals follow the frontend's.
struct Layout {
    imports: u32,
    helpers: u32,
    group: u32,
    blocks: u32,
}

/// The numbers of the functions that are lowered.
const START: u32 = 20;
const PRINT: u32 = 10;

/// The type of the block that a handler ends: the frontend's first type.
const CAUGHT: u32 = 0;

impl Indices for Layout {
    fn item(&self, item: Item) -> u32 {
        match item {
            Item::Memory | Item::Global(0) => 1,
            Item::Global(position) => 1 + position,
            Item::Import(position) => position,
            Item::Function(position) => self.imports + position,
            Item::Type(position) => self.group + position,
            Item::BlockType(position) => self.blocks + position,
        }
    }

    fn function(&self, number: u32) -> u32 {
        self.imports + self.helpers + u32::from(number == PRINT)
    }
}

/// Lowers a program whose function `print` leaves a region by an exception with two values.
fn lower(config: &Config, representation: Representation) -> Result<Parts, Error> {
    let mut lowering = LateLowering::new(config, representation)?;
    lowering.signatures().declare_type(CAUGHT, vec![], 2);
    lowering.signatures().declare_tag(0, vec![ValType::I32, ValType::I64]);
    lowering.declare_function(START, "start", &[], &[])?;
    lowering.declare_function(PRINT, "print", &[ValType::I32], &[])?;
    let mut start = lowering.body(START)?;
    let mut print = lowering.body(PRINT)?;
    for letter in *b"xyz" {
        start.push(i32::from(letter));
        start.instruction(&Instruction::Call(PRINT));
    }
    lowering.define(start)?;
    print.instruction(&Instruction::Block(BlockType::FunctionType(CAUGHT)));
    let region = print.begin_region();
    let text = print.allocate(region, 1);
    print.put(Access::Byte, text, 0, print.param(0));
    print.write_all(1, text);
    print.drop();
    print.instruction(&Instruction::TryTable(BlockType::Empty, vec![Catch::One { tag: 0, label: 0 }].into()));
    // The frontend's memory and global have the index 0.
    print.push(0);
    print.instruction(&Instruction::I32Load(MemArg { offset: 0, align: 2, memory_index: 0 }));
    print.instruction(&Instruction::GlobalGet(0));
    print.instruction(&Instruction::Throw(0));
    print.end();
    print.instruction(&Instruction::Unreachable);
    print.end_region(region);
    print.instruction(&Instruction::Unreachable);
    print.end();
    print.drop();
    print.drop();
    lowering.define(print)?;
    lowering.finish()
}

/// Writes the module without [`Parts::add_to`].
fn write(parts: &Parts) -> Result<Vec<u8>, Error> {
    let (imports, helpers, group) =
        (parts.imports.len() as u32, parts.functions.len() as u32, parts.types(2).len() as u32);
    let layout = Layout { imports, helpers, group: 2, blocks: 2 + group };
    let mut written = Written::default();
    let types = &mut written.types;
    types.ty().function([], [ValType::I32, ValType::I64]);
    types.ty().function([ValType::I32, ValType::I64], []);
    if group > 0 {
        types.ty().rec(parts.types(layout.group));
    }
    for results in &parts.block_types {
        types.ty().function([], results.iter().copied());
    }
    let mut next = layout.blocks + parts.block_types.len() as u32;
    let mut add_type = |params: &[ValType], results: &[ValType]| {
        types.ty().function(params.iter().copied(), results.iter().copied());
        next += 1;
        next - 1
    };
    for import in &parts.imports {
        let ty = add_type(&import.params, &import.results);
        written.imports.import(import.module, import.name, EntityType::Function(ty));
    }
    for function in parts.functions.iter().chain(parts.program.values().rev()) {
        written.functions.function(add_type(&function.params, &function.results));
        written.code.function(&function.body.resolve(parts, &layout)?);
    }
    let memory =
        |minimum, maximum| MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None };
    written.memories.memory(memory(1, None)).memory(memory(parts.memory.minimum, parts.memory.maximum));
    written.tags.tag(TagType { kind: TagKind::Exception, func_type_idx: 1 });
    written
        .globals
        .global(GlobalType { val_type: ValType::I64, mutable: false, shared: false }, &ConstExpr::i64_const(7));
    for global in &parts.globals {
        let (val_type, value) = parts.global(global, &layout);
        written.globals.global(GlobalType { val_type, mutable: global.is_mutable, shared: false }, &value);
    }
    written.export("start", START, &layout);
    written.exports.export("memory", ExportKind::Memory, 1);
    written.finish(parts, &layout)
}

#[test]
fn parts_can_be_anywhere_in_index_spaces() {
    let reports = Config::new().with_on_violation(OnViolation::Report);
    for config in configurations().into_iter().chain([reports]) {
        for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
            let parts = lower(&config, representation).unwrap();
            assert_eq!(parts.block_types, [[ValType::I32, ValType::I64]]);
            let bytes = write(&parts).unwrap_or_else(|error| panic!("{config:?}: {error}"));
            let mut running = Running::new(&bytes, State::default());
            running.call("start", &[]).unwrap_or_else(|error| panic!("{config:?}: {error:?}"));
            assert_eq!(running.store.data().output, b"xyz", "{config:?}");
        }
    }
}

/// The frontend has imports of every kind, a recursion group, which is one entry of the type section, and items of its own.
#[test]
fn items_of_frontend_keep_their_indices() {
    for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
        let mut lowering = LateLowering::new(&Config::new(), representation).unwrap();
        lowering.declare_function(0, "log", &[ValType::I32], &[]).unwrap();
        lowering.declare_function(1, "first", &[], &[]).unwrap();
        lowering.declare_function(2, "second", &[], &[]).unwrap();
        for number in [2, 1] {
            let mut f = lowering.body(number).unwrap();
            f.region(|f, region| {
                let segment = f.allocate_dynamic(region, 8);
                f.write_all(1, segment);
                f.drop();
            });
            f.instruction(&Instruction::RefNull(HeapType::Concrete(1)));
            f.drop();
            for memory_index in [0, 1] {
                f.instruction(&Instruction::GlobalGet(memory_index));
                f.instruction(&Instruction::I32Load(MemArg { offset: 0, align: 2, memory_index }));
                f.instruction(&Instruction::Call(0));
            }
            f.instruction(&Instruction::Call(3 - number));
            lowering.define(f).unwrap();
        }
        let parts = lowering.finish().unwrap();

        let memory = MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
        let global = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
        let table =
            TableType { element_type: RefType::FUNCREF, table64: false, minimum: 1, maximum: None, shared: false };
        let mut written = Written::default();
        let inner = CompositeInnerType::Struct(StructType { fields: Box::new([]) });
        let composite_type = CompositeType { inner, shared: false, descriptor: None, describes: None };
        let empty = SubType { is_final: true, supertype_idx: None, composite_type };
        written.types.ty().rec([empty.clone(), empty]);
        written.types.ty().function([], []);
        written.types.ty().function([ValType::I32], []);
        written.imports.import("env", "memory", memory).import("env", "table", table).import("env", "global", global);
        written.imports.import("env", "log", EntityType::Function(3));
        written.functions.function(2).function(2);
        written.memories.memory(memory);
        written.globals.global(global, &ConstExpr::i32_const(4));
        let indices = written.add(&parts).unwrap();
        let added = parts.imports.len() as u32;
        assert_eq!([0, 1, 2].map(|number| indices.function(number)), [0, 1 + added, 2 + added]);
        let items = [Item::Memory, Item::Global(0), Item::Import(0), Item::Function(0), Item::Type(0)];
        assert_eq!(items.map(|item| indices.item(item)), [2, 2, 1, 3 + added, 4]);
        // Items that follow do not move others.
        written.globals.global(global, &ConstExpr::i32_const(5));
        written.finish(&parts, &indices).unwrap();
    }
}

#[test]
fn added_functions_and_globals_have_names() {
    let parts = writer::lower(&Config::new(), Representation::Packed).unwrap();
    let layout = Layout { imports: 2, helpers: parts.functions.len() as u32, group: 0, blocks: 0 };
    let names = parts.function_names(&layout);
    assert_eq!(names[&0], "wasi_snapshot_preview1.fd_write");
    assert_eq!(names.len(), parts.imports.len() + parts.functions.len());
    assert!(names.values().any(|name| name == "linmem.refill"), "{names:?}");
    assert_eq!(parts.global_names(&layout)[&1], "linmem.top");
}

/// Adds `count` functions, which call each other, built on this many threads.
fn on_threads(threads: usize, config: &Config) -> Vec<u8> {
    const FUNCTIONS: u32 = 40;
    let mut module = ModuleBuilder::new(config, Representation::Packed).unwrap();
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    let functions: Vec<_> = (0..FUNCTIONS).map(|n| module.declare_function(&format!("f{n}"), ty)).collect();
    let write = |f: &mut FunctionBuilder, number: u32| {
        let region = f.begin_region();
        let segment = f.allocate_dynamic(region, 8 + number as i32);
        f.put(Access::Int, segment, f.param(0), number as i32);
        f.write_all(1, segment);
        f.drop();
        f.get(Access::Int, segment, 0);
        f.push(f.param(0));
        f.call(functions[((number + 1) % FUNCTIONS) as usize]);
        f.instruction(&Instruction::I32Add);
        f.set(f.param(0), linmem::build::OnStack);
        f.end_region(region);
        f.push(f.param(0));
    };
    let mut bodies: Vec<_> = functions.iter().map(|function| module.body(*function).unwrap()).collect();
    std::thread::scope(|scope| {
        // Each thread takes every nth function, so that the threads interleave.
        let mut shares: Vec<Vec<_>> = (0..threads).map(|_| Vec::new()).collect();
        for (number, body) in bodies.iter_mut().enumerate() {
            shares[number % threads].push((number as u32, body));
        }
        for share in shares {
            scope.spawn(|| share.into_iter().for_each(|(number, body)| write(body, number)));
        }
    });
    // Bodies may also end on other threads.
    let finished = std::thread::scope(|scope| {
        let running: Vec<_> = bodies.into_iter().map(|body| scope.spawn(|| body.finish().unwrap())).collect();
        running.into_iter().map(|running| running.join().unwrap()).collect::<Vec<_>>()
    });
    for body in finished {
        module.define_finished(body).unwrap();
    }
    module.export("f", functions[0]);
    module.finish_on(threads).unwrap()
}

#[test]
fn functions_that_are_built_on_threads_have_the_same_bytes() {
    for config in [Config::new(), Config::new().with_safety(Safety::Temporal).with_on_violation(OnViolation::Report)] {
        let alone = on_threads(1, &config);
        for threads in [2, 3, 8] {
            assert_eq!(on_threads(threads, &config), alone, "{threads} threads");
        }
    }
}
