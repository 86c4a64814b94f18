;;! --on-violation report
;;! representations: i64 anyref
;; A check before a loop reports what the check in the loop would report in the failing iteration.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $ints (param $s {seg}) (param $i i32) (param $n i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getInt (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n)))))
  (func $two (param $a {seg}) (param $b {seg}) (param $n i32) (local $i i32)
    (loop $next
      (call $setByte (local.get $a) (local.get $i) (i32.const 1))
      (call $setByte (local.get $b) (local.get $i) (i32.const 2))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  (func (export "ints") (param $bytes i32) (param $i i32) (param $n i32)
    (call $ints (call $segment (local.get $bytes)) (local.get $i) (local.get $n)))
  (func (export "two") (param $a i32) (param $b i32) (param $n i32)
    (call $two (call $segment (local.get $a)) (call $segment (local.get $b)) (local.get $n))))

;; run: ints(20, 0, 20) == ()
;; report: ints(18, 0, 20) == MemorySegment.getInt: bytes 16..20 of a segment of 18 bytes (at line 12, in $ints)
;; report: ints(18, 0, 0xffffffff) == MemorySegment.getInt: bytes 16..20 of a segment of 18 bytes (at line 12, in $ints)
;; report: ints(18, 18, 0) == MemorySegment.getInt: bytes 18..22 of a segment of 18 bytes (at line 12, in $ints)
;; run: two(5, 5, 5) == ()
;; report: two(4, 5, 6) == MemorySegment.setByte: bytes 4..5 of a segment of 4 bytes (at line 16, in $two)
;; report: two(5, 4, 6) == MemorySegment.setByte: bytes 4..5 of a segment of 4 bytes (at line 17, in $two)
;; report: two(4, 4, 6) == MemorySegment.setByte: bytes 4..5 of a segment of 4 bytes (at line 16, in $two)
