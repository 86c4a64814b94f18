//! Text between arrays of UTF-16 and segments of UTF-8, compared with a loop over the characters at the same safety level.
//!
//! The programs run alternately in one process, for many rounds; the bench prints how many times as fast as the loop an
//! intrinsic is, as the median of the rounds. The goal for ASCII, without vectors, is 1.9 when it is encoded, and no text is to
//! take longer than in the loop. The column `store` compares `set` with a loop that stores each unit as two bytes, and so does
//! less: it does not encode.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]

mod support;

use linmem::{Config, Safety};
use linmem_host::wasmtime::{Engine, Instance, Module, Store, TypedFunc};
use support::{compared, quickest};

/// The number of units of a text.
const UNITS: i32 = 16384;

/// The number of rounds; each runs all programs.
const ROUNDS: usize = 50;

/// The number of consecutive runs of one program in a round.
const TIMES: usize = 4;

/// The texts: a name, a unit that is not ASCII, and the distance of these units.
const TEXTS: [(&str, i32, i32); 7] = [
    ("ASCII", 0x61, 1),
    ("one in 40", 0xe9, 40),
    ("one in 8", 0xe9, 8),
    ("Greek", 0x3b1, 1),
    ("one CJK in 8", 0x4e2d, 8),
    ("one CJK in 2", 0x4e2d, 2),
    ("CJK", 0x4e2d, 1),
];

/// The functions, and the loops that are compared with them.
const FUNCTIONS: [&str; 8] = ["allocate", "set", "get", "size", "set_loop", "get_loop", "size_loop", "store_loop"];

struct Program {
    store: Store<()>,
    instance: Instance,
}

impl Program {
    fn new(config: &Config) -> Program {
        let engine = Engine::new(&linmem_host::run::config()).unwrap();
        let path = format!("{}/tests/cost/text.wat", env!("CARGO_MANIFEST_DIR"));
        let linked = linmem::link(std::fs::read_to_string(path).unwrap().as_bytes(), config).unwrap();
        let module = Module::new(&engine, linked).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        Program { store, instance }
    }

    fn function(&mut self, name: &str) -> TypedFunc<i32, ()> {
        self.instance.get_typed_func(&mut self.store, name).unwrap()
    }

    fn prepare(&mut self, (_, other, each): (&str, i32, i32)) {
        let prepare: TypedFunc<(i32, i32, i32), ()> = self.instance.get_typed_func(&mut self.store, "prepare").unwrap();
        prepare.call(&mut self.store, (UNITS, other, each)).unwrap();
    }

    /// Prepares a text, calls these functions, and returns a number that depends on the segment and the array.
    fn after(&mut self, text: (&str, i32, i32), names: &[&str]) -> i64 {
        self.prepare(text);
        for name in names {
            self.function(name).call(&mut self.store, UNITS).unwrap();
        }
        let sum: TypedFunc<i32, i64> = self.instance.get_typed_func(&mut self.store, "sum").unwrap();
        sum.call(&mut self.store, UNITS).unwrap()
    }
}

fn main() {
    println!("how many times as fast as a loop over {UNITS} characters an intrinsic is");
    println!("{:28} {:>8} {:>8} {:>8} {:>8} {:>8}", "", "allocate", "set", "get", "size", "store");
    for simd in [false, true] {
        for safety in [Safety::None, Safety::Spatial] {
            for text in TEXTS {
                let mut program = Program::new(&Config::new().with_safety(safety).with_simd(simd));
                let expected = program.after(text, &["set_loop"]);
                for names in
                    [&["set"][..], &["set", "get"], &["set", "get_loop"], &["set", "size"], &["set", "size_loop"]]
                {
                    assert_eq!(program.after(text, names), expected, "{names:?} give the same text");
                }
                let functions = FUNCTIONS.map(|name| program.function(name));
                let ratios = compared(ROUNDS, || {
                    let times = functions
                        .clone()
                        .map(|function| quickest(TIMES, || function.call(&mut program.store, UNITS).unwrap()));
                    let [allocate, set, get, size, set_loop, get_loop, size_loop, store_loop] = times;
                    [set_loop / allocate, set_loop / set, get_loop / get, size_loop / size, store_loop / set]
                });
                let vectors = if simd { " simd" } else { "" };
                print!("{:28}", format!("{} {safety}{vectors}", text.0));
                ratios.iter().for_each(|ratio| print!(" {ratio:8.2}"));
                println!();
            }
        }
    }
}
