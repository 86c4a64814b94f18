//! The speed of the library door, compared with writing the same instructions with wasm-encoder.
//!
//! One function has many regions, each with three allocations and five stores, at the default safety level. The baseline
//! writes the instructions of the result by hand. The bench prints the sizes of both modules, which differ slightly by
//! names and exports.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use linmem::build::{FunctionBuilder, ModuleBuilder};
use linmem::wasm_encoder::{BlockType, Function, MemArg};
use linmem::{Access, Config, Representation};
use support::quickest;

const REGIONS: usize = 2000;

fn write_regions(f: &mut FunctionBuilder) {
    for _ in 0..REGIONS {
        f.region(|f, region| {
            let text = f.allocate(region, 16);
            let iovec = f.allocate(region, 8);
            let count = f.allocate(region, 4);
            f.put(Access::Int, iovec, 0, |f: &mut FunctionBuilder| f.address(text));
            f.put(Access::Int, iovec, 4, 16);
            f.put(Access::Int, count, 0, 0);
            f.put(Access::Long, text, 0, 0x6f77206f6c6c6568i64);
            f.put(Access::Long, text, 8, 0x21646c72i64);
        });
    }
}

fn with_linmem() -> Vec<u8> {
    let mut module = ModuleBuilder::new(&Config::default(), Representation::Packed).unwrap();
    let ty = module.function_type([], []);
    let f = module
        .function("f", ty, |f| {
            write_regions(f);
        })
        .unwrap();
    module.export("f", f);
    module.finish().unwrap()
}

/// The same module, with the large function written instruction by instruction.
fn by_hand() -> Vec<u8> {
    use linmem::wasm_encoder::*;
    let memarg = |offset: u64, align: u32| MemArg { offset, align, memory_index: 0 };
    let mut function = Function::new([(2, ValType::I32)]);
    for _ in 0..REGIONS {
        write_region(&mut function, memarg);
    }
    function.instructions().end();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([ValType::I32; 2], [ValType::I32]);
    let mut functions = FunctionSection::new();
    functions.function(0).function(1);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut globals = GlobalSection::new();
    for value in [16, 65536] {
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i32_const(value));
    }
    let mut refill = Function::new([]);
    refill.instructions().unreachable().end();
    let mut code = CodeSection::new();
    code.function(&function).function(&refill);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&globals).section(&code);
    let bytes = module.finish();
    wasmparser::validate(&bytes).unwrap();
    bytes
}

fn write_region(function: &mut Function, memarg: impl Fn(u64, u32) -> MemArg) {
    let (handle, frame, top, limit) = (0, 1, 0, 1);
    let mut sink = function.instructions();
    sink.global_get(top).local_set(handle);
    sink.global_get(top).local_tee(frame).i32_const(32).i32_add().global_set(top);
    sink.global_get(top).global_get(limit).i32_gt_u().if_(BlockType::Empty);
    sink.local_get(frame).i32_const(32).call(1).local_set(frame).end();
    sink.local_get(frame).local_get(frame).i32_store(memarg(16, 2));
    sink.local_get(frame).i32_const(16).i32_store(memarg(20, 2));
    sink.local_get(frame).i32_const(0).i32_store(memarg(24, 2));
    sink.local_get(frame).i64_const(0x6f77206f6c6c6568).i64_store(memarg(0, 3));
    sink.local_get(frame).i64_const(0x21646c72).i64_store(memarg(8, 3));
    sink.local_get(handle).global_set(top);
}

/// The same function many times, built on this many threads.
fn on_threads(threads: usize) -> Vec<u8> {
    const FUNCTIONS: usize = 8;
    let mut module = ModuleBuilder::new(&Config::default(), Representation::Packed).unwrap();
    let ty = module.function_type([], []);
    let functions: Vec<_> = (0..FUNCTIONS).map(|_| module.declare_function("f", ty)).collect();
    let mut bodies: Vec<_> = functions.iter().map(|function| module.body(*function).unwrap()).collect();
    let build = |mut body: FunctionBuilder| {
        write_regions(&mut body);
        body.finish().unwrap()
    };
    let finished: Vec<_> = std::thread::scope(|scope| {
        let shares = (0..threads).map(|_| bodies.drain(..FUNCTIONS / threads).collect::<Vec<_>>());
        let running: Vec<_> =
            shares.map(|share| scope.spawn(move || share.into_iter().map(build).collect::<Vec<_>>())).collect();
        running.into_iter().flat_map(|running| running.join().unwrap()).collect()
    });
    finished.into_iter().for_each(|body| module.define_finished(body).unwrap());
    module.finish_on(threads).unwrap()
}

fn bench(criterion: &mut Criterion) {
    let (ours, theirs) = (with_linmem(), by_hand());
    println!("{} bytes by linmem, {} by hand", ours.len(), theirs.len());
    let ratio = quickest(15, || drop(with_linmem())) / quickest(15, || drop(by_hand()));
    println!("the library door takes {ratio:.2} times as long as wasm-encoder alone (goal: at most 2); both validate");

    assert_eq!(on_threads(1), on_threads(2));
    let ratio = quickest(15, || drop(on_threads(1))) / quickest(15, || drop(on_threads(2)));
    println!("two threads build {ratio:.2} times as fast as one (validation included)");

    let mut group = criterion.benchmark_group("build");
    group.bench_function("linmem", |b| b.iter(with_linmem));
    group.bench_function("wasm-encoder", |b| b.iter(by_hand));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
