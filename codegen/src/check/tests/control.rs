//! Every kind of control transfer.

use super::{findings, stack};
use linmem_allocator::Nesting;

const NEW: &str = "(local.set $r (call $new))";
const FREE: &str = "(call $free (local.get $r))";
const USE: &str = "(drop (call $allocate (local.get $r) (i32.const 8)))";
const TWICE: &[&str] = &["error AlreadyFreed at free 2 of new 1"];
const PERHAPS_TWICE: &[&str] = &["warning AlreadyFreed at free 2 of new 1"];

#[test]
fn unreachable_code_is_ignored() {
    stack(&format!("{NEW} {FREE} (return) {FREE}"), &[]);
    stack(
        &format!("{NEW} {FREE} (unreachable) (block (loop (if (i32.const 0) (then {FREE}) (else {FREE})))) {FREE}"),
        &[],
    );
    stack(&format!("{NEW} {FREE} (block (br 0) {FREE} {USE} (drop) (drop))"), &[]);
    stack(&format!("{NEW} {FREE} (loop (br 0)) {FREE}"), &[]);
    stack(&format!("{NEW} {FREE} (block (loop (br 0))) {FREE}"), &[]);
    stack(&format!("(unreachable) try (throw $e) catch $e {FREE} catch_all {FREE} (rethrow 0) end"), &[]);
    stack(&format!("{NEW} (loop {USE} (br 0))"), &[]);
    stack(&format!("{NEW} (unreachable)"), &[]);
}

#[test]
fn blocks_and_branches() {
    stack(&format!("{NEW} (block {FREE} (br 0)) {FREE}"), TWICE);
    stack(&format!("{NEW} (block (block {FREE} (br_if 1 (call $cond)) (br 0))) {FREE}"), TWICE);
    stack(&format!("{NEW} (block (br_if 0 (call $cond)) {FREE}) {FREE}"), PERHAPS_TWICE);
    stack(&format!("{NEW} (if (call $cond) (then {FREE} (br 0)) (else)) {FREE}"), PERHAPS_TWICE);
    stack(&format!("{NEW} (if (call $cond) (then) (else {FREE})) {FREE}"), PERHAPS_TWICE);
    stack(&format!("{NEW} (if (call $cond) (then {FREE}) (else (unreachable))) {FREE}"), TWICE);
}

#[test]
fn branch_tables() {
    let table =
        |last: &str| format!("{NEW} (block $a (block $b (br_table $a $b $a (call $cond))) {FREE} {last}) {FREE}");
    stack(&table(""), PERHAPS_TWICE);
    stack(&table("(return)"), &[]);
    stack(&format!("{NEW} (block (br_table 0 0 0 (call $cond))) {FREE} {FREE}"), TWICE);
    stack(
        &format!("(loop $l (block $out {NEW} (br_table $l $out $out (call $cond))) {FREE})"),
        &["warning Open at new 1 of new 1"],
    );
}

#[test]
fn branches_on_references() {
    for branch in [
        "(br_on_null 0 (ref.null func)) (drop)",
        "(drop (block (result (ref func)) (br_on_non_null 0 (ref.null func)) (br 1)))",
        "(drop (block (result (ref null any)) (br_on_cast 0 anyref i31ref (ref.null any)) (drop) (br 1)))",
        "(drop (block (result (ref null any)) (br_on_cast_fail 0 anyref i31ref (ref.null any)) (drop) (br 1)))",
    ] {
        // In every one of them, either the branch or the fallthrough path skips the first `free`.
        let found = findings(Nesting::Stack, &super::function(&format!("{NEW} (block {branch} {FREE}) {FREE}")));
        assert_eq!(found, PERHAPS_TWICE, "{branch}");
    }
}

#[test]
fn loops() {
    stack(
        &format!("{NEW} (loop {USE} {FREE} (br_if 0 (call $cond)))"),
        &["warning UseAfterFree at allocate 1 of new 1", "warning AlreadyFreed at free 1 of new 1"],
    );
    stack(
        &format!("{NEW} (loop (loop {USE} (br_if 0 (call $cond))) {FREE} (br_if 0 (call $cond)))"),
        &["warning UseAfterFree at allocate 1 of new 1", "warning AlreadyFreed at free 1 of new 1"],
    );
}

