//! The cost of lowered code, as goldens: the instructions (wasmtime's fuel) that each operation executes, beside those of the
//! same program written by hand, and the size of the linked modules.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use linmem::{Config, Optimize, Safety, StaticFrames};
use linmem_codegen::planted::{Optimization, for_size, turn_off};
use linmem_host::wasmtime::Val;
use std::fmt::Write;
use support::host::{Running, State};

/// A benchmark program: its name, which is also the name of its export; how often its operation runs; and the largest number
/// of instructions for each operation, by the rows of the table.
struct Program {
    name: &'static str,
    times: i32,
    limits: &'static [(&'static str, f64)],
}

const PROGRAMS: [Program; 8] = [
    Program {
        name: "iovec",
        times: 10_000,
        limits: &[("i32", 33.0), ("i64", 33.0), ("i64 spatial", 40.0), ("i64 temporal", 60.0)],
    },
    Program {
        name: "many",
        times: 1000,
        limits: &[
            ("i32", 28.1),
            ("i64", 28.1),
            ("i64 spatial", 32.1),
            ("i64 temporal", 44.0),
            ("anyref", 32.0),
            ("anyref spatial", 36.0),
            ("anyref temporal", 36.0),
        ],
    },
    Program { name: "bytes", times: 65536, limits: &[("i32", 28.0), ("i64", 28.0), ("i64 spatial", 40.0)] },
    Program { name: "param", times: 65536, limits: &[("i32", 28.0), ("i64", 28.0), ("i64 spatial", 40.0)] },
    Program { name: "table", times: 65536, limits: &[("i32", 26.0), ("i64", 26.0)] },
    Program { name: "carried", times: 32768, limits: &[] },
    Program { name: "nested", times: LEVELS, limits: &[("i32", 28.0), ("i64", 28.0)] },
    Program { name: "grow", times: 1000, limits: &[("i32", 20.0), ("i64", 20.0)] },
];

/// The depth of the recursion of `nested`.
const LEVELS: i32 = 32;

fn text(name: &str) -> String {
    std::fs::read_to_string(support::root().join("tests/cost").join(name)).unwrap()
}

/// Runs a module, and returns its result and the instructions for each operation. The program runs twice before it is
/// measured, so that the growth of memory is not counted.
fn run(module: &[u8], name: &str, times: i32) -> (i32, f64) {
    let mut running = Running::new(module, State::default());
    let first = running.call(name, &[Val::I32(times)]).unwrap()[0].unwrap_i32();
    let second = running.call(name, &[Val::I32(times)]).unwrap()[0].unwrap_i32();
    assert_eq!(first, second, "{name} returns the same result each time");
    let fuel = running.fuel(name, &[Val::I32(times)]);
    (first, fuel as f64 / f64::from(times))
}

/// Links a module for size, even if it is then larger than for speed. `--optimize size` returns the smaller of both.
fn link_for_size(source: &[u8], config: &Config) -> Vec<u8> {
    for_size(true);
    let linked = linmem::link(source, config);
    for_size(false);
    linked.unwrap()
}

/// The largest factor by which checks of regions may increase the instructions of `iovec` without static frames.
const MAX_REGION_FACTOR: f64 = 1.6;

/// The name of the row that is lowered for size in any case. The row `i64 size` is what `--optimize size` returns.
const FOR_SIZE: &str = "i64 for size";

/// The configurations that are measured: their names in the table, the type of segments, and the configuration.
fn configurations() -> Vec<(String, &'static str, Config)> {
    let config = |safety, optimize| Config::new().with_safety(safety).with_optimize(optimize);
    let mut all = Vec::new();
    for segment in ["i32", "i64", "anyref"] {
        for (safety, _) in support::levels(support::representation(segment)).iter().step_by(3) {
            let name = if *safety == Safety::None { segment.to_string() } else { format!("{segment} {safety}") };
            all.push((name, segment, config(*safety, Optimize::Speed)));
        }
    }
    for name in ["i64 size", FOR_SIZE] {
        all.push((name.to_string(), "i64", config(Safety::None, Optimize::Size)));
    }
    all
}

