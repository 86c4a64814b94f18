//! Copies between arrays and segments, compared with a loop over their elements at the same safety level.
//!
//! The programs run alternately in one process, for many rounds; the bench prints how many times as fast as the loop the
//! copy is, as the median of the rounds. The goal is 2.0, in both directions. wasmtime 48 reads the length of an array again
//! after each element that is assigned, so that copies to arrays do not reach it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]

#[path = "../tests/support/elements.rs"]
mod elements;
mod support;

use linmem::intrinsics::Element;
use linmem::{Config, Safety};
use linmem_host::wasmtime::{Collector, Engine, Instance, Module, Store, TypedFunc};
use support::{compared, quickest};

/// The number of bytes of a copy.
const BYTES: i32 = 65536;

/// The number of rounds; each runs all programs.
const ROUNDS: usize = 50;

/// The number of consecutive runs of one program in a round.
const TIMES: usize = 4;

struct Program {
    store: Store<()>,
    instance: Instance,
}

impl Program {
    fn new(element: Element, safety: Safety, collector: Collector) -> Program {
        let mut config = linmem_host::run::config();
        config.collector(collector);
        let engine = Engine::new(&config).unwrap();
        let config = Config::new().with_safety(safety);
        let linked = linmem::link(elements::program(element).as_bytes(), &config).unwrap();
        let module = Module::new(&engine, linked).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        Program { store, instance }
    }

    fn function(&mut self, name: &str) -> TypedFunc<i32, ()> {
        self.instance.get_typed_func(&mut self.store, name).unwrap()
    }

    /// Prepares an array and a segment, calls these functions, and returns a number that depends on every element.
    fn after(&mut self, count: i32, names: &[&str]) -> i64 {
        for name in [&["prepare"], names].concat() {
            self.function(name).call(&mut self.store, count).unwrap();
        }
        let sum: TypedFunc<i32, i64> = self.instance.get_typed_func(&mut self.store, "sum").unwrap();
        sum.call(&mut self.store, count).unwrap()
    }
}

/// The collectors: their names in the table.
const COLLECTORS: [(&str, Collector); 3] =
    [("drc", Collector::DeferredReferenceCounting), ("copying", Collector::Copying), ("null", Collector::Null)];

fn main() {
    println!("how many times as fast as a loop over the elements a copy of {BYTES} bytes is");
    println!("{:24} {:>8} {:>8}", "", "from", "to");
    for (collector_name, collector) in COLLECTORS {
        for safety in [Safety::None, Safety::Spatial] {
            for element in elements::ELEMENTS {
                let mut program = Program::new(element, safety, collector);
                let count = BYTES / element.bytes() as i32;
                let expected = program.after(count, &["from_loop"]);
                assert_ne!(program.after(count, &[]), expected, "a copy changes the segment");
                for names in [&["from"][..], &["from", "clear", "to"], &["from", "clear", "to_loop"]] {
                    assert_eq!(program.after(count, names), expected, "{names:?} copy all elements");
                }
                let functions = ["from", "to", "from_loop", "to_loop"].map(|name| program.function(name));
                let times = |store: &mut Store<()>| {
                    functions.clone().map(|function| quickest(TIMES, || function.call(&mut *store, count).unwrap()))
                };
                let [from, to] = compared(ROUNDS, || {
                    let [from, to, from_loop, to_loop] = times(&mut program.store);
                    [from_loop / from, to_loop / to]
                });
                println!("{:24} {from:8.2} {to:8.2}", format!("{element} {safety} {collector_name}"));
            }
        }
    }
}
