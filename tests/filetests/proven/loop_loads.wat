;;! representations: i64 anyref
;; A loop whose own load is outside of the memory before an access is out of bounds.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (func $loads (param $s {seg}) (param $at i32) (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $at) (local.get $i)))))
      (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (memory (export "memory") 1)
  (func (export "loads") (param $bytes i32) (param $at i32) (param $n i32) (result i32)
    (call $loads (call $allocate (call $new) (local.get $bytes)) (local.get $at) (local.get $n))))

;; run: loads(3, 0, 3) == 0
;; violation: OutOfBounds loads(3, 0, 4)
;; trap: loads(5, 0xfffffff0, 5)
;; trap: loads(5, 0xfffffff0, 10)
