//! The speed of linking, compared with parsing and re-encoding the same module.
//!
//! `bash benches/fetch.sh` fetches a real module; LINMEM_BENCH_MODULE names another one. The bench inserts an import of
//! an intrinsic before all functions, so that every function index changes, and a function that calls it. A second module is
//! generated: it has 200,000 functions, of which one in 32 opens a region. Both sides read the same bytes. Linking also validates
//! its input.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

mod functions;
mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use linmem::Config;
use support::quickest;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder, utils};
use wasm_encoder::{CodeSection, EntityType, Function, FunctionSection, ImportSection, Module, TypeSection};

/// Inserts an import of an intrinsic before all functions, and appends a function that calls it.
struct Insert {
    new_type: u32,
}

impl Reencode for Insert {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, wasm_encoder::reencode::Error> {
        Ok(function + 1)
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error> {
        utils::parse_type_section(self, types, section)?;
        self.new_type = types.len();
        types.ty().function([], [wasm_encoder::ValType::I32]);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error> {
        imports.import("linmem", "MemoryAllocator.new", EntityType::Function(self.new_type));
        utils::parse_import_section(self, imports, section)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error> {
        utils::parse_function_section(self, functions, section)?;
        functions.function(self.new_type);
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error> {
        utils::parse_code_section(self, code, section)?;
        let mut function = Function::new([]);
        function.instructions().call(0).end();
        code.function(&function);
        Ok(())
    }
}

/// The module, with an inserted use of linmem.
fn module() -> Option<Vec<u8>> {
    let path = std::env::var("LINMEM_BENCH_MODULE").unwrap_or_else(|_| "target/bench/package/esbuild.wasm".to_string());
    let bytes = std::fs::read(path).ok()?;
    let mut out = Module::new();
    Insert { new_type: 0 }.parse_core_module(&mut out, wasmparser::Parser::new(0), &bytes).unwrap();
    Some(out.finish())
}

fn reencode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Module::new();
    RoundtripReencoder.parse_core_module(&mut out, wasmparser::Parser::new(0), bytes).unwrap();
    out.finish()
}

fn validate(bytes: &[u8]) {
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(bytes).unwrap();
}

/// Compares the times for one module.
fn compare(name: &str, bytes: &[u8]) {
    let linked = linmem::link(bytes, &Config::default()).unwrap();
    validate(&linked);

    let link = quickest(7, || drop(linmem::link(bytes, &Config::default()).unwrap()));
    let again = quickest(7, || drop(reencode(bytes)));
    let check = quickest(7, || validate(bytes));
    let megabytes = bytes.len() as f64 / 1e6;
    println!(
        "{name}, {megabytes:.1} MB: linking {:.0} MB/s, re-encoding {:.0} MB/s",
        megabytes / link,
        megabytes / again
    );
    println!("linking takes {:.2} times as long as re-encoding (goal: at most 1.0)", link / again);
    println!("validating the input takes {:.2} times as long as re-encoding", check / again);
}

fn bench(criterion: &mut Criterion) {
    let mut modules = vec![("200,000 functions", functions::module())];
    match module() {
        Some(bytes) => modules.push(("real", bytes)),
        None => println!("no real module: run benches/fetch.sh, or set LINMEM_BENCH_MODULE"),
    }
    for (name, bytes) in &modules {
        compare(name, bytes);
    }
    for (name, bytes) in &modules {
        let mut group = criterion.benchmark_group(format!("link/{name}"));
        group.sample_size(10).throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function("link", |b| b.iter(|| linmem::link(bytes, &Config::default()).unwrap()));
        group.bench_function("encode again", |b| b.iter(|| reencode(bytes)));
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
