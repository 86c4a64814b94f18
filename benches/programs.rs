//! The time of small programs in wasmtime, as ratios to the same programs written by hand, in the same run: `iovec` opens a
//! region for three allocations in a loop, `many` makes a list of small allocations, and `nested` opens a region in each call of
//! a recursive function. Those written by hand for `many` and `nested` do not check that there is memory. In `benches/v8`, the
//! same programs run on V8.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]

mod support;

use linmem::{Config, Safety};
use linmem_host::wasmtime::{Engine, Instance, Module, Store, TypedFunc};
use support::{compared, quickest};

/// A program: its name, which is also that of its export; the folders of its text and of the one written by hand; its operand;
/// and the largest ratio that is the goal with `i64` segments without checks.
const PROGRAMS: [(&str, [&str; 2], i32, f64); 3] = [
    ("iovec", ["tests/cost", "tests/cost"], 10_000, 0.80),
    ("many", ["tests/cost", "benches/programs"], 1000, 1.05),
    ("nested", ["benches/programs", "benches/programs"], 1000, 1.1),
];

/// The number of rounds; each runs all programs.
const ROUNDS: usize = 201;

/// The number of consecutive runs of one program in a round, of which the fastest counts.
const TIMES: usize = 20;

struct Program {
    store: Store<()>,
    function: TypedFunc<i32, i32>,
    operand: i32,
}

impl Program {
    fn new(module: &[u8], export: &str, operand: i32) -> Program {
        let engine = Engine::new(&linmem_host::run::config()).unwrap();
        let module = Module::new(&engine, module).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let function = instance.get_typed_func(&mut store, export).unwrap();
        Program { store, function, operand }
    }

    fn run(&mut self) -> i32 {
        self.function.call(&mut self.store, self.operand).unwrap()
    }

    fn time(&mut self) -> f64 {
        quickest(TIMES, || {
            self.run();
        })
    }
}

fn text(folder: &str, name: &str) -> String {
    std::fs::read_to_string(format!("{}/{folder}/{name}.wat", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn main() {
    println!("time, relative to the program written by hand: i64 none, i64 spatial, i32 none");
    for (name, [folder, hand_folder], operand, goal) in PROGRAMS {
        let hand = linmem::wat::parse(text(hand_folder, &format!("{name}.hand")).as_bytes()).unwrap().into_owned();
        let mut hand = Program::new(&hand, name, operand);
        let mut linked =
            [("i64", Safety::None), ("i64", Safety::Spatial), ("i32", Safety::None)].map(|(segment, safety)| {
                let config = Config::new().with_safety(safety);
                let source = text(folder, name).replace("{seg}", segment);
                Program::new(&linmem::link(source.as_bytes(), &config).unwrap(), name, operand)
            });
        let expected = hand.run();
        // `iovec` adds addresses, and so does not always have the same result.
        linked.iter_mut().for_each(|program| assert!(name == "iovec" || program.run() == expected, "{name}"));
        let ratios = compared(ROUNDS, || {
            let base = hand.time();
            linked.each_mut().map(|program| program.time() / base)
        });
        println!("{name:8} {} (goal: {goal:.2} with i64 none)", ratios.map(|ratio| format!("{ratio:.2} ")).concat());
    }
}
