;;! --optimize size
;;! representations: i64 anyref
;; If code is optimized for size, a check stays in its loop; bytes that were checked are still not checked again.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (func $loop (param $s {seg}) (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (call $setInt (local.get $s) (local.get $i) (local.get $i))
      (local.set $sum (i32.add (local.get $sum) (call $getInt (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))))
    (local.get $sum))
  (func (export "loop") (param $bytes i32) (param $n i32) (result i32)
    (call $loop (call $allocate (call $new) (local.get $bytes)) (local.get $n))))

;; run: loop(16, 16) == 24
;; run: loop(16, 13) == 24
;; violation: OutOfBounds loop(16, 17)
;; violation: OutOfBounds loop(3, 0)
