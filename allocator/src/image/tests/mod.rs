//! Tests of decisions, images and initialization. This file has what they share.

mod hostile;
mod images;
mod initialize;
mod verdict;

use crate::image::{
    ConstOp, Import, InitError, InitMemory, Memory, MemoryInitialization, MemoryInitializer, ModuleMemories, Offset,
    Reason, Run, StaticMemoryInitializer, Value, Verdict,
};
use crate::width::Width;

/// The host's page size in most tests.
const PAGE: u64 = 4096;

fn import() -> Import {
    Import { module: "env".to_string(), name: "x".to_string() }
}

fn i32_const(address: u32) -> Offset {
    Offset::Constant(Value::I32(address))
}

fn i64_const(address: u64) -> Offset {
    Offset::Constant(Value::I64(address))
}

/// A segment of a memory; [`module`] numbers it.
fn segment(memory: u32, offset: Offset, data: &[u8]) -> MemoryInitializer<'_> {
    MemoryInitializer { segment: 0, memory, offset, data }
}

fn module<'a>(memories: &[Memory], segments: Vec<MemoryInitializer<'a>>) -> ModuleMemories<'a> {
    let number = |(number, segment)| MemoryInitializer { segment: number, ..segment };
    let segments = (0..).zip(segments).map(number).collect();
    ModuleMemories { memories: memories.to_vec(), initialization: MemoryInitialization::Segmented(segments) }
}

/// A module with one defined memory of one page of 64 KiB.
fn one_page<'a>(segments: Vec<MemoryInitializer<'a>>) -> ModuleMemories<'a> {
    module(&[Memory::defined(Width::Bits32, 1)], segments)
}

/// The images; they must exist.
fn images<'a>(mut module: ModuleMemories<'a>, allowance: u64) -> Vec<Option<StaticMemoryInitializer<'a>>> {
    assert_eq!(module.reasons(PAGE, allowance), []);
    assert_eq!(module.try_static_init(PAGE, allowance), Verdict::Static);
    match module.initialization {
        MemoryInitialization::Static { map } => map,
        MemoryInitialization::Segmented(_) => panic!("the verdict is static"),
    }
}

/// The image of the only memory; it must exist.
fn image<'a>(module: ModuleMemories<'a>, allowance: u64) -> StaticMemoryInitializer<'a> {
    let mut images = images(module, allowance);
    assert_eq!(images.len(), 1);
    images.remove(0).expect("the memory has data")
}

/// The reason why there are no images; there must be exactly one.
fn reason(mut module: ModuleMemories<'_>, page_size: u64, allowance: u64) -> Reason {
    let before = module.clone();
    let Verdict::Segmented(reason) = module.try_static_init(page_size, allowance) else { panic!("{module:?}") };
    assert_eq!(module, before);
    assert_eq!(module.reasons(page_size, allowance), std::slice::from_ref(&reason));
    reason
}

/// The bytes of an image that are not zero, with their addresses.
fn nonzero(image: &StaticMemoryInitializer<'_>) -> Vec<(u64, u8)> {
    let bytes = image.to_bytes(1 << 20).unwrap();
    assert_eq!(bytes.len() as u64, image.size());
    (image.offset()..).zip(bytes).filter(|(_, byte)| *byte != 0).collect()
}

fn extent(image: &StaticMemoryInitializer<'_>) -> (u64, u64) {
    (image.offset(), image.size())
}
