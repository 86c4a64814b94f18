//! The module writer.

use linmem::build::{FunctionBuilder, Indices, LateLowering, OnStack, Parts, Sections};
use linmem::wasm_encoder::{
    CodeSection, DataSection, ExportKind, ExportSection, FunctionSection, GlobalSection, ImportSection, Instruction,
    MemorySection, Module, TypeSection, ValType,
};
use linmem::{Access, Config, Error, Representation};

/// A program that greets in a loop: `_start` calls `greet` three times.
pub(crate) fn hello(config: &Config, representation: Representation) -> Result<Vec<u8>, Error> {
    write(&lower(config, representation)?)
}

/// Lowers the functions. `_start` is function 0 and calls function 1, which is lowered after it.
pub(crate) fn lower(config: &Config, representation: Representation) -> Result<Parts, Error> {
    let mut lowering = LateLowering::new(config, representation)?;
    lowering.declare_function(0, "_start", &[], &[])?;
    lowering.declare_function(1, "greet", &[ValType::I32], &[])?;
    let mut start = lowering.body(0)?;
    for letter in *b"abc" {
        start.push(i32::from(letter));
        start.instruction(&Instruction::Call(1));
    }
    lowering.define(start)?;
    let mut greet = lowering.body(1)?;
    write_letter(&mut greet);
    lowering.define(greet)?;
    lowering.finish()
}

fn write_letter(f: &mut FunctionBuilder) {
    let region = f.begin_region();
    let text = f.allocate(region, 2);
    f.put(Access::Byte, text, 0, f.param(0));
    f.put(Access::Byte, text, 1, i32::from(b'\n'));
    f.write_all(1, text);
    f.set(f.param(0), OnStack);
    f.end_region(region);
}

/// Writes the module: the types of the functions, then what linmem adds, then what depends on indices.
fn write(parts: &Parts) -> Result<Vec<u8>, Error> {
    let (mut types, mut imports, mut functions) = (TypeSection::new(), ImportSection::new(), FunctionSection::new());
    for function in parts.program.values() {
        functions.function(types.len());
        types.ty().function(function.params.iter().copied(), function.results.iter().copied());
    }
    let (mut memories, mut globals) = (MemorySection::new(), GlobalSection::new());
    let (mut exports, mut code, mut data) = (ExportSection::new(), CodeSection::new(), DataSection::new());
    let indices = parts.add_to(Sections {
        types: &mut types,
        imports: &mut imports,
        functions: &mut functions,
        memories: &mut memories,
        globals: &mut globals,
        exports: &mut exports,
        code: &mut code,
        data: &mut data,
    })?;
    exports.export("_start", ExportKind::Func, indices.function(0));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memories).section(&globals);
    module.section(&exports).section(&code);
    for section in &parts.custom_sections {
        module.section(section);
    }
    let module = module.finish();
    parts.validate(&module, &indices)?;
    Ok(module)
}
