;;! representations: i64 anyref
;; A loop over a segment of `ofAddress`, whose memory ends before an access is out of bounds.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (func $vouched (param $s {seg}) (param $v {seg}) (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $v) (local.get $i))))
      (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (func (export "vouched") (param $bytes i32) (param $at i32) (param $n i32) (result i32)
    (call $vouched
      (call $allocate (call $new) (local.get $bytes))
      (call $ofAddress (local.get $at) (i32.const 100))
      (local.get $n))))

;; run: vouched(3, 0, 3) == 0
;; violation: OutOfBounds vouched(3, 0, 4)
;; trap: vouched(5, 0xfffffe00, 5)
;; The engine would trap in the first iteration; the violation of the sixth one is found before that.
;; violation: OutOfBounds vouched(5, 0xfffffe00, 10)
