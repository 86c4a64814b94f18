//! Programs designed to make the analysis slow.

use super::{findings, function, stack};
use linmem_allocator::Nesting;

const NEW: &str = "(local.set $r (call $new))";
const FREE: &str = "(call $free (local.get $r))";

#[test]
fn long_function() {
    let body = "(i32.add (local.get $i) (i32.const 1)) (local.set $i) ".repeat(100_000);
    stack(&format!("{NEW} {body} {FREE} {FREE}"), &["error AlreadyFreed at free 2 of new 1"]);
}

#[test]
fn many_branches() {
    let body = "(if (call $cond) (then (drop (call $allocate (local.get $r) (i32.const 8))))) ".repeat(20_000);
    stack(&format!("{NEW} {body} {FREE} {FREE}"), &["error AlreadyFreed at free 2 of new 1"]);
}

#[test]
fn many_regions() {
    // The first regions are tracked; the others have no findings.
    let found = findings(Nesting::Stack, &function(&"(drop (call $new)) ".repeat(3000)));
    assert_eq!(found.len(), 64);
    let found = findings(Nesting::Stack, &function(&"(call $free (call $new)) ".repeat(3000)));
    assert_eq!(found, [""; 0]);
}

#[test]
fn many_warnings() {
    let leak = "(drop (call $new)) ".repeat(64);
    let found =
        findings(Nesting::Stack, &function(&format!("(block (br_if 0 (call $cond)) {leak}) {}", "(return_call $act)")));
    assert_eq!(found.len(), 64);
    let conditional = "(if (call $cond) (then (call $use (call $new)))) ".repeat(3);
    let exits = "(br_if 0 (call $cond)) ".repeat(5000);
    let found = findings(Nesting::Stack, &function(&format!("{NEW} {conditional} {exits} {FREE}")));
    assert_eq!(found.len(), 1000);
}

/// Code inside `depth` control structures, in the text format without parentheses.
fn nested(open: &str, inside: &str, close: &str, depth: usize) -> String {
    format!("{} {inside} {}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn deep_nesting() {
    let free = "local.get $r call $free ";
    let new = "call $new local.set $r ";
    let twice = &["error AlreadyFreed at free 2 of new 1"];
    for (open, close) in [
        ("block ", "end "),
        ("loop ", "end "),
        ("loop ", "call $cond br_if 0 end "),
        ("call $cond if ", "else end "),
        ("call $cond if ", "end "),
        ("try ", "end "),
        ("try ", "catch_all end "),
        ("block try_table (catch_all 0) call $act ", "end end "),
        ("block try_table (catch $e 0) ", "call $act end end "),
        ("try ", "delegate 0 "),
    ] {
        let code = nested(open, "call $act ", close, 10_000);
        stack(&format!("{new} {code} {free} {free}"), twice);
    }
}

#[test]
fn nested_loops_with_regions() {
    let code = nested("loop call $new local.set $s ", "", "local.get $s call $free call $cond br_if 0 end ", 60);
    let _ = findings(Nesting::Stack, &function(&code));
    let code = nested(
        "loop call $cond br_if 0 local.get $r local.set $s local.get $t local.set $r ",
        NEW,
        "call $cond br_if 0 end ",
        3000,
    );
    let _ = findings(Nesting::Stack, &function(&code));
}

#[test]
fn many_copies() {
    let locals = "(local i32) ".repeat(3000);
    let copies: String = (0..3000).map(|local| format!("(local.set {local} (local.get $r))")).collect();
    let joins = "(if (call $cond) (then)) ".repeat(3000);
    let functions = format!("(func {locals} (local $r i32) {NEW} {copies} {joins} {FREE} {FREE})");
    // The work exceeds the limit, so there are no findings.
    assert_eq!(findings(Nesting::Stack, &functions), [""; 0]);
}
