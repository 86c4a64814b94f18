//! Programs without misuse, which have no findings.

use super::{findings, function};
use linmem_allocator::Nesting;

#[track_caller]
fn silent(code: &str) {
    let code = function(code);
    for &nesting in Nesting::ALL {
        let two = code.matches("call $new").count() > 1;
        if nesting != Nesting::Forbid || !two {
            assert_eq!(findings(nesting, &code), [""; 0], "{nesting}: {code}");
        }
    }
}

#[track_caller]
fn silent_functions(functions: &str) {
    for nesting in [Nesting::Stack, Nesting::Outermost] {
        assert_eq!(findings(nesting, functions), [""; 0], "{nesting}: {functions}");
    }
}

const NEW: &str = "(local.set $r (call $new))";
const FREE: &str = "(call $free (local.get $r))";
const USE: &str = "(drop (call $allocate (local.get $r) (i32.const 8)))";

#[test]
fn straight_line_code() {
    silent(&format!("{NEW} {USE} {USE} {FREE}"));
    silent("(call $free (call $new))");
    silent("(call $free (local.tee $r (call $new)))");
    silent(&format!("{NEW} {FREE} {NEW} {FREE}"));
    // The handle stays on the stack.
    silent("(call $new) (drop (call $allocate (local.tee $r) (i32.const 8))) (call $free (local.get $r))");
}

#[test]
fn every_exit_closes() {
    silent(&format!("{NEW} (if (call $cond) (then {FREE} (return))) {USE} {FREE}"));
    silent(&format!("{NEW} (block (br_if 0 (call $cond)) {USE}) {FREE}"));
    silent(&format!("{NEW} (if (call $cond) (then {USE} {FREE}) (else {FREE}))"));
    silent(&format!("{NEW} {FREE} (br_if 0 (call $cond)) (call $act)"));
    silent(&format!("{NEW} (if (call $cond) (then (unreachable))) {FREE}"));
    silent(&format!("{NEW} (loop (br_if 0 (call $cond)) {USE} (br_if 0 (call $cond))) {FREE}"));
}

#[test]
fn loops_with_region_per_iteration() {
    silent(&format!("(loop {NEW} {USE} {FREE} (br_if 0 (call $cond)))"));
    silent(&format!("(block (loop {NEW} (if (call $cond) (then {FREE} (br 2))) {USE} {FREE} (br 0)))"));
    silent(&format!("(loop {NEW} (if (call $cond) (then {FREE} (br 1))) {FREE})"));
    silent(&format!("(loop {NEW} (loop {USE} (br_if 0 (call $cond))) {FREE} (br_if 0 (call $cond)))"));
}

#[test]
fn loops_that_reopen() {
    // The region of one iteration is closed in the next.
    silent(&format!("{NEW} (loop {USE} {FREE} {NEW} (br_if 0 (call $cond))) {FREE}"));
}

#[test]
fn open_and_close_under_same_condition() {
    silent(&format!("(if (local.get $i) (then {NEW})) (call $act) (if (local.get $i) (then {USE} {FREE}))"));
    silent(&format!("(if (local.get $i) (then {NEW})) (if (local.get $r) (then {FREE}))"));
    silent(&format!("(if (call $cond) (then {NEW}) (else (local.set $r (call $new)))) {USE} {FREE}"));
    silent(&format!("(loop (if (i32.eqz (local.get $r)) (then {NEW})) {USE} (br_if 0 (call $cond))) {FREE}"));
}

#[test]
fn one_of_two_regions() {
    // `$t` is one of the two regions; both are closed once.
    silent(&format!(
        "{NEW} (if (local.get $i) (then (local.set $t (local.get $r))) (else (local.set $t (call $get))))
         (call $free (local.get $t)) (if (i32.eqz (local.get $i)) (then {FREE}))"
    ));
}

#[test]
fn escaping_handles() {
    silent(&format!("{NEW} (global.set $g (local.get $r))"));
    silent("(global.set $g (call $new))");
    silent("(i32.store (i32.const 0) (call $new))");
    silent(&format!("{NEW} (call $use (local.get $r))"));
    silent("(call $free (global.get $g))");
    silent("(global.set $g (call $new)) (call $act) (call $free (global.get $g)) (call $free (global.get $g))");
}

