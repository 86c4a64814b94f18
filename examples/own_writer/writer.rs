//! The module writer.

use linmem::build::{Body, FunctionBuilder, Indices, Item, LateLowering, OnStack, Parts};
use linmem::wasm_encoder::{
    CodeSection, CustomSection, EntityType, ExportKind, ExportSection, FunctionSection, GlobalSection, GlobalType,
    ImportSection, Instruction, MemorySection, MemoryType, Module, TypeSection, ValType,
};
use linmem::{Access, Config, Error, Representation};

/// A function of the frontend. Its number is its position in the list of functions.
struct Function {
    params: Vec<ValType>,
    results: Vec<ValType>,
    body: Body,
}

/// Where the index spaces begin, after all code is written.
struct Layout {
    imports: u32,
    functions: u32,
    group: u32,
}

impl Indices for Layout {
    fn item(&self, item: Item) -> u32 {
        match item {
            Item::Import(position) => position,
            Item::Function(position) => self.imports + self.functions + position,
            Item::BlockType(position) => self.group + position,
            Item::Global(position) | Item::Type(position) => position,
            _ => 0,
        }
    }

    fn function(&self, number: u32) -> u32 {
        self.imports + number
    }
}

/// A program that greets in a loop: `_start` calls `greet` three times.
pub(crate) fn hello(config: &Config, representation: Representation) -> Result<Vec<u8>, Error> {
    let mut lowering = LateLowering::new(config, representation)?;
    // `_start` is function 0 and calls function 1, which is lowered after it.
    lowering.signatures().declare_function(1, (1, 0));
    let mut start = lowering.body("_start", &[], &[]);
    for letter in *b"abc" {
        start.push(i32::from(letter));
        start.instruction(&Instruction::Call(1));
    }
    let mut greet = lowering.body("greet", &[ValType::I32], &[]);
    write_letter(&mut greet);
    let functions = vec![
        Function { params: vec![], results: vec![], body: lowering.define(start)? },
        Function { params: vec![ValType::I32], results: vec![], body: lowering.define(greet)? },
    ];
    write(&functions, &lowering.finish()?)
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

/// Lays out the index spaces and writes the module.
fn write(list: &[Function], parts: &Parts) -> Result<Vec<u8>, Error> {
    let group = parts.types(0);
    let layout =
        Layout { imports: parts.imports.len() as u32, functions: list.len() as u32, group: group.len() as u32 };
    let mut types = TypeSection::new();
    if !group.is_empty() {
        types.ty().rec(group);
    }
    for results in &parts.block_types {
        types.ty().function([], results.iter().copied());
    }
    let mut next = layout.group + parts.block_types.len() as u32;
    let mut add_type = |params: &[ValType], results: &[ValType]| {
        types.ty().function(params.iter().copied(), results.iter().copied());
        next += 1;
        next - 1
    };
    let (mut imports, mut functions, mut code) = (ImportSection::new(), FunctionSection::new(), CodeSection::new());
    for import in &parts.imports {
        let ty = add_type(&import.params, &import.results);
        imports.import(import.module, import.name, EntityType::Function(ty));
    }
    for function in list {
        functions.function(add_type(&function.params, &function.results));
        code.function(&function.body.resolve(parts, &layout)?);
    }
    for function in &parts.functions {
        functions.function(add_type(&function.params, &function.results));
        code.function(&function.body.resolve(parts, &layout)?);
    }
    let mut memories = MemorySection::new();
    let (minimum, maximum) = (parts.memory.minimum, parts.memory.maximum);
    memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
    let mut globals = GlobalSection::new();
    for global in &parts.globals {
        let (val_type, value) = parts.global(global, &layout);
        globals.global(GlobalType { val_type, mutable: true, shared: false }, &value);
    }
    let mut exports = ExportSection::new();
    exports.export("_start", ExportKind::Func, layout.function(0)).export("memory", ExportKind::Memory, 0);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memories).section(&globals);
    module.section(&exports).section(&code);
    for (name, data) in &parts.custom_sections {
        module.section(&CustomSection { name: (*name).into(), data: data.into() });
    }
    Ok(module.finish())
}
