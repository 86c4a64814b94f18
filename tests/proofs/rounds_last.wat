;; Loops that allocate twice in each iteration. Loop 0 is the one in which nothing is tested, loop 1 the one in which each
;; allocation is.

;;! representations: i64

(module
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (memory (export "memory") 1)

  ;; theorem $last: a loop that compares after its step and allocates twice is entered without tests exactly if there is room for all its iterations
  ;; logic: QF_AUFBV
  ;; assume: @top & 7 == 0 and @top <= 0xFFFF0000 and @limit <= 0xFFFF0000
  ;; unreached: 1
  ;; invariant 0: $linmem.next == @top and @top >= old(@top)
  ;; invariant 0: @top + (wrap($b - $i) << 5) + 32 <= @limit
  ;; prove: enters(0) <=> $b != 0x7FFFFFFF and old(@top) + (wrap($b - old($i)) << 5) + 32 <= old(@limit)
  ;; prove: returns => old(@top) <= @top and @top <= @limit
  ;; call: last($a, $c, $i, $b)
  ;; prefer: @top >= 32768 and @top <= 65536 and @limit <= 65536 and old($i) <= 1000 and $b <= 2000
  ;; planted: ReserveFewerTrips ReserveIgnoresLast ReserveFirstFrame ReserveKeepsTop
  (func $last (export "last") (param $a i32) (param $c i32) (param $i i32) (param $b i32) (result {seg}) (local $s {seg})
    (loop $l
      (local.set $s (call $allocate (local.get $a) (i32.const 12)))
      (call $setInt (local.get $s) (i32.const 8) (local.get $i))
      (local.set $s (call $allocate (local.get $c) (i32.const 13)))
      (call $setInt (local.get $s) (i32.const 9) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.le_s (local.get $i) (local.get $b))))
    (local.get $s)))
