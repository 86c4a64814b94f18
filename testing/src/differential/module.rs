//! The test module. Every operation is an export, so that the module is compiled once for each variant.

use crate::differential::program::{ALLOCATOR_PAGES, BLOCKS, FRAMES, MAXIMUM, OWN_PAGES, SPLIT_BASE, Setting, Variant};
use crate::host::{Limits, engine};
use crate::parse;
use linmem_host::wasmtime::{InstancePre, Linker, Module};
use std::sync::OnceLock;

/// The modules of all variants, each made on first use.
pub struct Modules {
    linker: Linker<Limits>,
    modules: Vec<OnceLock<InstancePre<Limits>>>,
    plant: Box<dyn Fn(String) -> String + Send + Sync>,
}

impl Modules {
    /// Modules whose lowered text is changed by `plant`.
    pub fn new(plant: impl Fn(String) -> String + Send + Sync + 'static) -> Modules {
        let modules = Variant::ALL.iter().map(|_| OnceLock::new()).collect();
        Modules { linker: Linker::new(engine()), modules, plant: Box::new(plant) }
    }

    pub(crate) fn get(&self, variant: usize) -> &InstancePre<Limits> {
        self.modules[variant].get_or_init(|| {
            let linked = lower(Variant::ALL[variant]);
            let text = linmem::wat::print(&linked).unwrap();
            let planted = (self.plant)(text.clone());
            let module = if planted == text { linked } else { parse(&planted) };
            self.linker.instantiate_pre(&Module::new(engine(), module).unwrap()).unwrap()
        })
    }
}

/// A memory with an allocator. The allocator has a table of blocks: the start of each, and its size in bytes, which is 0
/// after the block was allocated. The contents of blocks are not zero.
fn allocator() -> String {
    let entry = |(at, pages): &(u32, u32)| [at.to_le_bytes(), (pages * 65536).to_le_bytes()].concat();
    let table: Vec<u8> = BLOCKS.iter().flat_map(entry).collect();
    let table: String = table.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let end = 8 * (BLOCKS.len() + 1);
    format!(
        r#"(memory (export "memory") {ALLOCATOR_PAGES}) (data (i32.const 8) "{table}")
          (func $dirty (memory.fill (i32.const 65536) (i32.const 0xdd) (i32.const {bytes})))
          (start $dirty)
          (func (export "pin") (param i32) (result i32) (local.get 0))
          (func (export "malloc") (param $bytes i32) (result i32) (local $entry i32)
            (loop $next
              (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
              (if (i32.eq (local.get $entry) (i32.const {after})) (then (return (i32.const 0))))
              (br_if $next (i32.lt_u (i32.load offset=4 (local.get $entry)) (local.get $bytes)))
              (br_if $next (i32.eqz (i32.load offset=4 (local.get $entry)))))
            (i32.store offset=4 (local.get $entry) (i32.const 0))
            (i32.load (local.get $entry)))"#,
        bytes = (ALLOCATOR_PAGES - 1) * 65536,
        after = end,
    )
}

/// The linked test module of a variant.
fn lower(variant: Variant) -> Vec<u8> {
    let memory = match variant.setting {
        Setting::Defined | Setting::Alone => String::new(),
        Setting::Split(_) => format!("(memory (export \"memory\") {OWN_PAGES} {MAXIMUM})"),
        Setting::Allocator => allocator(),
        Setting::Owned | Setting::Base(_) => {
            let maximum =
                if variant.setting == Setting::Base(SPLIT_BASE) { MAXIMUM.to_string() } else { String::new() };
            format!(
                "(memory (export \"memory\") {OWN_PAGES} {maximum}) \
                 (data (i32.const 40) \"\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\")"
            )
        }
    };
    // A program without its own memory cannot use these instructions.
    let sizes = if variant.setting.is_defined() {
        ""
    } else {
        "(func (export \"size\") (result i32) memory.size)
         (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))"
    };
    let list = |region: &str, index: usize| -> String {
        let call = |size: &u32| format!("(call $allocate (local.get {region}) (i32.const {size}))");
        FRAMES[index].iter().map(call).collect()
    };
    let frames: String = (0..FRAMES.len())
        .map(|index| {
            let results = " i64".repeat(FRAMES[index].len());
            let frame = list("$region", index);
            format!(
                "(func (export \"frame{index}\") (param $region i32) (result{results}) {frame})
                 (func (export \"scope{index}\") (result i32{results}) (local $region i32)
                   (local.tee $region (call $new)) {frame})"
            )
        })
        .collect();
    let text = format!(
        r#"(module
          (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
          (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
          (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
          (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result i64)))
          {memory}
          {sizes}
          (func (export "open") (result i32) (call $new))
          (func (export "close") (param i32) (call $free (local.get 0)))
          (func (export "allocate") (param i32 i32) (result i64) (call $allocate (local.get 0) (local.get 1)))
          (func (export "aligned") (param i32 i32 i32) (result i64)
            (call $aligned (local.get 0) (local.get 1) (local.get 2)))
          {frames})"#
    );
    linmem::link(text.as_bytes(), &variant.config()).unwrap()
}
