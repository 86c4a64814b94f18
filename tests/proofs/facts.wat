;; Checks that are left out because of what earlier checks have proved.

;;! representations: i64 anyref
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "test" "log" (func $other (param i64)))
  (memory (export "memory") 1)

  ;; theorem $assigned: nothing is known of a segment after its local was assigned
  ;; assume: valid($s) and valid($t)
  ;; prove: traps(Forged) => not segment(old($s)) or 12 <= size(old($s)) and not segment($t)
  ;; prove: not segment(old($s)) or 12 <= size(old($s)) and not segment($t) => traps(Forged) or traps(memory)
  ;; prove: traps(OutOfBounds) => segment(old($s)) and (12 > size(old($s)) or segment($t) and 12 > size($t))
  ;; prove: segment(old($s)) and (12 > size(old($s)) or segment($t) and 12 > size($t)) => traps(OutOfBounds) or traps(memory)
  ;; prove: inside(old($s), $t)
  ;; planted: FactAfterAssignment CastAfterAssignment
  ;; call: run_assigned(start($s), size($s), start($t), size($t))
  (func $assigned (param $s {seg}) (param $t {seg}) (result i32)
    (drop (call $getInt (local.get $s) (i32.const 8)))
    (local.set $s (local.get $t))
    (call $getInt (local.get $s) (i32.const 8)))
  (func (export "run_assigned") (param i32 i32 i32 i32) (result i32)
    (call $assigned (call $ofAddress (local.get 0) (local.get 1)) (call $ofAddress (local.get 2) (local.get 3))))

  ;; theorem $offset: nothing is known of an offset after its local was assigned
  ;; assume: valid($s)
  ;; prove: traps(OutOfBounds) => segment($s) and (old($o) + 4 > size($s) or (old($o) + 1 & 0xFFFFFFFF) + 4 > size($s))
  ;; prove: segment($s) and (old($o) + 4 > size($s) or (old($o) + 1 & 0xFFFFFFFF) + 4 > size($s)) => traps(OutOfBounds) or traps(memory)
  ;; prove: inside($s)
  ;; planted: FactAfterAssignment
  ;; call: run_offset(start($s), size($s), $o)
  (func $offset (param $s {seg}) (param $o i32) (result i32)
    (drop (call $getInt (local.get $s) (local.get $o)))
    (local.set $o (i32.add (local.get $o) (i32.const 1)))
    (call $getInt (local.get $s) (local.get $o)))
  (func (export "run_offset") (param i32 i32 i32) (result i32)
    (call $offset (call $ofAddress (local.get 0) (local.get 1)) (local.get 2)))

  ;; theorem $repeated: nothing is known in a loop of a segment in a local that the loop assigns
  ;; assume: valid($s) and valid($t)
  ;; invariant 0: $s == old($s) or $s == $t
  ;; prove: inside(old($s), $t)
  ;; prove: fails(OutOfBounds, 12 > size($s))
  ;; planted: FactInLoop HoistAssignedSegment
  ;; call: run_repeated(start($s), size($s), start($t), size($t), $n)
  ;; prefer: $n == 0 and start($s) == 0 and size($s) == 12 and start($t) == 12 and size($t) == 4
  (func $repeated (param $s {seg}) (param $t {seg}) (param $n i32)
    (drop (call $getInt (local.get $s) (i32.const 8)))
    (loop $l
      (drop (call $getInt (local.get $s) (i32.const 8)))
      (local.set $s (local.get $t))
      (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 2)))))
  (func (export "run_repeated") (param i32 i32 i32 i32 i32)
    (call $repeated (call $ofAddress (local.get 0) (local.get 1)) (call $ofAddress (local.get 2) (local.get 3)) (local.get 4)))

  ;; theorem $apart: checks before and after an assignment are not combined
  ;; assume: valid($s) and valid($t)
  ;; prove: traps(OutOfBounds) => segment(old($s)) and (4 > size(old($s)) or segment($t) and 20 > size($t))
  ;; prove: segment(old($s)) and (4 > size(old($s)) or segment($t) and 20 > size($t)) => traps(OutOfBounds) or traps(memory)
  ;; prove: inside(old($s), $t)
  ;; planted: GroupAcrossAssignment
  ;; call: run_apart(start($s), size($s), start($t), size($t))
  (func $apart (param $s {seg}) (param $t {seg}) (result i64)
    (drop (call $getInt (local.get $s) (i32.const 0)))
    (local.set $s (local.get $t))
    (drop (call $getLong (local.get $s) (i32.const 4)))
    (call $getLong (local.get $s) (i32.const 12)))
  (func (export "run_apart") (param i32 i32 i32 i32) (result i64)
    (call $apart (call $ofAddress (local.get 0) (local.get 1)) (call $ofAddress (local.get 2) (local.get 3))))

  ;; theorem $effect: a check after a call does not fail before it
  ;; assume: valid($s)
  ;; prove: segment($s) and 4 <= size($s) <=> calls($other) or traps(memory)
  ;; prove: traps(OutOfBounds) => segment($s) and 16 > size($s)
  ;; prove: segment($s) and 16 > size($s) => traps(OutOfBounds) or traps(memory)
  ;; prove: inside($s)
  ;; planted: GroupAcrossEffects
  (func $effect (param $s {seg}) (result i64)
    (drop (call $getInt (local.get $s) (i32.const 0)))
    (call $other (i64.const 1))
    (call $getLong (local.get $s) (i32.const 8)))

  ;; theorem $fits: nothing is known of an address after its local was assigned
  ;; prove: returns => old($p) + 8 <= 0x100000000 and $q + 8 <= 0x100000000
  ;; prove: not returns => old($p) + 8 > 0x100000000 or $q + 8 > 0x100000000
  ;; planted: FitsAfterAssignment
  ;; call: fits($p, $q)
  (func $fits (export "fits") (param $p i32) (param $q i32) (local $s {seg})
    (local.set $s (call $ofAddress (local.get $p) (i32.const 8)))
    (local.set $p (local.get $q))
    (local.set $s (call $ofAddress (local.get $p) (i32.const 8)))))
