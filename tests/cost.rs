//! What lowered code costs, as a golden: instructions that are executed (wasmtime's fuel) for each operation, next to the
//! same program written by hand, and the size of the linked modules. A change that makes code worse shows here.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use linmem::allocator::layout::REGION_HEADER;
use linmem::{Config, Optimize, Safety};
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

/// What the instructions of `iovec` may be multiplied by where regions are checked.
const MOST_FOR_CHECKS: f64 = 1.6;

/// The configurations that are measured: how the table calls them, and whether they check.
fn configurations() -> [(&'static str, &'static str, Config); 5] {
    let temporal = Config { safety: Some(Safety::Temporal), ..Config::default() };
    let size = Config { optimize: Optimize::Size, ..Config::default() };
    [
        ("i32", "i32", Config::default()),
        ("i64", "i64", Config::default()),
        ("i32 temporal", "i32", temporal.clone()),
        ("i64 temporal", "i64", temporal),
        ("i64 for size", "i64", size),
    ]
}

#[test]
fn instructions() {
    let mut table = String::from("instructions for each operation; without checks, unless a column says otherwise\n\n");
    write!(table, "{:8} {:>8}", "program", "by hand").unwrap();
    for (name, ..) in configurations() {
        write!(table, " {name:>13}").unwrap();
    }
    table.push('\n');
    for (name, times, limits) in PROGRAMS {
        let (expected, by_hand) = run(&support::parse(&text(&format!("{name}.hand.wat"))), name, times);
        write!(table, "{name:8} {by_hand:8.2}").unwrap();
        let source = text(&format!("{name}.wat"));
        let mut unchecked = Vec::new();
        for (position, (column, representation, config)) in configurations().iter().enumerate() {
            let linked = linmem::link(source.replace("{seg}", representation).as_bytes(), config).unwrap();
            let (result, cost) = run(&linked, name, times);
            if name != "many" {
                // `iovec` adds up addresses, which lie behind the header of a region that has one.
                let has_header = config.safety == Some(Safety::Temporal) && name == "iovec";
                let expected = if has_header { expected + times * REGION_HEADER as i32 } else { expected };
                assert_eq!(result, expected, "{name} gives what the program by hand gives");
            }
            let limit = match (position, config.safety) {
                (0 | 1, _) => limits[position],
                (_, Some(Safety::Temporal)) if name == "iovec" => MOST_FOR_CHECKS * unchecked[position - 2],
                _ => f64::INFINITY,
            };
            assert!(cost <= limit, "{name} with {column} takes {cost} instructions, the limit is {limit}");
            unchecked.push(cost);
            write!(table, " {cost:13.2}").unwrap();
        }
        table.push('\n');
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
