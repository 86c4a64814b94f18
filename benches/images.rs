//! Instantiation by wasmtime: modules whose memory has an image, compared with modules that copy their segments.
//!
//! Both modules of a pair have the same segments and memories with the same contents. The offset of the first segment of one
//! of them is a defined global, so that wasmtime copies all its segments one by one.
//!
//! The modules are instantiated alternately in one process, for many rounds; the bench prints the ratio of the fastest rounds.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use linmem::image::{self, Verdict};
use linmem_host::wasmtime::{Engine, Instance, Module, Store};
use std::fmt::Write;
use support::quickest;

/// The numbers of segments.
const COUNTS: [usize; 3] = [10, 1000, 10_000];

/// The size of a segment in bytes, and the distance from the start of one to the start of the next.
const BYTES: usize = 16;
const DISTANCE: usize = 24;

/// The number of rounds; each instantiates both modules.
const ROUNDS: usize = 100;

/// The number of consecutive instantiations of one module in a round.
const TIMES: usize = 4;

/// The page size and the allowance that wasmtime uses by default.
const PAGE_SIZE: u64 = 4096;
const ALLOWANCE: u64 = 16 << 20;

/// A module with this many segments. The first one has this offset.
fn module(segments: usize, first: &str) -> Vec<u8> {
    let pages = (segments * DISTANCE).div_ceil(65536);
    let mut text = format!("(module (memory (export \"memory\") {pages}) (global i32 (i32.const 0))");
    for segment in 0..segments {
        let offset = if segment == 0 { first.to_string() } else { format!("i32.const {}", segment * DISTANCE) };
        write!(text, "(data ({offset}) \"{segment:0BYTES$}\")").unwrap();
    }
    linmem::wat::parse(format!("{text})").as_bytes()).unwrap().into_owned()
}

/// A module that is compiled.
struct Compiled {
    engine: Engine,
    module: Module,
}

impl Compiled {
    fn new(module: &[u8]) -> Compiled {
        let engine = Engine::new(&linmem_host::run::config()).unwrap();
        let module = Module::new(&engine, module).unwrap();
        Compiled { engine, module }
    }

    /// Instantiates the module, and returns its memory.
    fn contents(&self) -> Vec<u8> {
        let mut store = Store::new(&self.engine, ());
        let instance = Instance::new(&mut store, &self.module, &[]).unwrap();
        instance.get_memory(&mut store, "memory").unwrap().data(&store).to_vec()
    }

    fn instantiate(&self) {
        let mut store = Store::new(&self.engine, ());
        Instance::new(&mut store, &self.module, &[]).unwrap();
    }
}

fn images(criterion: &mut Criterion) {
    println!("instantiation with an image: time, relative to copying segments");
    for count in COUNTS {
        let (with_image, with_segments) = (module(count, "i32.const 0"), module(count, "global.get 0"));
        let verdict = |module| image::read(module).unwrap().try_static_init(PAGE_SIZE, ALLOWANCE);
        assert_eq!(verdict(&with_image), Verdict::Static);
        assert!(matches!(verdict(&with_segments), Verdict::Segmented(_)));
        let modules = [Compiled::new(&with_image), Compiled::new(&with_segments)];
        assert!(modules[0].contents() == modules[1].contents(), "both have the same memory");
        let mut best = [f64::INFINITY; 2];
        for _ in 0..ROUNDS {
            for (module, best) in modules.iter().zip(&mut best) {
                *best = best.min(quickest(TIMES, || module.instantiate()));
            }
        }
        println!("  {count:6} segments {:.3}", best[0] / best[1]);
        let mut group = criterion.benchmark_group(format!("images/{count}"));
        group.sample_size(10).measurement_time(std::time::Duration::from_millis(300));
        group.warm_up_time(std::time::Duration::from_millis(100));
        for (name, module) in ["image", "segments"].iter().zip(&modules) {
            group.bench_function(*name, |bencher| bencher.iter(|| module.instantiate()));
        }
        group.finish();
    }
}

criterion_group!(benches, images);
criterion_main!(benches);
