;;! representations: i64 anyref
;; A conversion traps before an access is out of bounds.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (func $converts (param $s {seg}) (param $x f64) (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (i32.trunc_f64_u (local.get $x)) (call $getUByte (local.get $s) (local.get $i))))
      (local.set $x (f64.mul (local.get $x) (f64.const 65536)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (func (export "converts") (param $bytes i32) (param $n i32) (result i32)
    (call $converts (call $allocate (call $new) (local.get $bytes)) (f64.const 1) (local.get $n))))

;; run: converts(2, 2) == 65536
;; violation: OutOfBounds converts(1, 10)
;; trap: converts(5, 10)