#[test]
fn values_flow_through_results_and_parameters() {
    stack(
        "(local.set $r (block (result i32) (br 0 (call $new)))) (call $free (local.get $r)) (call $free (local.get $r))",
        TWICE,
    );
    // Operands between the label's height and the carried operands are dropped.
    stack(
        "(i32.const 1) (block (result i32) (i32.const 2) (i32.const 3) (br 0 (call $new)))
         (local.set $r) (drop) (call $free (local.get $r)) (call $free (local.get $r))",
        TWICE,
    );
    stack(
        "(block (result i32 i32) (i32.const 2) (call $new) (i32.const 3) (br_if 0 (call $cond)) (br 0))
         (drop) (local.set $r) (call $free (local.get $r)) (call $free (local.get $r))",
        TWICE,
    );
    stack(
        "(if (result i32) (call $cond) (then (call $new)) (else (unreachable)))
         (local.set $r) (call $free (local.get $r)) (call $free (local.get $r))",
        TWICE,
    );
    stack(
        "(call $new) (block (param i32) (local.set $r)) (call $free (local.get $r)) (call $free (local.get $r))",
        TWICE,
    );
    stack(
        "(call $new) (if (param i32) (result i32) (call $cond) (then)) (local.set $r)
         (call $free (local.get $r)) (call $free (local.get $r))",
        TWICE,
    );
    stack(
        "(call $new) (loop (param i32) (call $free (local.tee $r)) (local.get $r) (br_if 0 (call $cond)) (drop))",
        &["warning AlreadyFreed at free 1 of new 1"],
    );
    // A region whose handle a branch drops is left open.
    stack("(block (call $new) (br 0))", &["error Open at new 1 of new 1"]);
}

#[test]
fn calls_may_throw_to_handlers() {
    let handled = |body: &str, handler: &str| {
        format!(
            "{NEW} (block $done (block $caught (try_table (catch_all $caught) {body}) (br $done)) {handler}) {FREE}"
        )
    };
    stack(&handled(&format!("(call $act) {FREE}"), ""), PERHAPS_TWICE);
    stack(&handled(&format!("{FREE} (call $act)"), ""), TWICE);
    stack(&handled("(call $act)", FREE), PERHAPS_TWICE);
    stack(&handled("(nop)", FREE), &[]);
    stack(&handled("(drop (call $write (i32.const 1) (i64.const 0)))", FREE), PERHAPS_TWICE);
    stack(&handled("(call_indirect (i32.const 0))", FREE), PERHAPS_TWICE);
    // An exception may reach an outer handler, past one that may not catch it.
    stack(
        &format!(
            "{NEW} (block $a (block $b (try_table (catch_all $a) (try_table (catch $e $b) {FREE} (call $act))) (return)) \
             (return)) {FREE}"
        ),
        TWICE,
    );
}

#[test]
fn throws_exit_or_are_caught() {
    stack(&format!("{NEW} (throw $e)"), &["error Open at new 1 of new 1"]);
    stack(&format!("{NEW} (if (call $cond) (then (throw $e))) {FREE}"), &["warning Open at Throw 1 of new 1"]);
    let caught = |clauses: &str, throw: &str| format!("{NEW} (block $caught (try_table {clauses} {throw})) {FREE}");
    stack(&caught("(catch $e $caught)", "(throw $e)"), &[]);
    stack(&caught("(catch_all $caught)", "(throw $e)"), &[]);
    stack(&caught("(catch $f $caught) (catch $e $caught)", "(throw $e)"), &[]);
    stack(&caught("(catch $e $caught)", "(throw $f)"), &["error Open at new 1 of new 1"]);
    // Imported tags can be the same tag.
    stack(&caught("(catch $x $caught)", "(throw $y)"), &["warning Open at Throw 1 of new 1"]);
    stack(&caught("(catch $x $caught)", "(throw $e)"), &["error Open at new 1 of new 1"]);
    // The tag of an exception reference is unknown.
    stack(&caught("(catch $e $caught)", "(throw_ref (ref.null exn))"), &["warning Open at ThrowRef 1 of new 1"]);
    stack(&caught("(catch_all $caught)", "(throw_ref (ref.null exn))"), &[]);
    // An exit that a handler may prevent makes nothing certain.
    stack(
        &format!("{NEW} (block $caught (try_table (catch $x $caught) (throw $y))) (unreachable)"),
        &["warning Open at Throw 1 of new 1"],
    );
    // The operands of an exception escape.
    stack(&format!("{NEW} (throw $carry (local.get $r))"), &[]);
    stack(
        "(block $caught (result i32) (try_table (catch $carry $caught) (throw $carry (call $new))) (unreachable)) \
         (local.set $r) (call $free (local.get $r)) (call $free (local.get $r))",
        &[],
    );
    // The label of a handler can be the end of the function.
    stack(&format!("{NEW} (try_table (catch_all 0) (call $act)) {FREE}"), &["warning Open at end of new 1"]);
}

