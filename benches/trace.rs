//! The cost of tracing in time: programs that are traced, with the auditor, compared with the same programs without.
//!
//! - `sha256`: the example `sha256sum.wat` over 20 MB: loops over a segment, with few regions;
//! - `iovec`: 50,000 lines through the raw fd_write: a region, three allocations and eleven accesses for each call of the host;
//! - `stores`: raw loads and stores of a sieve, in a memory that is shared with linmem;
//! - `regions`: a region with one allocation and one access, and nothing else: the worst case, since each of its three events
//!   is recorded, but the region itself is a few instructions.
//!
//! The programs run alternately, for several rounds; the bench prints the ratios of the fastest rounds.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]

mod support;

use linmem::{Config, Safety};
use linmem_host::audit::{self, Auditor};
use linmem_host::wasmtime::{Engine, Linker, Module, Store};
use linmem_host::wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_sync};
use linmem_host::wasmtime_wasi::{FsPerms, WasiCtxBuilder};
use std::path::Path;
use support::quickest;

const BYTES: u32 = 20_000_000;
const ROUNDS: usize = 4;

/// The imports of all programs but the first.
const IMPORTS: &str = r#"
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param i64 i32 i64)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))"#;

const IOVEC: &str = r#"
  (func (export "_start") (local $r i32) (local $i i32) (local $text i64) (local $iovec i64) (local $written i64)
    (loop $next
      (local.set $r (call $new))
      (local.set $text (call $allocate (local.get $r) (i32.const 64)))
      (local.set $iovec (call $allocate (local.get $r) (i32.const 8)))
      (local.set $written (call $allocate (local.get $r) (i32.const 4)))
      (call $setLong (local.get $text) (i32.const 0) (i64.const 0x2020202020202020))
      (call $setLong (local.get $text) (i32.const 8) (i64.const 0x2020202020202020))
      (call $setLong (local.get $text) (i32.const 16) (i64.const 0x2020202020202020))
      (call $setLong (local.get $text) (i32.const 24) (i64.const 0x2020202020202020))
      (call $setLong (local.get $text) (i32.const 32) (i64.const 0x2020202020202020))
      (call $setLong (local.get $text) (i32.const 40) (i64.const 0x2020202020202020))
      (call $setLong (local.get $text) (i32.const 48) (i64.const 0x2020202020202020))
      (call $setLong (local.get $text) (i32.const 56) (i64.const 0x0a20202020202020))
      (call $setInt (local.get $iovec) (i32.const 0) (call $address (local.get $text)))
      (call $setInt (local.get $iovec) (i32.const 4) (i32.const 64))
      (drop (call $fd_write (i32.const 1) (call $address (local.get $iovec)) (i32.const 1) (call $address (local.get $written))))
      (if (i32.ne (call $getInt (local.get $written) (i32.const 0)) (i32.const 64)) (then (unreachable)))
      (call $free (local.get $r))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50000)))))"#;

const STORES: &str = r#"
  (memory (export "memory") 1)
  (func (export "_start") (local $r i32) (local $p i32) (local $i i32) (local $j i32) (local $count i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 4000000))))
    (local.set $i (i32.const 2))
    (loop $next
      (if (i32.eqz (i32.load8_u (i32.add (local.get $p) (local.get $i))))
        (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $j (i32.mul (local.get $i) (i32.const 2)))
          (block $done
            (loop $multiple
              (br_if $done (i32.ge_u (local.get $j) (i32.const 4000000)))
              (i32.store8 (i32.add (local.get $p) (local.get $j)) (i32.const 1))
              (local.set $j (i32.add (local.get $j) (local.get $i)))
              (br $multiple)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4000000))))
    (call $free (local.get $r))
    (if (i32.ne (local.get $count) (i32.const 283146)) (then (unreachable))))"#;

const REGIONS: &str = r#"
  (func (export "_start") (local $r i32) (local $i i32)
    (loop $next
      (local.set $r (call $new))
      (call $setInt (call $allocate (local.get $r) (i32.const 16)) (i32.const 0) (local.get $i))
      (call $free (local.get $r))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 300000)))))"#;

struct State {
    wasi: WasiP1Ctx,
    auditor: Auditor,
}

/// A program that wasmtime has compiled.
struct Program {
    module: Module,
    linker: Linker<State>,
}

impl Program {
    fn new(text: &str, config: &Config) -> Program {
        let engine = Engine::new(&linmem_host::run::config()).unwrap();
        let mut linker = Linker::new(&engine);
        add_to_linker_sync(&mut linker, |state: &mut State| &mut state.wasi).unwrap();
        audit::define(&mut linker, |state: &mut State| &mut state.auditor).unwrap();
        let linked = linmem::link(text.as_bytes(), config).unwrap();
        Program { module: Module::new(&engine, linked).unwrap(), linker }
    }

    fn run(&self, folder: &Path) {
        let mut builder = WasiCtxBuilder::new();
        builder.args(&["program", "file"]).preopened_dir(folder, ".", FsPerms::ReadOnly).unwrap();
        let state = State { wasi: builder.build_p1(), auditor: Auditor::default() };
        let mut store = Store::new(self.module.engine(), state);
        let instance = self.linker.instantiate(&mut store, &self.module).unwrap();
        instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap().call(&mut store, ()).unwrap();
        audit::finish(&mut store, |state| &mut state.auditor);
        assert_eq!(store.data().auditor.findings().list(), []);
    }
}

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trace");
    std::fs::create_dir_all(&folder).unwrap();
    let bytes: Vec<u8> = (0..BYTES).map(|index| (index.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect();
    std::fs::write(folder.join("file"), bytes).unwrap();
    let sha256 = std::fs::read_to_string(format!("{}/examples/sha256sum.wat", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let module = |body: &str| format!("(module{IMPORTS}{body})");
    let programs =
        [("sha256", sha256), ("iovec", module(IOVEC)), ("stores", module(STORES)), ("regions", module(REGIONS))];
    println!("times of traced programs, relative to the same without:");
    for (name, text) in programs {
        for &safety in Safety::ALL {
            let config = Config::new().with_safety(safety);
            let programs = [false, true].map(|trace| Program::new(&text, &config.clone().with_trace(trace)));
            let mut best = [f64::INFINITY; 2];
            for _ in 0..ROUNDS {
                for (program, best) in programs.iter().zip(&mut best) {
                    *best = best.min(quickest(1, || program.run(&folder)));
                }
            }
            println!("  {name:<8} {safety:<9} {:.2}", best[1] / best[0]);
        }
    }
    println!("(goal: below 3, except for regions)");
    let _ = std::fs::remove_dir_all(folder);
}
