;;! representations: i64 anyref
;; The offset is a constant, the size is not.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func (export "first") (param $bytes i32) (result i32)
    (call $getInt (call $segment (local.get $bytes)) (i32.const 0)))
  (func (export "later") (param $bytes i32)
    (call $setLong (call $segment (local.get $bytes)) (i32.const 24) (i64.const 1)))
  (func (export "huge") (param $bytes i32) (result i32)
    (call $getInt (call $ofAddress (i32.const 0) (local.get $bytes)) (i32.const 0xfffffff8))))

;; run: first(4) == 0
;; violation: OutOfBounds first(3)
;; violation: OutOfBounds first(0)
;; run: later(32) == ()
;; violation: OutOfBounds later(31)
;; violation: OutOfBounds later(0)
;; violation: OutOfBounds huge(0xfffffffb)
;; trap: huge(0xfffffffc)
;; trap: huge(0xffffffff)
