//! Flaws of every kind, definite and possible.

use super::{check, findings, stack};
use linmem_allocator::Nesting;

const NEW: &str = "(local.set $r (call $new))";
const FREE: &str = "(call $free (local.get $r))";
const USE: &str = "(drop (call $allocate (local.get $r) (i32.const 8)))";

#[test]
fn unclosed_region_is_reported_where_opened() {
    stack(NEW, &["error Open at new 1 of new 1"]);
    stack("(drop (call $new))", &["error Open at new 1 of new 1"]);
    stack(&format!("{NEW} (if (call $cond) (then (return))) {USE}"), &["error Open at new 1 of new 1"]);
    stack(&format!("(if (call $cond) (then {NEW} {USE}))"), &["error Open at new 1 of new 1"]);
    // The region whose handle is overwritten is left open; the other one is not.
    let two = "(local.set $r (call $new)) (local.set $r (call $new)) (call $free (local.get $r))";
    stack(two, &["error Open at new 1 of new 1"]);
}

#[test]
fn region_open_on_some_paths_is_reported_at_exit() {
    stack(&format!("{NEW} (if (call $cond) (then (return))) {FREE}"), &["warning Open at Return 1 of new 1"]);
    stack(&format!("{NEW} (if (call $cond) (then {FREE}))"), &["warning Open at end of new 1"]);
    stack(
        &format!("{NEW} (br_if 0 (call $cond)) (br_if 0 (call $cond)) {FREE}"),
        &["warning Open at BrIf 1 of new 1", "warning Open at BrIf 2 of new 1"],
    );
    stack(&format!("{NEW} (block (br_table 0 1 0 1 (call $cond))) {FREE}"), &["warning Open at BrTable 1 of new 1"]);
}

#[test]
fn region_of_earlier_iteration_may_be_open() {
    stack(
        &format!("(loop {NEW} (if (call $cond) (then {FREE})) (br_if 0 (call $cond)))"),
        &["warning Open at new 1 of new 1", "warning Open at end of new 1"],
    );
    stack(&format!("(loop {NEW} (br_if 0 (call $cond)))"), &["error Open at new 1 of new 1"]);
    stack(&format!("(loop {NEW} (br_if 0 (call $cond)) {FREE})"), &["warning Open at new 1 of new 1"]);
}

#[test]
fn region_closed_twice() {
    stack(&format!("{NEW} {FREE} {FREE}"), &["error AlreadyFreed at free 2 of new 1"]);
    stack(&format!("{NEW} (if (call $cond) (then {FREE})) {FREE}"), &["warning AlreadyFreed at free 2 of new 1"]);
    stack(
        &format!("{NEW} (if (call $cond) (then {FREE}) (else {FREE})) {FREE}"),
        &["error AlreadyFreed at free 3 of new 1"],
    );
    stack(&format!("{NEW} (loop {FREE} (br_if 0 (call $cond)))"), &["warning AlreadyFreed at free 1 of new 1"]);
    stack(
        &format!("{NEW} (local.set $s (local.get $r)) {FREE} (call $free (local.get $s))"),
        &["error AlreadyFreed at free 2 of new 1"],
    );
}

#[test]
fn allocation_from_closed_region() {
    stack(&format!("{NEW} {FREE} {USE}"), &["error UseAfterFree at allocate 1 of new 1"]);
    stack(
        &format!("{NEW} {FREE} (drop (call $aligned (local.get $r) (i32.const 8) (i32.const 16)))"),
        &["error UseAfterFree at allocateAligned 1 of new 1"],
    );
    stack(
        &format!("{NEW} (if (call $cond) (then {FREE} {USE}) (else {USE} {FREE}))"),
        &["error UseAfterFree at allocate 1 of new 1"],
    );
    stack(
        &format!("{NEW} {USE} (block (br_if 0 (call $cond)) {FREE}) {USE} (call $use (local.get $r))"),
        &["warning UseAfterFree at allocate 2 of new 1"],
    );
}

