;;! --static-frames on
;;! representations: i64
;; A region that an exception may leave open is opened when the program runs; one that a handler of the function closes is part
;; of a static frame.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $set (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $get (param {seg} i32) (result i32)))
  (tag $oops)
  (global $kept (mut {seg}) (i64.const 0))
  (func $throw (param i32) (if (local.get 0) (then (throw $oops))))

  (func $leaves (param $throws i32) (param $value i32)
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (call $set (local.get $s) (i32.const 4) (local.get $value))
    (if (local.get $throws) (then (global.set $kept (local.get $s))))
    (call $throw (local.get $throws))
    (call $free (local.get $r)))

  (func (export "kept") (result i32)
    (block $caught
      (try_table (catch $oops $caught) (call $leaves (i32.const 1) (i32.const 5))))
    (call $leaves (i32.const 0) (i32.const 6))
    (call $get (global.get $kept) (i32.const 4)))

  (func (export "closed") (param $throws i32) (result i32)
    (local $r i32) (local $s {seg}) (local $sum i32)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (call $set (local.get $s) (i32.const 4) (i32.const 1))
    (block $caught
      (try_table (catch_all $caught) (call $throw (local.get $throws)) (local.set $sum (i32.const 10))))
    (local.set $sum (i32.add (local.get $sum) (call $get (local.get $s) (i32.const 4))))
    (call $free (local.get $r))
    (local.get $sum)))

;; run: kept() == 5
;; run: closed(1) == 1
;; run: closed(0) == 11