#[test]
fn instructions() {
    let mut table = String::from(
        "instructions for each operation; without checks, unless a line says otherwise\n\
         size: the result of --optimize size; for size: lowered for size even if the module is then larger\n\n",
    );
    write!(table, "{:16}", "").unwrap();
    PROGRAMS.iter().for_each(|program| write!(table, " {:>8}", program.name).unwrap());
    write!(table, "\n{:16}", "by hand").unwrap();
    let mut by_hand = Vec::new();
    for Program { name, times, .. } in &PROGRAMS {
        let (result, cost) = run(&support::parse(&text(&format!("{name}.hand.wat"))), name, *times);
        by_hand.push(result);
        write!(table, " {cost:8.2}").unwrap();
    }
    table.push('\n');
    for (column, segment, config) in configurations() {
        write!(table, "{column:16}").unwrap();
        for (Program { name, times, limits }, expected) in PROGRAMS.iter().zip(&by_hand) {
            let source = text(&format!("{name}.wat")).replace("{seg}", segment);
            let linked = match &column[..] {
                FOR_SIZE => link_for_size(source.as_bytes(), &config),
                _ => linmem::link(source.as_bytes(), &config).unwrap(),
            };
            let (result, cost) = run(&linked, name, *times);
            // `iovec` adds addresses, and so does `many`, whose region has a header.
            assert!(*name == "many" || result == *expected, "{name} returns the result of the program written by hand");
            let limit = limits.iter().find(|(of, _)| *of == column).map(|(_, limit)| *limit);
            let limit = limit.unwrap_or(f64::INFINITY);
            assert!(cost <= limit, "{name} with {column} executes {cost} instructions; the limit is {limit}");
            write!(table, " {cost:8.2}").unwrap();
        }
        table.push('\n');
    }
    let cost = |safety| lowered_cost(("iovec", 10_000), "i32", safety, StaticFrames::Off);
    let (checked, unchecked) = (cost(Safety::Temporal), cost(Safety::None));
    assert!(
        checked <= MAX_REGION_FACTOR * unchecked,
        "iovec executes {checked} instructions, {unchecked} without checks"
    );
    let _guard = support::goldens("cost");
    insta::assert_snapshot!("instructions", table);
}

/// The number of elements that are copied.
const ELEMENTS: i32 = 8192;

#[test]
fn copies_of_arrays() {
    let mut table = String::from("instructions for each element of a copy between an array and a segment (i64)\n\n");
    writeln!(table, "{:16} {:>9} {:>9} {:>9} {:>9}", "", "from", "from_loop", "to", "to_loop").unwrap();
    for element in support::elements::ELEMENTS {
        for safety in Safety::ALL {
            let config = Config::new().with_safety(*safety);
            let linked = linmem::link(support::elements::program(element).as_bytes(), &config).unwrap();
            let mut running = Running::new(&linked, State::default());
            let count = [Val::I32(ELEMENTS)];
            running.call("prepare", &count).unwrap();
            write!(table, "{:16}", format!("{element} {safety}")).unwrap();
            let costs = ["from", "from_loop", "to", "to_loop"]
                .map(|name| running.fuel(name, &count) as f64 / f64::from(ELEMENTS));
            costs.iter().for_each(|cost| write!(table, " {cost:9.2}").unwrap());
            table.push('\n');
            assert!(costs[0] < costs[1] && costs[2] < costs[3], "{element} {safety}: the loop executes less");
        }
    }
    let _guard = support::goldens("cost");
    insta::assert_snapshot!("arrays", table);
}

