//! Allocation in the memory of a guest by `linmem_host::memory`, compared with calls of `malloc` and `free` written by hand.
//!
//! Each turn allocates 1 KiB, writes it, calls a function of the guest with it, reads it back, and frees it. The baseline is the
//! same by hand: the functions are looked up beforehand, the bytes are copied through slices, and nothing is checked that Rust
//! does not check. The allocator of the baseline is dlmalloc of wasi-libc, in a guest that clang compiles; without clang, the
//! bench prints a message and measures nothing.
//!
//! "By hand, linmem" calls the exports of linmem's allocator by hand. It is what the calls of the guest and the copies take, and
//! so the least that the library can reach.
//!
//! All are run alternately in one process, for many rounds; the bench prints the ratios of the fastest rounds.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use linmem_host::memory::{Grow, GuestMemory, Source, Zero};
use linmem_host::wasmtime::{Engine, Instance, Linker, Module, Store, TypedFunc};
use std::hint::black_box;
use std::process::Command;
use support::quickest;

const BYTES: usize = 1024;

/// The number of rounds, and of turns in a round.
const ROUNDS: usize = 300;
const TURNS: usize = 200;

/// The guest of the baseline. Blocks of several sizes stay allocated, so that the heap is not empty.
const PROGRAM: &str = r#"
#include <stdlib.h>
__attribute__((export_name("prepare"))) void prepare(void) {
  void *blocks[64];
  for (int i = 0; i < 64; i++) blocks[i] = malloc(16 + 40 * i);
  for (int i = 0; i < 64; i += 2) free(blocks[i]);
}
__attribute__((export_name("touch"))) int touch(unsigned char *data, int bytes) {
  data[0] += 1;
  return data[0] + data[bytes - 1];
}
"#;

/// The guest with linmem's allocator, whose function does the same.
const LINKED: &str = r#"(module
  (import "linmem" "MemorySegment.size" (func (param i64) (result i32)))
  (memory (export "memory") 2)
  (func (export "touch") (param i32 i32) (result i32)
    (i32.store8 (local.get 0) (i32.add (i32.load8_u (local.get 0)) (i32.const 1)))
    (i32.add (i32.load8_u (local.get 0))
      (i32.load8_u (i32.sub (i32.add (local.get 0) (local.get 1)) (i32.const 1))))))"#;

/// The program, compiled by clang; `None` if there is no clang.
fn compiled() -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let (source, module) = (folder.path().join("guest.c"), folder.path().join("guest.wasm"));
    std::fs::write(&source, PROGRAM).unwrap();
    let mut command = Command::new("clang-19");
    command.args(["--target=wasm32-wasi", "-fuse-ld=/usr/bin/wasm-ld-19", "-O2", "-mexec-model=reactor"]);
    command.args(["-Wl,--export=malloc,--export=free", "-o"]);
    let status = command.arg(&module).arg(&source).status().ok()?;
    assert!(status.success(), "clang rejects the program");
    Some(std::fs::read(module).unwrap())
}

/// An instance, and its function that is called with the data.
struct Guest {
    store: Store<()>,
    instance: Instance,
    touch: TypedFunc<(i32, i32), i32>,
    data: Vec<u8>,
    output: Vec<u8>,
}

impl Guest {
    fn new(engine: &Engine, module: &[u8]) -> Guest {
        let module = Module::new(engine, module).unwrap();
        let mut store = Store::new(engine, ());
        let instance = Linker::new(engine).instantiate(&mut store, &module).unwrap();
        for start in ["_initialize", "prepare"] {
            if let Ok(start) = instance.get_typed_func::<(), ()>(&mut store, start) {
                start.call(&mut store, ()).unwrap();
            }
        }
        let touch = instance.get_typed_func(&mut store, "touch").unwrap();
        let data = (0..BYTES).map(|index| index as u8).collect();
        Guest { store, instance, touch, data, output: vec![0; BYTES] }
    }

    /// Turns by hand. With `OnDrop`, the bytes are set to zero before they are freed.
    fn by_hand(mut self, zero: Zero) -> impl FnMut() {
        let malloc = self.instance.get_typed_func::<u32, u32>(&mut self.store, "malloc").unwrap();
        let free = self.instance.get_typed_func::<u32, ()>(&mut self.store, "free").unwrap();
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        move || {
            let Guest { store, touch, data, output, .. } = &mut self;
            let address = malloc.call(&mut *store, BYTES as u32).unwrap();
            let range = address as usize..address as usize + BYTES;
            memory.data_mut(&mut *store)[range.clone()].copy_from_slice(data);
            black_box(touch.call(&mut *store, (address.cast_signed(), BYTES as i32)).unwrap());
            output.copy_from_slice(&memory.data(&*store)[range.clone()]);
            if zero == Zero::OnDrop {
                memory.data_mut(&mut *store)[range].fill(0);
            }
            free.call(&mut *store, address).unwrap();
            assert_eq!(black_box(&*output)[0], 1);
        }
    }

