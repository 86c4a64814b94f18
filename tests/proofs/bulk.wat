;; The bounds checks of slices, fills and copies.

;;! representations: i64 anyref
;; levels: spatial temporal
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.copy" (func $copy (param {seg} i32 {seg} i32 i32)))
  (memory (export "memory") 1)

  ;; theorem $part: a slice fails exactly if it leaves the segment, and else is this part of it
  ;; assume: valid($s)
  ;; prove: traps(OutOfBounds) <=> segment($s) and $o + $n > size($s)
  ;; prove: returns => segment(r0) and start(r0) == (start($s) + $o) & 0xFFFFFFFF and size(r0) == $n
  ;; opaque: check_segment
  ;; planted: BoundsWrap
  (func $part (param $s {seg}) (param $o i32) (param $n i32) (result {seg}) (local $x {seg})
    (local.set $x (call $slice (local.get $s) (local.get $o) (local.get $n)))
    (local.get $x))

  ;; theorem $set: a fill fails exactly if it leaves the segment
  ;; assume: valid($s)
  ;; prove: traps(OutOfBounds) <=> segment($s) and $o + $n > size($s)
  ;; prove: inside($s)
  ;; opaque: check_segment
  ;; planted: BoundsWrap
  ;; neighbour: i64.gt_u -> i64.ge_u
  ;; call: run(start($s), size($s), $o, $n)
  (func $set (param $s {seg}) (param $o i32) (param $n i32)
    (nop)
    (call $fill (local.get $s) (local.get $o) (local.get $n) (i32.const 7)))
  (func (export "run") (param i32 i32 i32 i32)
    (call $set (call $ofAddress (local.get 0) (local.get 1)) (local.get 2) (local.get 3)))

  ;; theorem $move: a copy fails exactly if it leaves one of the two segments
  ;; assume: valid($t) and valid($s)
  ;; prove: traps(OutOfBounds) => segment($t) and segment($s) and ($o + $n > size($t) or $p + $n > size($s))
  ;; prove: segment($t) and segment($s) and ($o + $n > size($t) or $p + $n > size($s)) => traps(OutOfBounds) or traps(UseAfterFree)
  ;; prove: inside($t, $s)
  ;; opaque: check_segment
  ;; planted: BoundsWrap
  ;; call: run_move(start($t), size($t), $o, start($s), size($s), $p, $n)
  (func $move (param $t {seg}) (param $o i32) (param $s {seg}) (param $p i32) (param $n i32)
    (nop)
    (call $copy (local.get $t) (local.get $o) (local.get $s) (local.get $p) (local.get $n)))
  (func (export "run_move") (param i32 i32 i32 i32 i32 i32 i32)
    (call $move (call $ofAddress (local.get 0) (local.get 1)) (local.get 2)
      (call $ofAddress (local.get 3) (local.get 4)) (local.get 5) (local.get 6))))
