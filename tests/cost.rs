//! What lowered code costs, as a golden: instructions that are executed (wasmtime's fuel) for each operation, next to the
//! same program written by hand, and the size of the linked modules. A change that makes code worse shows here.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use linmem::{Config, Optimize};
use linmem_host::wasmtime::Val;
use std::fmt::Write;
use support::host::{Running, State};

/// A benchmark program: its name, which is its export, how often its operation runs, and at most how many instructions
/// the operation may take, with `i32` and with `i64`.
const PROGRAMS: [(&str, i32, [f64; 2]); 3] =
    [("iovec", 10_000, [56.0, 74.0]), ("many", 1000, [38.0, 38.0]), ("bytes", 65536, [28.0, 28.0])];

fn text(name: &str) -> String {
    std::fs::read_to_string(support::root().join("tests/cost").join(name)).unwrap()
}

/// Runs a module and gives its result and the instructions for each operation. The program runs twice, so that growing
/// memory is not counted.
fn run(module: &[u8], name: &str, times: i32) -> (i32, f64) {
    let mut running = Running::new(module, State::default());
    let first = running.call(name, &[Val::I32(times)]).unwrap()[0].unwrap_i32();
    let second = running.call(name, &[Val::I32(times)]).unwrap()[0].unwrap_i32();
    assert_eq!(first, second, "{name} gives the same whenever it runs");
    let fuel = running.fuel(name, &[Val::I32(times)]);
    (first, fuel as f64 / f64::from(times))
}

#[test]
fn instructions() {
    let mut table = String::from("instructions for each operation, without checks\n\n");
    writeln!(table, "{:8} {:>8} {:>8} {:>8} {:>14}", "program", "by hand", "i32", "i64", "i64, for size").unwrap();
    for (name, times, limits) in PROGRAMS {
        let (expected, by_hand) = run(&support::parse(&text(&format!("{name}.hand.wat"))), name, times);
        write!(table, "{name:8} {by_hand:8.2}").unwrap();
        let source = text(&format!("{name}.wat"));
        for (representation, limit) in ["i32", "i64"].iter().zip(limits) {
            let linked = support::link(&source.replace("{seg}", representation));
            let (result, cost) = run(&linked, name, times);
            if name != "many" {
                assert_eq!(result, expected, "{name} gives what the program by hand gives");
            }
            assert!(cost <= limit, "{name} with {representation} takes {cost} instructions, the limit is {limit}");
            write!(table, " {cost:8.2}").unwrap();
        }
        let config = Config { optimize: Optimize::Size, ..Config::default() };
        let linked = linmem::link(&support::parse(&source.replace("{seg}", "i64")), &config).unwrap();
        writeln!(table, " {:14.2}", run(&linked, name, times).1).unwrap();
    }
    let _guard = support::goldens("cost");
    insta::assert_snapshot!("instructions", table);
}

/// The size of a module without its name section.
fn size_without_names(module: &[u8]) -> usize {
    let names: usize = wasmparser::Parser::new(0)
        .parse_all(module)
        .filter_map(|payload| match payload.unwrap() {
            wasmparser::Payload::CustomSection(section) => {
                let contents = section.range().len();
                // The number of the section, and its size as a LEB128.
                Some(contents + 1 + if contents < 128 { 1 } else { 2 })
            }
            _ => None,
        })
        .sum();
    module.len() - names
}

#[test]
fn sizes() {
    let mut table = String::from("bytes of a linked module without its name section\n\n");
    writeln!(table, "{:10} {:>8} {:>8}", "module", "speed", "size").unwrap();
    let mut row = |name: &str, source: &str| {
        let module = support::parse(source);
        let size = |optimize| {
            let config = Config { optimize, ..Config::default() };
            size_without_names(&linmem::link(&module, &config).unwrap())
        };
        writeln!(table, "{name:10} {:8} {:8}", size(Optimize::Speed), size(Optimize::Size)).unwrap();
    };
    row("hello", &std::fs::read_to_string(support::root().join("examples/hello.wat")).unwrap());
    for (name, ..) in PROGRAMS {
        row(&format!("{name} i64"), &text(&format!("{name}.wat")).replace("{seg}", "i64"));
    }
    let _guard = support::goldens("cost");
    insta::assert_snapshot!("sizes", table);
}
