;;! --safety temporal
;;! representations: i64 anyref
;;! shown: i64
;; The handle of an allocation in a loop is checked only if something in the loop may open or close a region.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (func (export "nested") (param $n i32) (result i32) (local $r i32) (local $m i32)
    (local.set $r (call $new))
    (loop $outer
      (local.set $m (i32.const 3))
      (loop $inner
        (call $setInt (call $allocate (local.get $r) (i32.const 8)) (i32.const 0) (local.get $m))
        (br_if $inner (local.tee $m (i32.sub (local.get $m) (i32.const 1)))))
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $free (local.get $r))
    (local.get $n))
  (func (export "closed") (param $n i32) (result i32) (local $r i32) (local $m i32)
    (local.set $r (call $new))
    (loop $outer
      (local.set $m (i32.const 3))
      (loop $inner
        (call $setInt (call $allocate (local.get $r) (i32.const 8)) (i32.const 0) (local.get $m))
        (br_if $inner (local.tee $m (i32.sub (local.get $m) (i32.const 1)))))
      (if (i32.eq (local.get $n) (i32.const 2)) (then (call $free (local.get $r))))
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $n)))

;; run: nested(2) == 0
;; run: nested(3) == 0
;; violation: UseAfterFree closed(3)
;; violation: UseAfterFree closed(2)
;; run: closed(1) == 0
