//! A generated module with many functions.

use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    InstructionSink, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// The number of functions.
const FUNCTIONS: u32 = 200_000;

/// One function in this many opens a region.
const EACH: u32 = 32;

/// The intrinsics, each with its type and the number of its parameters. A function that only passes on is in front of each, as
/// MoonBit writes it.
const INTRINSICS: [(&str, u32, u32); 5] = [
    ("MemoryAllocator.new", 0, 0),
    ("MemoryAllocator.allocate", 1, 2),
    ("MemoryAllocator.free", 2, 1),
    ("MemorySegment.setInt", 3, 3),
    ("MemorySegment.getInt", 4, 2),
];

/// The function in front of each intrinsic.
const NEW: u32 = 5;
const ALLOCATE: u32 = 6;
const FREE: u32 = 7;
const SET_INT: u32 = 8;
const GET_INT: u32 = 9;

/// The first of the functions.
const FIRST: u32 = 10;

/// The type of the functions.
const TYPE: u32 = 5;

/// The module. Each function has a loop over arithmetic and memory, as compilers write it, and calls two that follow, so that
/// no function can be entered again.
pub(crate) fn module() -> Vec<u8> {
    let (int, long) = (ValType::I32, ValType::I64);
    let mut types = TypeSection::new();
    types.ty().function([], [int]);
    types.ty().function([int, int], [long]);
    types.ty().function([int], []);
    types.ty().function([long, int, int], []);
    types.ty().function([long, int], [int]);
    types.ty().function([int], [int]);
    let mut imports = ImportSection::new();
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    for (import, (name, ty, params)) in (0..).zip(INTRINSICS) {
        imports.import("linmem", name, EntityType::Function(ty));
        functions.function(ty);
        let mut body = Function::new([]);
        let mut sink = body.instructions();
        (0..params).for_each(|param| _ = sink.local_get(param));
        sink.call(import).end();
        code.function(&body);
    }
    for number in 0..FUNCTIONS {
        functions.function(TYPE);
        let mut body = Function::new([(3, int), (1, long)]);
        let mut sink = body.instructions();
        if number % EACH == 0 {
            open(&mut sink);
        }
        plain(&mut sink, number);
        for callee in [number + 1, number + 9].into_iter().filter(|callee| *callee < FUNCTIONS) {
            sink.local_get(1).call(FIRST + callee).local_set(1);
        }
        if number % EACH == 0 {
            sink.local_get(4).i32_const(4).call(GET_INT).local_get(1).i32_add().local_set(1);
            sink.local_get(3).call(FREE);
        }
        sink.local_get(1).end();
        code.function(&body);
    }
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0).export("run", ExportKind::Func, FIRST);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memories).section(&exports).section(&code);
    module.finish()
}

/// Opens a region, allocates and stores.
fn open(sink: &mut InstructionSink<'_>) {
    sink.call(NEW).local_tee(3).i32_const(16).call(ALLOCATE).local_set(4);
    sink.local_get(4).i32_const(4).local_get(0).call(SET_INT);
}

/// A loop and a condition.
fn plain(sink: &mut InstructionSink<'_>, number: u32) {
    let memory = |offset| wasm_encoder::MemArg { offset, align: 2, memory_index: 0 };
    sink.local_get(0).i32_const(7).i32_and().local_set(2);
    sink.loop_(BlockType::Empty);
    for step in 0..4 {
        sink.local_get(1).i32_const(number as i32 + step).i32_mul().local_get(2).i32_const(2).i32_shl();
        sink.i32_load(memory(64 + 4 * step as u64)).i32_add().local_set(1);
    }
    sink.local_get(2).i32_const(2).i32_shl().local_get(1).i32_store(memory(256));
    sink.local_get(2).i32_const(1).i32_sub().local_tee(2).i32_const(0).i32_gt_s().br_if(0).end();
    sink.local_get(1).i32_const(1000).i32_gt_u().if_(BlockType::Empty);
    sink.local_get(1).i32_const(10).i32_div_u().local_set(1).end();
}
