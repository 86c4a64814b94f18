//! The test module: every operation is an export, so that it is compiled once for each variant.

use crate::program::{FRAMES, OWN_PAGES, Setting, Variant};
use crate::support::{self, host::Limits, host::engine};
use linmem_host::wasmtime::{InstancePre, Linker, Module};
use std::cell::OnceCell;

/// The modules of all variants, each made when it is first asked for.
pub struct Modules {
    linker: Linker<Limits>,
    modules: Vec<OnceCell<InstancePre<Limits>>>,
    plant: Box<dyn Fn(String) -> String>,
}

impl Modules {
    /// Modules whose lowered text is changed by `plant`.
    pub fn new(plant: impl Fn(String) -> String + 'static) -> Modules {
        let modules = Variant::ALL.iter().map(|_| OnceCell::new()).collect();
        Modules { linker: Linker::new(engine()), modules, plant: Box::new(plant) }
    }

    pub fn get(&self, variant: usize) -> &InstancePre<Limits> {
        self.modules[variant].get_or_init(|| {
            let linked = lower(Variant::ALL[variant]);
            let text = linmem::wat::print(&linked).unwrap();
            let planted = (self.plant)(text.clone());
            let module = if planted == text { linked } else { support::parse(&planted) };
            self.linker.instantiate_pre(&Module::new(engine(), module).unwrap()).unwrap()
        })
    }
}

/// The linked test module of a variant.
pub fn lower(variant: Variant) -> Vec<u8> {
    let memory = match variant.setting {
        Setting::Defined => String::new(),
        Setting::Owned | Setting::Base(_) => format!(
            "(memory (export \"memory\") {OWN_PAGES}) (data (i32.const 40) \"\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\")"
        ),
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
          (func (export "open") (result i32) (call $new))
          (func (export "close") (param i32) (call $free (local.get 0)))
          (func (export "allocate") (param i32 i32) (result i64) (call $allocate (local.get 0) (local.get 1)))
          (func (export "aligned") (param i32 i32 i32) (result i64)
            (call $aligned (local.get 0) (local.get 1) (local.get 2)))
          {frames})"#
    );
    linmem::link(text.as_bytes(), &variant.config()).unwrap()
}
