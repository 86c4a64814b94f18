//! Programs whose intrinsics are behind functions that only pass on, as many compilers write them: they do what they did, at the
//! same cost.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod compilers;
#[path = "../support/mod.rs"]
mod support;
mod wrapped;

use linmem::{Config, Nesting, Safety};
use linmem_codegen::planted::{Optimization, turn_off};
use linmem_host::wasmtime::Val;
use std::fmt::Write;
use support::host::{Running, State};
use support::testfile::{Instances, TestFile};
use wrapped::behind_wrappers;

/// The folders of test files whose expectations do not depend on where violations are.
const FOLDERS: [&str; 6] = ["matrix", "regions", "static", "unwind", "wasi", "link"];

#[test]
fn test_files_run_behind_wrappers() {
    let folder = support::root().join("tests/filetests");
    let (mut count, mut files) = (0, 0);
    for path in support::files(&folder, "wat") {
        let relative = path.strip_prefix(&folder).unwrap();
        if !FOLDERS.iter().any(|folder| relative.starts_with(folder)) || relative.starts_with("unwind/legacy") {
            continue;
        }
        let file = TestFile::read(&path).unwrap();
        files += 1;
        // The other files expect what they do at one level.
        let is_for_all = ["matrix", "static", "unwind"].iter().any(|folder| relative.starts_with(folder));
        let one = |representation: &String| {
            let safety = file.config.safety_of(support::representation(representation));
            (representation.clone(), safety, file.config.nesting)
        };
        let choices = if is_for_all { file.choices() } else { file.representations.iter().map(one).collect() };
        let instances = if relative.starts_with("matrix") { Instances::Fresh } else { Instances::One };
        for (number, (representation, safety, nesting)) in choices.into_iter().enumerate() {
            // Each file with a part of its choices, which differs from file to file.
            if !file.runs(&representation, nesting) || is_for_all && number % 4 != files % 4 {
                continue;
            }
            let module = support::parse(&file.expand(&representation));
            let wrapped = behind_wrappers(&module, number).unwrap();
            let config = file.config.clone().with_safety(safety).with_nesting(nesting);
            let linked = linmem::link(&wrapped, &config)
                .unwrap_or_else(|error| panic!("{relative:?} {representation} {safety} {nesting}: {error}"));
            if let Err(message) = file.run(&linked, safety, &representation, instances) {
                panic!("{relative:?} {representation} {safety} {nesting}: {message}");
            }
            count += 1;
        }
    }
    assert!(count > 400, "only {count}");
}

/// The instructions that an operation executes, and the result of the program.
fn cost(module: &[u8], config: &Config, name: &str, times: i32) -> (f64, i32) {
    let mut running = Running::new(&linmem::link(module, config).unwrap(), State::default());
    let result = running.call(name, &[Val::I32(times)]).unwrap()[0].unwrap_i32();
    (running.fuel(name, &[Val::I32(times)]) as f64 / f64::from(times), result)
}

/// The programs.
const PROGRAMS: [&str; 5] = ["iovec", "many", "bytes", "param", "table"];

/// The most additional instructions of each operation behind wrappers.
const MOST_MORE: f64 = 2.0;

/// A row of the table.
fn row(table: &mut String, name: &str, costs: &[f64]) {
    write!(table, "{name:16}").unwrap();
    costs.iter().for_each(|cost| write!(table, " {cost:8.2}").unwrap());
    table.push('\n');
}

#[test]
fn wrappers_cost_nothing() {
    let folder = support::root().join("tests/cost");
    let texts = PROGRAMS.map(|name| std::fs::read_to_string(folder.join(format!("{name}.wat"))).unwrap());
    let mut table = String::from(
        "instructions for each operation where regions nest; behind wrappers: the most of five forms of wrappers\n\n",
    );
    write!(table, "{:16}", "").unwrap();
    PROGRAMS.iter().for_each(|name| write!(table, " {name:>8}").unwrap());
    table.push('\n');
    for representation in ["i32", "i64", "anyref"] {
        let modules = texts.each_ref().map(|text| support::parse(&support::testfile::expand(text, representation)));
        for (safety, nesting) in support::levels(support::representation(representation)) {
            let config = Config::new().with_safety(safety).with_nesting(nesting);
            let (mut all_plain, mut all_wrapped, mut all_called) = (Vec::new(), Vec::new(), Vec::new());
            for (name, module) in PROGRAMS.iter().zip(&modules) {
                let (plain, result) = cost(module, &config, name, 1000);
                let mut most = plain;
                for first in 0..5 {
                    let wrapped = behind_wrappers(module, first).unwrap();
                    let (found, other) = cost(&wrapped, &config, name, 1000);
                    assert_eq!(result, other);
                    let is_near = found <= plain + MOST_MORE;
                    assert!(is_near, "{name} {representation} {safety} {nesting}: {found}, not {plain}");
                    most = most.max(found);
                }
                if safety == Safety::None {
                    turn_off(Some(Optimization::Wrappers));
                    let (found, _) = cost(&behind_wrappers(module, 0).unwrap(), &config, name, 1000);
                    turn_off(None);
                    let is_more = found > plain + MOST_MORE;
                    assert!(is_more, "{name}: {found} if wrappers are called, {plain} without wrappers");
                    all_called.push(found);
                }
                all_plain.push(plain);
                all_wrapped.push(most);
            }
            if nesting == Nesting::Stack {
                row(&mut table, &format!("{representation} {safety}"), &all_plain);
                row(&mut table, "behind wrappers", &all_wrapped);
                if !all_called.is_empty() {
                    row(&mut table, "calling wrappers", &all_called);
                }
            }
        }
    }
    let _guard = support::goldens("cost");
    insta::assert_snapshot!("wrappers", table);
}
