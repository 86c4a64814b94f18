//! Plants known bugs in the lowered text of the test modules. The programs must find each of them. The bug that a throw
//! leaves a region open is in [scopes](crate::scopes).

use linmem_testing::differential::{Modules, run};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Replaces each sequence of lines that equals `from` by `to`, and counts the replacements. `*` matches any line, which is
/// kept.
fn replace(text: &str, from: &[&str], to: &[&str], times: &AtomicUsize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out: Vec<&str> = Vec::new();
    let mut position = 0;
    while position < lines.len() {
        let here = lines.get(position..position + from.len()).unwrap_or_default();
        let matches =
            !here.is_empty() && here.iter().zip(from).all(|(line, from)| *from == "*" || line.trim() == *from);
        if matches {
            let mut kept = here.iter().zip(from).filter(|(_, from)| **from == "*").map(|(line, _)| *line);
            out.extend(to.iter().map(|line| if *line == "*" { kept.next().unwrap() } else { line }));
            times.fetch_add(1, Ordering::Relaxed);
            position += from.len();
        } else {
            out.push(lines[position]);
            position += 1;
        }
    }
    out.join("\n")
}

/// Plants a bug in all modules, and asserts that a program finds it.
fn is_found(from: &'static [&'static str], to: &'static [&'static str]) {
    let planted = Arc::new(AtomicUsize::new(0));
    let times = Arc::clone(&planted);
    let modules = Modules::new(move |text| replace(&text, from, to, &times));
    let found = run(10_000, 0, &modules);
    assert!(planted.load(Ordering::Relaxed) > 0, "there is nothing to plant the bug in: {from:?}");
    let error = found.map(|reach| reach.programs).expect_err("no program found the bug");
    println!("{}", error.lines().take(3).collect::<Vec<_>>().join("\n"));
}

#[test]
fn detects_growth_by_one_page_too_many() {
    linmem_codegen::planted::always_for_size();
    is_found(&["i64.const 65535", "i64.add", "i64.const 16"], &["i64.const 131071", "i64.add", "i64.const 16"]);
}

#[test]
fn detects_growth_by_one_page_too_few() {
    linmem_codegen::planted::always_for_size();
    is_found(&["i64.const 65535", "i64.add", "i64.const 16"], &["i64.const 0", "i64.add", "i64.const 16"]);
}

#[test]
fn detects_limit_not_restored_across_chunks() {
    linmem_codegen::planted::always_for_size();
    is_found(&["i32.eq", "i32.mul", "global.set $linmem.limit"], &["drop", "drop", "global.set $linmem.limit"]);
}

#[test]
fn detects_wrapping_size() {
    linmem_codegen::planted::always_for_size();
    is_found(
        &["i64.add", "*", "global.get $linmem.limit", "i64.extend_i32_u", "i64.gt_u"],
        &[
            "i64.add",
            "*",
            "i32.wrap_i64",
            "i64.extend_i32_u",
            "global.get $linmem.limit",
            "i64.extend_i32_u",
            "i64.gt_u",
        ],
    );
}

#[test]
fn detects_pages_assumed_adjacent() {
    linmem_codegen::planted::always_for_size();
    is_found(
        &["i32.ne", "if ;; label = @2", "*", "*", "i32.store offset=4"],
        &["drop", "drop", "i32.const 0", "if ;; label = @2", "*", "*", "i32.store offset=4"],
    );
}

#[test]
fn detects_header_not_unlinked() {
    linmem_codegen::planted::always_for_size();
    is_found(&["local.get 2", "global.set $linmem.region"], &[]);
}

#[test]
fn detects_unchecked_header() {
    linmem_codegen::planted::always_for_size();
    is_found(&["i32.and", "i32.eqz", "*"], &["drop", "i32.const 0", "*"]);
}

#[test]
fn detects_uncompared_handle() {
    linmem_codegen::planted::always_for_size();
    is_found(
        &["i32.load", "i32.ne", "global.get $linmem.region", "i32.const 8", "i32.eq", "i32.or"],
        &["i32.load", "drop", "drop", "i32.const 0"],
    );
}

#[test]
fn detects_unzeroed_memory_across_chunks() {
    linmem_codegen::planted::always_for_size();
    is_found(&["global.get $linmem.limit", "if ;; label = @1"], &["i32.const 1", "if ;; label = @1"]);
}