/// Constants are not read from an array when the program runs: the instructions do not depend on their number.
#[test]
fn constants_of_arrays() {
    let mut table = String::from(
        "instructions of an allocation with the bytes of an array that was just made; wasmtime counts each byte of\n\
         memory.init, and of array.new, as one\n\n",
    );
    writeln!(table, "{:8} {:>10} {:>10} {:>10}", "bytes", "new_data", "new_fixed", "elements").unwrap();
    let mut costs = Vec::new();
    for count in [4, 8, 4096] {
        let fixed = "(i32.const 7)".repeat(count.min(8));
        let program = format!(
            r#"(module
              (type $a (array (mut i8)))
              (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
              (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
              (import "linmem" "MemoryAllocator.allocateArray" (func $array (param i32 (ref $a) i32 i32) (result i64)))
              (data $data "{bytes}")
              (func (export "new_data") (local $r i32) (local.set $r (call $new))
                (drop (call $array (local.get $r) (array.new_data $a $data (i32.const 0) (i32.const {count}))
                  (i32.const 0) (i32.const {count})))
                (call $free (local.get $r)))
              (func (export "new_fixed") (local $r i32) (local.set $r (call $new))
                (drop (call $array (local.get $r) (array.new_fixed $a {small} {fixed}) (i32.const 0) (i32.const {small})))
                (call $free (local.get $r)))
              (func (export "elements") (local $r i32) (local.set $r (call $new))
                (drop (call $array (local.get $r) (array.new $a (i32.const 7) (i32.const {count}))
                  (i32.const 0) (i32.const {count})))
                (call $free (local.get $r))))"#,
            bytes = "x".repeat(count),
            small = count.min(8),
        );
        let linked = linmem::link(program.as_bytes(), &Config::new().with_safety(Safety::None)).unwrap();
        let mut running = Running::new(&linked, State::default());
        let row = ["new_data", "new_fixed", "elements"].map(|name| running.fuel(name, &[]));
        let [new_data, new_fixed, elements] = row;
        writeln!(table, "{count:<8} {new_data:>10} {new_fixed:>10} {elements:>10}").unwrap();
        costs.push((count as u64, row));
    }
    // Each byte of `memory.init` counts as one.
    let beyond_bytes: Vec<u64> = costs.iter().map(|(count, row)| row[0] - count).collect();
    assert!(beyond_bytes.iter().all(|cost| *cost == beyond_bytes[0]), "no element is read: {costs:?}");
    assert!(costs.iter().all(|(_, row)| row[1] == costs[0].1[1]), "no element is read: {costs:?}");
    let _guard = support::goldens("cost");
    insta::assert_snapshot!("constants", table);
}

/// The texts that are encoded and decoded: a name, a unit that is not ASCII, and the distance of these units.
const TEXTS: [(&str, i32, i32); 3] = [("ASCII", 0x61, 1), ("one in 40", 0xe9, 40), ("CJK", 0x4e2d, 1)];

#[test]
fn texts() {
    let mut table =
        String::from("instructions for each unit of a text of UTF-16 that becomes UTF-8, or the reverse (i64)\n\n");
    let names = ["allocate", "set", "set_loop", "get", "get_loop"];
    writeln!(table, "{:24}{}", "", names.map(|name| format!(" {name:>8}")).concat()).unwrap();
    for (safety, simd) in
        [(Safety::None, false), (Safety::Spatial, false), (Safety::Temporal, false), (Safety::None, true)]
    {
        let config = Config::new().with_safety(safety).with_simd(simd);
        let linked = linmem::link(text("text.wat").as_bytes(), &config).unwrap();
        for (name, other, each) in TEXTS {
            let mut running = Running::new(&linked, State::default());
            let count = [Val::I32(ELEMENTS)];
            running.call("prepare", &[Val::I32(ELEMENTS), Val::I32(other), Val::I32(each)]).unwrap();
            let costs = names.map(|name| running.fuel(name, &count) as f64 / f64::from(ELEMENTS));
            let vectors = if simd { " simd" } else { "" };
            write!(table, "{:24}", format!("{name} {safety}{vectors}")).unwrap();
            costs.iter().for_each(|cost| write!(table, " {cost:8.2}").unwrap());
            table.push('\n');
        }
    }
    let _guard = support::goldens("cost");
    insta::assert_snapshot!("text", table);
}

/// The size of a module without its custom sections.
fn size_without_customs(module: &[u8]) -> usize {
    let customs: usize = wasmparser::Parser::new(0)
        .parse_all(module)
        .filter_map(|payload| match payload.unwrap() {
            wasmparser::Payload::CustomSection(section) => {
                let contents = section.range().len();
                // The section id, and the size as a LEB128.
                Some(contents + 1 + if contents < 128 { 1 } else { 2 })
            }
            _ => None,
        })
        .sum();
    module.len() - customs
}

#[test]
fn sizes() {
    let mut table = String::from(
        "bytes of a linked module without its custom sections, lowered for speed, for size, and the result of\n\
         --optimize size, which is the smaller of both, with no loop written twice; and with --optimize size --own-memory\n\n",
    );
    writeln!(table, "{:10} {:>8} {:>8} {:>8} {:>8}", "module", "speed", "for size", "size", "own").unwrap();
    let mut row = |name: &str, source: &str| {
        let module = support::parse(source);
        let config = |optimize| Config::new().with_optimize(optimize);
        let result = |optimize| size_without_customs(&linmem::link(&module, &config(optimize)).unwrap());
        let (speed, smaller) = (result(Optimize::Speed), result(Optimize::Size));
        let for_size = size_without_customs(&link_for_size(&module, &config(Optimize::Size)));
        // Where size matters, no loop is written twice.
        turn_off(Some(Optimization::Reserve));
        let once = result(Optimize::Speed);
        turn_off(None);
        assert_eq!(smaller, once.min(for_size), "{name} for size has the smaller of both sizes");
        let alone = config(Optimize::Size).with_own_memory(true);
        let own = size_without_customs(&linmem::link(&module, &alone).unwrap());
        writeln!(table, "{name:10} {speed:8} {for_size:8} {smaller:8} {own:8}").unwrap();
    };
    row("hello", &std::fs::read_to_string(support::root().join("examples/hello.wat")).unwrap());
    for Program { name, .. } in PROGRAMS {
        row(&format!("{name} i64"), &text(&format!("{name}.wat")).replace("{seg}", "i64"));
    }
    let _guard = support::goldens("cost");
    insta::assert_snapshot!("sizes", table);
}

/// The programs that measure optimizations, and how often their operation runs.
const OPTIMIZED: [(&str, i32); 9] = [
    ("iovec", 1000),
    ("many", 1000),
    ("bytes", 4096),
    ("param", 4096),
    ("table", 4096),
    ("fields", 1000),
    ("carried", 4096),
    ("nested", LEVELS),
    ("grow", 1000),
];

/// The instructions for each operation of a program, lowered with the optimizations that are turned on.
fn lowered_cost((name, times): (&str, i32), segment: &str, safety: Safety, frames: StaticFrames) -> f64 {
    let config = Config::new().with_safety(safety).with_static_frames(frames);
    let linked = linmem::link(text(&format!("{name}.wat")).replace("{seg}", segment).as_bytes(), &config).unwrap();
    run(&linked, name, times).1
}

#[test]
fn every_optimization_saves_instructions() {
    let mut table = String::from(
        "instructions for each operation if one optimization is turned off, and all without static frames\n\n",
    );
    let mut saves = vec![false; Optimization::ALL.len()];
    for (segment, safety) in [
        ("i64", Safety::None),
        ("i64", Safety::Spatial),
        ("i64", Safety::Temporal),
        ("anyref", Safety::Spatial),
        ("anyref", Safety::Temporal),
    ] {
        write!(table, "{:16}", format!("{segment} {safety}")).unwrap();
        OPTIMIZED.iter().for_each(|(name, _)| write!(table, " {name:>8}").unwrap());
        table.push('\n');
        let costs = |off: Option<Optimization>, frames| {
            turn_off(off);
            let cost = |program: &(&'static str, i32)| lowered_cost(*program, segment, safety, frames);
            let costs: Vec<f64> = OPTIMIZED.iter().map(cost).collect();
            turn_off(None);
            costs
        };
        let all = costs(None, StaticFrames::Off);
        let framed = costs(None, StaticFrames::On);
        let row = |table: &mut String, name: &str, costs: &[f64]| {
            write!(table, "{name:16}").unwrap();
            costs.iter().for_each(|cost| write!(table, " {cost:8.2}").unwrap());
            table.push('\n');
        };
        row(&mut table, "static frames", &framed);
        row(&mut table, "all others", &all);
        for (optimization, saves) in Optimization::ALL.iter().zip(&mut saves) {
            // Only stores to static frames are merged.
            let of_frames = *optimization == Optimization::Stores;
            let (frames, with) = if of_frames { (StaticFrames::On, &framed) } else { (StaticFrames::Off, &all) };
            let without = costs(Some(*optimization), frames);
            if without == *with {
                continue;
            }
            let kind = if of_frames { "frames no" } else { "no" };
            row(&mut table, &format!("{kind} {}", format!("{optimization:?}").to_lowercase()), &without);
            *saves |= without.iter().zip(with).any(|(without, all)| without > all);
        }
        table.push('\n');
    }
    let useless: Vec<&Optimization> = Optimization::ALL
        .iter()
        .zip(&saves)
        // These programs have no wrappers: `tests/wrappers` measures that optimization.
        .filter(|(optimization, saves)| !**saves && **optimization != Optimization::Wrappers)
        .map(|(optimization, _)| optimization)
        .collect();
    assert!(useless.is_empty(), "{useless:?} save no instructions");
    let _guard = support::goldens("cost");
    insta::assert_snapshot!("optimizations", table);
}
