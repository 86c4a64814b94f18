//! Runs programs of the library door whose scopes have every kind of exit.

use linmem_testing::differential::scopes::{OPERATIONS, run};

#[test]
fn scopes_are_closed_on_every_exit() {
    linmem_codegen::planted::always_for_size();
    let reach = run(10_000, 2000, |text| text).unwrap_or_else(|error| panic!("{error}"));
    crate::support::show(&format!("scopes: {reach:?}"));
    assert_eq!(reach.ops.len(), OPERATIONS, "every operation");
    assert!(reach.ops.values().all(|count| *count > 500), "{:?}", reach.ops);
    assert!(reach.deep > 500 && reach.thrown_through > 500 && reach.out_of_memory > 20, "{reach:?}");
}

/// Plants a bug: an exception that leaves a scope does not close its region.
#[test]
fn detects_region_left_open_by_throw() {
    linmem_codegen::planted::always_for_size();
    let planted = std::cell::Cell::new(0);
    let found = run(10_000, 0, |text| {
        let lines: Vec<&str> = text.lines().collect();
        let mut out = String::new();
        for (line, next) in lines.iter().zip(lines.iter().skip(1).chain([&""])) {
            let is_close = line.trim() == "global.set $linmem.top" && next.trim() == "throw_ref";
            planted.set(planted.get() + usize::from(is_close));
            out += if is_close { "drop" } else { line };
            out.push('\n');
        }
        out
    });
    assert!(planted.get() > 0, "there is nothing to plant the bug in");
    assert!(found.is_err(), "no program found the bug");
}
