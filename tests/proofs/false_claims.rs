//! Claims about small functions that do not hold, and some that do. If the first ones were proved, no proof would mean anything.

use crate::support;
use linmem_proofs::prove::{Verdict, prove};
use linmem_proofs::theorem::Theorem;

/// Functions, each with claims of which one does not hold: the one that `refuted` names.
const FALSE: &[(&str, &str)] = &[
    (
        "invariant 1 of loop 0, on entry",
        ";; theorem $f: an invariant about a local that the loop does not assign
         ;; invariant 0: $x == 1
         ;; prove: returns => $x == 1
         (func $f (export \"f\") (param $x i32) (loop $l (br_if $l (i32.const 0))))",
    ),
    (
        "invariant 1 of loop 0, when it repeats",
        ";; theorem $f: an invariant that an iteration does not keep
         ;; assume: $x == 1
         ;; invariant 0: $x == 1
         (func $f (export \"f\") (param $x i32)
           (loop $l (br_if $l (local.tee $x (i32.add (local.get $x) (i32.const 1))))))",
    ),
    (
        "invariant 1 of loop 1, on entry",
        ";; theorem $f: an invariant of an inner loop that only the second iteration of the outer loop violates
         ;; assume: $x == 1
         ;; invariant 1: $x == 1
         (func $f (export \"f\") (param $x i32) (param $n i32)
           (loop $outer
             (loop $inner (br_if $inner (i32.const 0)))
             (local.set $x (i32.const 2))
             (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))",
    ),
    (
        "r0 == word($a)",
        ";; theorem $f: a load before a store that may be to the same address
         ;; prove: returns => true
         ;; prove: r0 == word($a)
         (func $f (export \"f\") (param $a i32) (param $b i32) (result i32)
           (i32.load (local.get $a))
           (i32.store (local.get $b) (i32.const 7)))",
    ),
    (
        "r0 == $x + 1",
        ";; theorem $f: a sum that wraps around
         ;; prove: r0 == $x + 1
         (func $f (export \"f\") (param $x i32) (result i32) (i32.add (local.get $x) (i32.const 1)))",
    ),
    (
        "returns => $a + 4 < pages << 16",
        ";; theorem $f: the last byte of the memory
         ;; prove: not traps(memory) => returns
         ;; prove: returns => $a + 4 <= pages << 16
         ;; prove: returns => $a + 4 < pages << 16
         (func $f (export \"f\") (param $a i32) (drop (i32.load (local.get $a))))",
    ),
    (
        "@g == old(@g)",
        ";; theorem $f: a global after a call of another function
         ;; prove: returns => @g == old(@g)
         (func $f (export \"f\") (call $other))",
    ),
    (
        "returns => pages == old(pages)",
        ";; theorem $f: the pages after a loop that grows the memory
         ;; prove: returns => pages >= old(pages)
         ;; prove: returns => pages == old(pages)
         (func $f (export \"f\") (param $n i32)
           (loop $l
             (drop (memory.grow (i32.const 1)))
             (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))",
    ),
];

#[test]
fn false_claims_are_refuted() {
    let Some(solver) = crate::solver("false claims") else { return };
    for (refuted, function) in FALSE {
        let text = format!(
            "(module (import \"test\" \"other\" (func $other)) (memory 1)
             (global $linmem.g (export \"g\") (mut i32) (i32.const 0))\n{function})"
        );
        let [theorem] = &Theorem::read(&text).unwrap()[..] else { panic!("{function}: one theorem is expected") };
        let proofs =
            prove(&solver, &support::parse(&text), theorem).unwrap_or_else(|error| panic!("{function}: {error}"));
        let found: Vec<&str> = proofs
            .iter()
            .filter(|proof| !matches!(proof.verdict, Verdict::Proven))
            .inspect(|proof| assert!(matches!(proof.verdict, Verdict::Refuted(_)), "{function}: {proof:?}"))
            .map(|proof| &proof.claim[..])
            .collect();
        let expected = found.iter().any(|claim| claim.ends_with(refuted));
        assert!(expected && found.len() == 1, "{function}: {found:?}");
    }
}

/// Claims that could be assumed where they mean less than where they are proved, and what is wrong with them.
const REJECTED: &[(&str, &str)] = &[
    (
        "`calls` cannot be in an invariant",
        ";; theorem $f: what happens in the loop is not yet known at its head
         ;; invariant 0: calls($other) or $x == 0
         ;; prove: returns => $x == 0
         (func $f (export \"f\") (param $c i32) (local $x i32)
           (loop $l
             (if (local.get $c)
               (then
                 (call $other)
                 (local.set $x (i32.const 1))
                 (local.set $c (i32.const 0))
                 (br $l)))))",
    ),
    (
        "$take is called in 2 places",
        ";; theorem $f: the operand of one of two calls
         ;; opaque: take
         ;; prove: argument($take, 0) == 1
         (func $take (param i32))
         (func $f (export \"f\") (call $take (i32.const 1)) (call $take (i32.const 2)))",
    ),
];

#[test]
fn claims_without_one_meaning_are_rejected() {
    let Some(solver) = crate::solver("rejected claims") else { return };
    for (expected, function) in REJECTED {
        let text = format!("(module (import \"test\" \"other\" (func $other)) (memory 1)\n{function})");
        let [theorem] = &Theorem::read(&text).unwrap()[..] else { panic!("{function}: one theorem is expected") };
        let error = prove(&solver, &support::parse(&text), theorem).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|error| error.contains(expected)), "{function}: {error:?}");
    }
}
