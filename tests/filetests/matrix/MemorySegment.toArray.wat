;;! representations: i32 i64 anyref
;;! shown: i64
;;! functions: constant dynamic
;; A constant number of at most 8 elements is loaded and becomes array.new_fixed.

(module
  (type $doubles (array (mut f64)))
  (type $vectors (array (mut v128)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.toArray" (func $doubles (param {seg} i32 i32) (result (ref null $doubles))))
  (import "linmem" "MemorySegment.toArray" (func $vectors (param {seg} i32 i32) (result (ref $vectors))))
  (import "linmem" "MemorySegment.setDouble" (func $setDouble (param {seg} i32 f64)))

  (func (export "constant") (param $s {seg}) (result (ref $vectors))
    (call $vectors (local.get $s) (i32.const 1) (i32.const 1)))
  (func (export "dynamic") (param $s {seg}) (param $at i32) (param $count i32) (result (ref null $doubles))
    (call $doubles (local.get $s) (local.get $at) (local.get $count)))

  (func $segment (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 24)))
    (call $setDouble (local.get $s) (i32.const 0) (f64.const 1.5))
    (call $setDouble (local.get $s) (i32.const 8) (f64.const 2.5))
    (call $setDouble (local.get $s) (i32.const 16) (f64.const 3.5))
    (local.get $s))
  (func (export "few") (result f64)
    (array.get $doubles (call $doubles (call $segment) (i32.const 8) (i32.const 2)) (i32.const 1)))
  (func (export "none") (result i32)
    (array.len (call $doubles (call $segment) (i32.const 24) (i32.const 0))))
  (func (export "run") (param $at i32) (param $count i32) (param $i i32) (result f64)
    (array.get $doubles (call $doubles (call $segment) (local.get $at) (local.get $count)) (local.get $i))))

;; run: few() == 3.5
;; run: none() == 0
;; run: run(0, 3, 0) == 1.5
;; run: run(8, 2, 1) == 3.5
;; trap: run(8, 2, 2)
;; trap: run(24, 0, 0)
;; violation checked: OutOfBounds run(8, 3, 0)
;; violation checked: OutOfBounds run(25, 0, 0)
;; violation checked: OutOfBounds run(0, 0x20000000, 0)