#[test]
fn legacy_handlers() {
    stack(&format!("{NEW} try (call $act) catch_all {FREE} end {FREE}"), PERHAPS_TWICE);
    stack(
        &format!("{NEW} try {FREE} (throw $e) catch $e catch_all {FREE} end {FREE}"),
        &["error AlreadyFreed at free 3 of new 1"],
    );
    stack(
        &format!("{NEW} try (call $act) catch $e {FREE} catch $f (return) end {FREE}"),
        &["warning Open at Return 1 of new 1", "warning AlreadyFreed at free 2 of new 1"],
    );
    stack(&format!("{NEW} try (call $act) catch $e (rethrow 0) end {FREE}"), &["warning Open at Rethrow 1 of new 1"]);
    // A rethrown exception goes to the enclosing handlers, not to the other handlers of the same `try`.
    stack(
        &format!("{NEW} try try (throw $e) catch $e {FREE} (rethrow 0) catch_all {USE} end catch $e {FREE} end"),
        TWICE,
    );
    stack(&format!("{NEW} try (call $act) end {FREE}"), &[]);
    // A handler with an operand.
    stack(&format!("{NEW} (i32.const 1) try (call $act) catch $carry (drop) {FREE} end (drop) {FREE}"), PERHAPS_TWICE);
}

#[test]
fn legacy_delegation() {
    // Skips the handler in between.
    let delegated = |depth: u32| {
        format!(
            "{NEW} try $outer try $middle try {FREE} (throw $e) delegate {depth}  catch $e (return) end \
catch $e {FREE} end"
        )
    };
    stack(&delegated(0), &[]);
    stack(&delegated(1), TWICE);
    stack(&delegated(2), &[]);
    stack(&format!("{NEW} try try (throw $e) delegate 1  catch_all end {FREE}"), &["error Open at new 1 of new 1"]);
}

#[test]
fn tail_calls_exit() {
    let found = |code: &str| findings(Nesting::Stack, &super::function(code));
    assert_eq!(found(&format!("{NEW} (return_call $act)")), ["error Open at new 1 of new 1"]);
    assert_eq!(found(&format!("{NEW} (return_call_indirect (i32.const 0))")), ["error Open at new 1 of new 1"]);
    assert_eq!(
        found(&format!("{NEW} (if (call $cond) (then (return_call $act))) {FREE}")),
        ["warning Open at ReturnCall 1 of new 1"]
    );
    assert_eq!(
        found(&format!("{NEW} {FREE} (return_call $free (local.get $r))")),
        ["error AlreadyFreed at ReturnCall 1 of new 1"]
    );
    assert_eq!(found(&format!("{NEW} (return_call $free (local.get $r))")), [""; 0]);
    // A tail call exits the handlers' scope.
    assert_eq!(
        found(&format!("{NEW} (block (try_table (catch_all 0) (return_call $act))) {FREE}")),
        ["error Open at new 1 of new 1"]
    );
}

#[test]
fn uncertain_state_after_join_is_not_reported() {
    // `$s` may or may not be `$r`, so closing `$s` may close `$r`.
    stack(
        &format!(
            "{NEW} (if (call $cond) (then (local.set $s (local.get $r)))) (call $free (local.get $s)) {USE} {FREE}"
        ),
        &[],
    );
    // If the handle is only dropped, the analysis loses nothing.
    stack(
        &format!("{NEW} (if (call $cond) (then (local.set $s (local.get $r)))) (drop (local.get $s))"),
        &["error Open at new 1 of new 1"],
    );
    // A local that is used for another purpose on one path.
    stack(
        &format!(
            "(if (call $cond) (then {NEW} {USE} {FREE}) (else (local.set $r (call $get)))) (call $use (local.get $r))"
        ),
        &[],
    );
}
