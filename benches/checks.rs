//! The cost of checks in time: loops over a segment, compiled by wasmtime, compared with hand-written loops without
//! checks. `param` iterates over a segment that is a parameter, `bytes` over one that was just allocated; `table` reads
//! at offsets that no loop bounds.
//!
//! The programs run alternately in one process, for many rounds; the bench prints the ratio of the fastest rounds.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use linmem::{Config, Safety};
use linmem_host::wasmtime::{Engine, Instance, Module, Store, TypedFunc};
use support::quickest;

/// The size of the segment in bytes.
const BYTES: i32 = 65536;

/// The number of rounds; each runs all programs.
const ROUNDS: usize = 400;

/// The number of consecutive runs of one program in a round.
const TIMES: usize = 4;

struct Program {
    name: String,
    store: Store<()>,
    function: TypedFunc<i32, i32>,
}

impl Program {
    fn new(name: &str, module: &[u8], export: &str) -> Program {
        let engine = Engine::new(&linmem_host::run::config()).unwrap();
        let module = Module::new(&engine, module).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let function = instance.get_typed_func(&mut store, export).unwrap();
        Program { name: name.to_string(), store, function }
    }

    fn run(&mut self) -> i32 {
        self.function.call(&mut self.store, BYTES).unwrap()
    }
}

fn text(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/cost/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn checks(criterion: &mut Criterion) {
    for export in ["param", "bytes", "table"] {
        let hand = linmem::wat::parse(text(&format!("{export}.hand.wat")).as_bytes()).unwrap().into_owned();
        let mut programs = vec![Program::new("by hand", &hand, export)];
        for segment in ["i64", "anyref"] {
            for &safety in Safety::ALL {
                let config = Config::new().with_safety(safety);
                let source = text(&format!("{export}.wat")).replace("{seg}", segment);
                let linked = linmem::link(source.as_bytes(), &config).unwrap();
                programs.push(Program::new(&format!("{segment} {safety}"), &linked, export));
            }
        }
        let expected = programs[0].run();
        let mut best = vec![f64::INFINITY; programs.len()];
        for _ in 0..ROUNDS {
            for (program, best) in programs.iter_mut().zip(&mut best) {
                assert_eq!(program.run(), expected, "{} returns the same result", program.name);
                *best = best.min(quickest(TIMES, || {
                    program.run();
                }));
            }
        }
        println!("{export}: time, relative to the hand-written program without checks");
        for (program, time) in programs.iter().zip(&best).skip(1) {
            println!("  {:16} {:.2}", program.name, time / best[0]);
        }
        let mut group = criterion.benchmark_group(format!("checks/{export}"));
        group.sample_size(10).measurement_time(std::time::Duration::from_millis(300));
        group.warm_up_time(std::time::Duration::from_millis(100));
        for program in &mut programs {
            group.bench_function(program.name.clone(), |bencher| {
                bencher.iter(|| program.function.call(&mut program.store, BYTES));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, checks);
criterion_main!(benches);
