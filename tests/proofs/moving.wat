;; Loops whose checks cannot run before the loop, or only some of them.

;;! representations: i64 anyref
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (memory (export "memory") 1)

  ;; theorem $bound: a loop that moves its bound checks each access
  ;; assume: valid($s)
  ;; prove: inside($s)
  ;; prove: fails(OutOfBounds, $i + 4 > size($s))
  ;; planted: HoistAssignedBound
  ;; call: run_bound(start($s), size($s), old($i), old($b))
  ;; prefer: start($s) == 0 and size($s) == 4 and old($i) == 0 and old($b) == 1
  (func $bound (param $s {seg}) (param $i i32) (param $b i32)
    (loop $l
      (drop (call $getInt (local.get $s) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $b (i32.or (local.get $b) (i32.const 8)))
      (br_if $l (i32.lt_u (local.get $i) (local.get $b)))))
  (func (export "run_bound") (param i32 i32 i32 i32)
    (call $bound (call $ofAddress (local.get 0) (local.get 1)) (local.get 2) (local.get 3)))

  ;; theorem $after: an access after the step is checked where it is
  ;; assume: valid($s)
  ;; prove: inside($s)
  ;; prove: fails(OutOfBounds, $i + 4 > size($s))
  ;; planted: HoistAfterStep
  ;; call: run_after(start($s), size($s), old($i), $b)
  ;; prefer: start($s) == 0 and size($s) == 4 and old($i) == 0 and $b == 1
  (func $after (param $s {seg}) (param $i i32) (param $b i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (drop (call $getInt (local.get $s) (local.get $i)))
      (br_if $l (i32.lt_u (local.get $i) (local.get $b)))))
  (func (export "run_after") (param i32 i32 i32 i32)
    (call $after (call $ofAddress (local.get 0) (local.get 1)) (local.get 2) (local.get 3)))

  ;; theorem $exit: in a loop with another exit, no check fails before its access is reached
  ;; assume: valid($s)
  ;; prove: inside($s)
  ;; prove: fails(OutOfBounds, $i + 4 > size($s))
  ;; invariant 0: $c == 0 or $i == old($i)
  ;; prove: old($i) == 0 and $c != 0 and 4 <= size($s) => not traps(OutOfBounds) or not segment($s)
  ;; planted: HoistAcrossExit
  ;; call: run_exit(start($s), size($s), old($i), $b, $c)
  ;; prefer: start($s) == 0 and old($i) == 0 and $b <= 100
  (func $exit (param $s {seg}) (param $i i32) (param $b i32) (param $c i32)
    (block $out
      (loop $l
        (drop (call $getInt (local.get $s) (local.get $i)))
        (br_if $out (local.get $c))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $i) (local.get $b))))))
  (func (export "run_exit") (param i32 i32 i32 i32 i32)
    (call $exit (call $ofAddress (local.get 0) (local.get 1)) (local.get 2) (local.get 3) (local.get 4))))