#[test]
fn regions_used_out_of_order() {
    let both = "(local.set $r (call $new)) (local.set $s (call $new))";
    let inner = "(call $free (local.get $s))";
    stack(&format!("{both} {USE} {inner} {FREE}"), &["error NotInnermost at allocate 1 of new 2"]);
    stack(&format!("{both} {FREE} {inner}"), &["error NotInnermost at free 1 of new 2"]);
    stack(
        &format!("{both} (if (call $cond) (then {inner}) (else)) {USE} {FREE} (call $use (local.get $s))"),
        &["warning NotInnermost at allocate 1 of new 2", "warning NotInnermost at free 2 of new 2"],
    );
    // Only if regions must nest.
    check(Nesting::Outermost, &format!("{both} {USE} {FREE} {inner}"), &[]);
    // The reverse order is correct.
    stack(&format!("{both} (drop (call $allocate (local.get $s) (i32.const 1))) {inner} {USE} {FREE}"), &[]);
}

#[test]
fn nested_region_under_forbid() {
    let forbid = |code: &str, expected: &[&str]| check(Nesting::Forbid, code, expected);
    let other = "(local.set $s (call $new))";
    let close_other = "(call $free (local.get $s))";
    forbid(&format!("{NEW} {other} {close_other} {FREE}"), &["error Nested at new 2 of new 1"]);
    forbid(&format!("{NEW} {FREE} {other} {close_other}"), &[]);
    forbid(
        &format!("{NEW} (if (call $cond) (then {FREE})) {other} {close_other} (call $use (local.get $r))"),
        &["warning Nested at new 2 of new 1"],
    );
    forbid(&format!("(loop {NEW} (br_if 0 (call $cond)) {FREE})"), &["warning Nested at new 1 of new 1"]);
    // A region that other code may have closed is not counted.
    forbid(&format!("{NEW} (call $use (local.get $r)) {other} {close_other}"), &[]);
}

#[test]
fn parameters_belong_to_caller() {
    let stack = |code: &str, expected: &[&str]| {
        let found = findings(Nesting::Stack, &format!("(func (param $p i32) (param $q i32) (local $r i32) {code})"));
        assert_eq!(found, expected, "{code}");
    };
    let free = "(call $free (local.get $p))";
    let allocate = "(drop (call $allocate (local.get $p) (i32.const 8)))";
    stack(free, &[]);
    stack(allocate, &[]);
    stack(&format!("{allocate} {free}"), &[]);
    stack(&format!("{free} {free}"), &["error AlreadyFreed at free 2"]);
    stack(&format!("{free} {allocate}"), &["error UseAfterFree at allocate 1"]);
    stack(&format!("(if (call $cond) (then {free})) {allocate}"), &["warning UseAfterFree at allocate 1"]);
    // The region of a parameter was opened before any region of this function.
    let inner = "(local.set $r (call $new))";
    let close_inner = "(call $free (local.get $r))";
    stack(&format!("{inner} {allocate} {close_inner}"), &["error NotInnermost at allocate 1 of new 1"]);
    stack(&format!("{inner} {close_inner} {allocate}"), &[]);
    // Two parameters may or may not be the same region, and a parameter that is assigned is unknown.
    stack(&format!("{free} (call $free (local.get $q))"), &[]);
    stack(&format!("{free} (local.set $p (call $get)) {free}"), &[]);
}

#[test]
fn escaped_region_is_assumed_open() {
    for escape in [
        "(call $use (local.get $r))",
        "(global.set $g (local.get $r))",
        "(i32.store (i32.const 0) (local.get $r))",
        "(drop (i32.add (local.get $r) (i32.const 0)))",
        "(drop (select (local.get $r) (i32.const 0) (call $cond)))",
        "(call_indirect (param i32) (local.get $r) (i32.const 0))",
        "(if (local.get $r) (then))",
        "(call $setInt (i64.const 0) (i32.const 0) (local.get $r))",
    ] {
        stack(&format!("{NEW} {escape}"), &[]);
        stack(&format!("{NEW} {escape} {USE} {FREE}"), &[]);
        // A region that was closed before it escaped is closed, and so is one that this function closes.
        stack(&format!("{NEW} {FREE} {escape} {FREE}"), &["error AlreadyFreed at free 2 of new 1"]);
        stack(&format!("{NEW} {escape} {FREE} {USE}"), &["error UseAfterFree at allocate 1 of new 1"]);
    }
    for glance in
        ["(drop (local.get $r))", "(drop (i32.eqz (local.get $r)))", "(drop (i32.ne (local.get $r) (local.get $s)))"]
    {
        stack(&format!("{NEW} {glance}"), &["error Open at new 1 of new 1"]);
    }
}
