//! Instantiation by wasmtime.

use crate::images::layout::Layout;
use crate::images::model::{CHUNK, Model};
use linmem::image::Value;
use linmem_host::wasmtime::{
    Config, Engine, Extern, Global, GlobalType, Instance, Memory, MemoryTypeBuilder, Module, Mutability, OptLevel,
    Store, Val, ValType,
};

/// Memories up to this size are compared as a whole; of larger ones, the first chunk, the last one, and what surrounds the
/// chunks that were written.
const SMALL: u64 = 1 << 20;

/// An engine that compiles quickly and supports all memories of layouts.
pub fn engine() -> Engine {
    let mut config = Config::new();
    config.wasm_custom_page_sizes(true).wasm_multi_memory(true).wasm_memory64(true);
    config.cranelift_opt_level(OptLevel::None).parallel_compilation(false);
    Engine::new(&config).unwrap()
}

/// Whether the memories of a layout are small enough to be instantiated.
pub fn is_instantiable(layout: &Layout) -> bool {
    layout.memories.iter().map(|memory| memory.minimum_bytes()).sum::<u128>() <= 5 << 30
}

/// Instantiates a module with the imports and exports of a layout. Returns whether this succeeded. The memories, also those
/// that were imported if it failed, are compared with a model.
///
/// # Panics
///
/// If bytes differ.
pub fn run(engine: &Engine, layout: &Layout, module: &[u8], model: &Model) -> bool {
    let module = Module::new(engine, module).unwrap_or_else(|error| panic!("{error}\n{layout:?}"));
    let mut store = Store::new(engine, ());
    let mut imports: Vec<Extern> = Vec::new();
    for memory in layout.memories.iter().filter(|memory| memory.is_imported) {
        let mut ty = MemoryTypeBuilder::new();
        ty.min(memory.size).memory64(memory.is_wide);
        if memory.has_bytes_as_pages {
            ty.page_size_log2(0);
        }
        imports.push(Memory::new(&mut store, ty.build().unwrap()).unwrap().into());
    }
    let imported = imports.clone();
    for value in layout.globals().into_iter().take(layout.imported_globals()) {
        let (ty, value) = match value {
            Value::I32(value) => (ValType::I32, Val::I32(value as i32)),
            Value::I64(value) => (ValType::I64, Val::I64(value as i64)),
        };
        imports.push(Global::new(&mut store, GlobalType::new(ty, Mutability::Const), value).unwrap().into());
    }
    let instance = Instance::new(&mut store, &module, &imports);
    for (index, memory) in layout.memories.iter().enumerate() {
        let export = match &instance {
            Ok(instance) => instance.get_memory(&mut store, &index.to_string()).unwrap(),
            Err(_) if memory.is_imported => imported[index].clone().into_memory().unwrap(),
            Err(_) => continue,
        };
        let bytes = export.data(&store);
        assert_eq!(bytes.len() as u64, memory.size * memory.page_size(), "memory {index} of {layout:?}");
        compare(bytes, index, layout, model);
    }
    instance.is_ok()
}

fn compare(bytes: &[u8], index: usize, layout: &Layout, model: &Model) {
    let written = &model.chunks[index];
    let count = (bytes.len() as u64).div_ceil(CHUNK);
    let chunks: Vec<u64> = if bytes.len() as u64 <= SMALL {
        (0..count).collect()
    } else {
        let around = written.keys().flat_map(|chunk| chunk.saturating_sub(1)..=chunk + 1);
        around.filter(|chunk| *chunk < count).chain([0, count - 1]).collect()
    };
    let zeroes = vec![0; CHUNK as usize];
    for chunk in chunks {
        let start = (chunk * CHUNK) as usize;
        let actual = &bytes[start..bytes.len().min(start + CHUNK as usize)];
        let expected = &written.get(&chunk).unwrap_or(&zeroes)[..actual.len()];
        assert!(actual == expected, "memory {index} differs in the chunk at {start:#x}: {layout:?}");
    }
    assert!(written.keys().all(|chunk| *chunk < count), "memory {index} of {layout:?}");
}
