//! Shared code of the tests: guests in the text format, and how they are instantiated.

#![allow(dead_code, reason = "not every test uses everything")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use linmem_host::memory::GuestMemory;
use linmem_host::wasmtime::{Engine, Instance, Linker, Module, Store};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The binary form of a module.
pub(crate) fn assembled(text: &str) -> Vec<u8> {
    let buffer = wast::parser::ParseBuffer::new(text).unwrap();
    wast::parser::parse::<wast::Wat>(&buffer).unwrap_or_else(|error| panic!("{error}\n{text}")).encode().unwrap()
}

pub(crate) fn engine() -> Engine {
    Engine::new(&linmem_host::run::config()).unwrap()
}

/// An instance of a guest without imports.
pub(crate) fn instance(text: &str) -> (Store<()>, Instance) {
    let engine = engine();
    let module = Module::new(&engine, assembled(text)).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &module).unwrap();
    (store, instance)
}

/// An instance of a guest without imports, and its memory.
pub(crate) fn guest(text: &str) -> (Store<()>, Instance, GuestMemory) {
    let (mut store, instance) = instance(text);
    let memory = GuestMemory::new(&mut store, &instance, None).unwrap();
    (store, instance, memory)
}

/// Runs a future to its end.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

/// Functions `take` and `give`, an allocator in the low 32 bits of addresses: a list of freed blocks, whose first one of the same
/// size is taken, else a bump of `$top` and growth. Each block has a header of 8 bytes, its size.
pub(crate) const ALLOCATOR: &str = r#"
  (global $top (mut i32) (i32.const 4096))
  (global $freed (mut i32) (i32.const 0))
  (func $take (param $bytes i32) (result i32)
    (local $block i32) (local $before i32)
    (local.set $bytes (i32.and (i32.add (local.get $bytes) (i32.const 15)) (i32.const -16)))
    (local.set $block (global.get $freed))
    (block $none
      (loop $next
        (br_if $none (i32.eqz (local.get $block)))
        (if (i32.eq (i32.load (local.get $block)) (local.get $bytes))
          (then
            (if (local.get $before)
              (then (i32.store offset=4 (local.get $before) (i32.load offset=4 (local.get $block))))
              (else (global.set $freed (i32.load offset=4 (local.get $block)))))
            (return (i32.add (local.get $block) (i32.const 16)))))
        (local.set $before (local.get $block))
        (local.set $block (i32.load offset=4 (local.get $block)))
        (br $next)))
    (local.set $block (global.get $top))
    (global.set $top (i32.add (i32.add (local.get $block) (local.get $bytes)) (i32.const 16)))
    (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
      (then
        (if (i32.eq (i32.const -1) (memory.grow
              (i32.add (i32.shr_u (local.get $bytes) (i32.const 16)) (i32.const 1))))
          (then (global.set $top (local.get $block)) (return (i32.const 0))))))
    (i32.store (local.get $block) (local.get $bytes))
    (i32.add (local.get $block) (i32.const 16)))
  (func $give (param $address i32)
    (local.set $address (i32.sub (local.get $address) (i32.const 16)))
    (i32.store offset=4 (local.get $address) (global.get $freed))
    (global.set $freed (local.get $address)))
"#;

/// A guest with the allocator above, a memory of one page, and these functions.
pub(crate) fn with_allocator(functions: &str) -> String {
    format!(r#"(module (memory (export "memory") 1) {ALLOCATOR} {functions} {SUM})"#)
}

/// A function of a guest: the sum of bytes.
pub(crate) const SUM: &str = r#"
  (func (export "sum") (param $address i32) (param $bytes i32) (result i32)
    (local $sum i32)
    (loop $next
      (if (local.get $bytes)
        (then
          (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $address))))
          (local.set $address (i32.add (local.get $address) (i32.const 1)))
          (local.set $bytes (i32.sub (local.get $bytes) (i32.const 1)))
          (br $next))))
    (local.get $sum))
"#;

/// The exports of each source, over the allocator above.
pub(crate) const SOURCES: [(&str, &str); 10] = [
    ("Malloc", r#"(export "malloc" (func $take)) (export "free" (func $give))"#),
    (
        "AssemblyScript",
        r#"(func (export "__new") (param i32 i32) (result i32) (call $take (local.get 0)))
  (func (export "__pin") (param i32) (result i32) (local.get 0)) (export "__unpin" (func $give))"#,
    ),
    (
        "WasmBindgen",
        r#"(func (export "__wbindgen_malloc") (param i32 i32) (result i32) (call $take (local.get 0)))
  (func (export "__wbindgen_free") (param i32 i32 i32) (call $give (local.get 0)))"#,
    ),
    (
        "WasmBindgen",
        r#"(export "__wbindgen_malloc" (func $take))
  (func (export "__wbindgen_free") (param i32 i32) (call $give (local.get 0)))"#,
    ),
    (
        r#"Exports { allocate: "alloc", free: "dealloc" }"#,
        r#"(export "alloc" (func $take)) (func (export "dealloc") (param i32 i32) (call $give (local.get 0)))"#,
    ),
    (
        r#"Exports { allocate: "alloc", free: "free" }"#,
        r#"(export "alloc" (func $take)) (func (export "free") (param i32 i32) (call $give (local.get 0)))"#,
    ),
    (
        r#"Exports { allocate: "allocate", free: "deallocate" }"#,
        r#"(func (export "allocate") (param i32 i32) (result i32) (call $take (local.get 0)))
  (func (export "deallocate") (param i32 i32 i32) (call $give (local.get 0)))"#,
    ),
    (
        "CabiRealloc",
        r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (call $take (local.get 3)))"#,
    ),
    ("Pages", ""),
    (
        "Linmem",
        r#"(global $mark (mut i32) (i32.const 0))
  (func (export "linmem_open") (result i32) (global.get $top))
  (func (export "linmem_allocate") (param $region i32) (param $bytes i32) (param $alignment i32) (result i64)
    (global.set $top (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
    (i64.or (i64.extend_i32_u (call $take (local.get $bytes)))
      (i64.shl (i64.extend_i32_u (local.get $bytes)) (i64.const 32))))
  (func (export "linmem_close") (param $region i32) (global.set $top (local.get $region)))
  (func (export "linmem_address") (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
  (func (export "linmem_size") (param i64) (result i32) (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32))))"#,
    ),
];