    /// Turns with linmem's allocator by hand: what the calls of the guest and the copies take.
    fn by_hand_linmem(mut self) -> impl FnMut() {
        let Guest { store, instance, .. } = &mut self;
        let acquire = instance.get_typed_func::<(u32, u32, u64), (u64, u32)>(&mut *store, "linmem_acquire").unwrap();
        let release = instance.get_typed_func::<(u32, u32, u32), u32>(&mut *store, "linmem_release").unwrap();
        let memory = instance.get_memory(&mut *store, "memory").unwrap();
        move || {
            let Guest { store, touch, data, output, .. } = &mut self;
            let (segment, handle) = acquire.call(&mut *store, (BYTES as u32, 8, 1)).unwrap();
            let address = segment as u32;
            let range = address as usize..address as usize + BYTES;
            memory.data_mut(&mut *store)[range.clone()].copy_from_slice(data);
            black_box(touch.call(&mut *store, (address.cast_signed(), BYTES as i32)).unwrap());
            output.copy_from_slice(&memory.data(&*store)[range]);
            let loan = address + BYTES as u32;
            assert_eq!(release.call(&mut *store, (handle, loan, loan + 16)).unwrap(), 0);
            assert_eq!(black_box(&*output)[0], 1);
        }
    }

    /// Turns by [`GuestMemory`].
    fn by_source(mut self, source: &Source, zero: Zero) -> impl FnMut() {
        let memory = GuestMemory::with_source(&mut self.store, &self.instance, None, source).unwrap();
        move || {
            let Guest { store, touch, data, output, .. } = &mut self;
            let mut allocation = memory.alloc(&mut *store, data, Grow::Allowed, zero).unwrap();
            let arguments = (allocation.to_i32().unwrap(), BYTES as i32);
            black_box(touch.call(&mut allocation, arguments).unwrap());
            output.copy_from_slice(allocation.as_slice().unwrap());
            drop(allocation);
            assert_eq!(black_box(&*output)[0], 1);
        }
    }
}

/// A name, and a function that takes one turn.
type Way = (&'static str, Box<dyn FnMut()>);

fn host(criterion: &mut Criterion) {
    let Some(program) = compiled() else {
        println!("clang-19 is not installed: the bench of the host is skipped");
        return;
    };
    let engine = Engine::new(&linmem_host::run::config()).unwrap();
    let config = linmem::Config::new().with_export_allocator(true);
    let linked = linmem::link(LINKED.as_bytes(), &config);
    let linked = linked.unwrap();
    let guest = || Guest::new(&engine, &program);
    let linked = || Guest::new(&engine, &linked);
    let mut ways: Vec<Way> = vec![
        ("by hand, dlmalloc", Box::new(guest().by_hand(Zero::Never))),
        ("by hand, zeroed", Box::new(guest().by_hand(Zero::OnDrop))),
        ("dlmalloc", Box::new(guest().by_source(&Source::Malloc, Zero::Never))),
        ("dlmalloc, zeroed", Box::new(guest().by_source(&Source::Malloc, Zero::OnDrop))),
        ("by hand, linmem", Box::new(linked().by_hand_linmem())),
        ("linmem", Box::new(linked().by_source(&Source::Linmem, Zero::Never))),
        ("linmem, zeroed", Box::new(linked().by_source(&Source::Linmem, Zero::OnDrop))),
        ("pages of the host", Box::new(linked().by_source(&Source::Pages, Zero::Never))),
    ];
    let mut best = vec![f64::INFINITY; ways.len()];
    for _ in 0..ROUNDS {
        for ((_, turn), best) in ways.iter_mut().zip(&mut best) {
            *best = best.min(quickest(1, || (0..TURNS).for_each(|_| turn())));
        }
    }
    println!("allocate, write, call, read and free 1 KiB: time, relative to malloc and free by hand");
    for ((name, _), time) in ways.iter().zip(&best) {
        println!("  {name:18} {:.3}  {:.0} ns", time / best[0], time / TURNS as f64 * 1e9);
    }
    let mut group = criterion.benchmark_group("host");
    group.sample_size(10).measurement_time(std::time::Duration::from_millis(300));
    group.warm_up_time(std::time::Duration::from_millis(100));
    for (name, turn) in &mut ways {
        group.bench_function(*name, |bencher| bencher.iter(&mut *turn));
    }
    group.finish();
}

criterion_group!(benches, host);
criterion_main!(benches);
