;; Loops that allocate, and must test each allocation: what ends the loop is not known before it begins.

;;! representations: i64 anyref

(module
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (memory (export "memory") 1)

  ;; A call of refill ends in its loop, which is not reached. These are the executions in which nothing is refilled.
  ;; theorem $moves: a loop that moves its bound never leaves top above limit
  ;; assume: @top & 7 == 0 and @top <= @limit and @limit <= 0xFFFF0000
  ;; unreached: refill 0
  ;; invariant 0: @top <= @limit
  ;; prove: returns => @top <= @limit
  ;; planted: ReserveAssignedBound
  ;; prefer: $i == 0 and $b == 1 and @top == 65536 and @limit == 65552
  (func $moves (export "moves") (param $a i32) (param $i i32) (param $b i32) (result {seg}) (local $s {seg})
    (loop $l
      (local.set $s (call $allocate (local.get $a) (i32.const 12)))
      (local.set $b (i32.shl (local.get $b) (i32.lt_u (local.get $i) (i32.const 3))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (local.get $b))))
    (local.get $s))

  ;; theorem $behind: neither does a loop whose step and comparison are behind the branch back
  ;; assume: @top & 7 == 0 and @top <= @limit and @limit <= 0xFFFF0000
  ;; unreached: refill 0
  ;; invariant 0: @top <= @limit
  ;; prove: returns => @top <= @limit
  ;; planted: ReserveBehindBranchBack
  ;; prefer: $n == 4 and $i == 0 and $b == 1 and @top == 65536 and @limit == 65552
  (func $behind (export "behind") (param $a i32) (param $n i32) (param $i i32) (param $b i32) (result {seg}) (local $s {seg})
    (block $out
      (loop $l
        (local.set $s (call $allocate (local.get $a) (i32.const 12)))
        (br_if $l (local.tee $n (i32.add (i32.mul (local.get $n) (i32.const 1)) (i32.const -1))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $out (i32.ge_u (local.get $i) (local.get $b)))))
    (local.get $s)))
