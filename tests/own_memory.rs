//! A memory that nobody but linmem grows has one chunk. The random tests of regions cover its allocations; here are the promise
//! that is not kept, the end of the address space, and the modules that cannot have such a memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::build::ModuleBuilder;
use linmem::{Config, OutOfMemory, Representation, Safety, Zero};
use linmem_host::wasmtime::Val;
use support::host::{Limits, Running, State};

const MODULE: &str = r#"(module
    (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
    (import "linmem" "MemoryAllocator.allocateAligned" (func $allocate (param i32 i32 i32) (result i64)))
    (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
    (func (export "new") (result i32) (call $new))
    (func (export "allocate") (param i32 i32 i32) (result i32)
      (call $address (call $allocate (local.get 0) (local.get 1) (local.get 2)))))"#;

fn config() -> Config {
    Config::new().with_own_memory(true).with_out_of_memory(OutOfMemory::Null)
}

fn running(config: &Config, pages: usize) -> Running {
    let linked = linmem::link(MODULE.as_bytes(), config).unwrap();
    Running::with_limits(&linked, State::default(), Limits { pages, ..Limits::default() })
}

fn allocate(running: &mut Running, region: i32, bytes: u32, alignment: u32) -> u32 {
    let operands = [region, bytes as i32, alignment as i32].map(Val::I32);
    running.call("allocate", &operands).unwrap()[0].unwrap_i32() as u32
}

#[test]
fn growth_by_others_is_refused_as_out_of_memory() {
    for safety in [Safety::None, Safety::Temporal] {
        let mut running = running(&config().with_safety(safety), 100);
        let region = running.call("new", &[]).unwrap()[0].unwrap_i32();
        let first = allocate(&mut running, region, 100_000, 8);
        assert_ne!(first, 0);
        let memory = running.memory();
        memory.grow(&mut running.store, 1).unwrap();
        let pages = memory.size(&running.store);
        assert_eq!(allocate(&mut running, region, 1_000_000, 8), 0, "the memory of others is not used");
        assert_eq!(memory.size(&running.store), pages, "it is not grown in vain");
        let small = allocate(&mut running, region, 8, 8);
        assert!(small > first && u64::from(small) < pages * 65536, "what is left of the chunk is still used");
    }
}

#[test]
fn last_page_is_not_used() {
    for (safety, zero) in [(Safety::None, Zero::Never), (Safety::Temporal, Zero::Free)] {
        let mut running = running(&config().with_safety(safety).with_zero(zero), 65536);
        let region = running.call("new", &[]).unwrap()[0].unwrap_i32();
        let reserve = if safety == Safety::Temporal { 8 } else { 0 };
        let first = allocate(&mut running, region, 8, 8);
        let most = 65535 * 65536 - first - 8 - reserve;
        assert_eq!(allocate(&mut running, region, u32::MAX, 1), 0);
        assert_eq!(allocate(&mut running, region, most + 1, 1), 0);
        assert_eq!(allocate(&mut running, region, u32::MAX - 8, 65536), 0);
        assert_eq!(allocate(&mut running, region, most, 1), first + 8);
        assert_eq!(allocate(&mut running, region, 1, 1), 0);
    }
}

#[test]
fn memory_of_others_is_refused() {
    let text = MODULE.replacen("(func (export", "(memory 1) (func (export", 1);
    let error = linmem::link(text.as_bytes(), &config()).unwrap_err();
    assert_eq!(error.to_string(), "`own_memory`: the module has a memory of its own");
    let mut builder = ModuleBuilder::new(&config(), Representation::Packed).unwrap();
    let ty =
        wasm_encoder::MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
    let error = builder.import_segment_memory("host", "memory", ty).unwrap_err();
    assert_eq!(error.to_string(), "`own_memory`: segments are in a memory that the module imports");
}