#[test]
fn helper_functions() {
    silent_functions(
        "(func $open (result i32) (call $new))
         (func $close (param i32) (call $free (local.get 0)))
         (func $reserve (param i32) (result i64) (call $allocate (local.get 0) (i32.const 8)))
         (func (local $r i32) (local.set $r (call $open)) (drop (call $reserve (local.get $r)))
            (call $close (local.get $r)))
         (func (result i32) (local $r i32) (local.set $r (call $new))
            (drop (call $allocate (local.get $r) (i32.const 1))) (return (local.get $r)))
         (func (result i32) (local $r i32) (local.set $r (call $new)) (br 0 (local.get $r)))
         (func (result i32 i32) (call $new) (call $new))
         (func (result i32) (return_call $new))
         (func (param i32) (return_call $free (local.get 0)))
         (func (return_call $use (call $new)))
         (func (param i32) (return_call $allocateIt (local.get 0)))
         (func $allocateIt (param i32) (drop (call $allocate (local.get 0) (i32.const 8))))",
    );
}

#[test]
fn recursion() {
    silent_functions(
        "(func $f (param $depth i32) (local $r i32) (local.set $r (call $new))
            (drop (call $allocate (local.get $r) (i32.const 8)))
            (if (local.get $depth) (then (call $f (i32.sub (local.get $depth) (i32.const 1)))))
            (call $free (local.get $r)))
         (func $g (param $outer i32) (local $r i32) (drop (call $allocate (local.get $outer) (i32.const 1)))
            (local.set $r (call $new)) (call $g (local.get $r)) (call $free (local.get $r)))",
    );
}

#[test]
fn nested_scopes() {
    let inner = "(local.set $s (call $new)) (drop (call $allocate (local.get $s) (i32.const 8)))";
    let close_inner = "(call $free (local.get $s))";
    silent(&format!("{NEW} {USE} {inner} {close_inner} {USE} {FREE}"));
    silent(&format!("{NEW} {inner} (if (call $cond) (then {close_inner} {FREE} (return))) {close_inner} {FREE}"));
    silent(&format!("{NEW} (loop {inner} {close_inner} {USE} (br_if 0 (call $cond))) {FREE}"));
    silent(&format!(
        "(block $out (loop $l {NEW} (loop $m {inner} (if (call $cond) (then {close_inner} {FREE} (br $out)))
            {close_inner} (br_if $m (call $cond))) {FREE} (br $l)))"
    ));
}

#[test]
fn handled_exceptions() {
    silent(&format!(
        "{NEW} (block $done (block $caught (try_table (catch_all $caught) (call $act) {USE}) (br $done))
            {FREE} (unreachable)) {FREE}"
    ));
    silent(&format!(
        "(local $exn exnref) {NEW}
         (block $done (local.set $exn (block $caught (result exnref)
            (try_table (catch_all_ref $caught) (call $act) {USE}) (br $done)))
            {FREE} (throw_ref (local.get $exn))) {FREE}"
    ));
}

#[test]
fn handled_legacy_exceptions() {
    silent(&format!("{NEW} try (call $act) {USE} catch_all {FREE} (rethrow 0) end {FREE}"));
    silent(&format!("{NEW} try (throw $e) catch $e {FREE} (return) end {FREE}"));
    silent(&format!("{NEW} try try (throw $e) delegate 0  catch $e end {FREE}"));
    silent(&format!("{NEW} try (call $act) {FREE} catch_all {FREE} (rethrow 0) end").replace("(call $act) ", ""));
}

#[test]
fn handles_through_results() {
    silent("(call $free (block (result i32) (call $new)))");
    silent("(call $free (if (result i32) (call $cond) (then (call $new)) (else (call $new))))");
    silent("(i32.const 7) (block (result i32) (br 0 (call $new))) (call $free) (drop)");
    silent(
        "(call $new) (loop (param i32) (drop (call $allocate (local.tee $r) (i32.const 8))) \
            (local.get $r) (br_if 0 (call $cond)) (call $free))",
    );
}

#[test]
fn swapped_handles() {
    // With `outermost`, regions may be closed in any order, so a chain of handles is correct.
    let code = function(&format!(
        "{NEW} (loop (local.set $s (local.get $r)) (local.set $r (call $new)) (call $free (local.get $s))
            (br_if 0 (call $cond))) {FREE}"
    ));
    assert_eq!(findings(Nesting::Outermost, &code), [""; 0]);
}
