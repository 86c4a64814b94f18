;;! --optimize size
;;! representations: i32 i64 anyref
;; If code is optimized for size, every allocation is a call.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (func (export "frame") (result i32) (local $region i32) (local $a {seg})
    (local.set $region (call $new))
    (local.set $a (call $allocate (local.get $region) (i32.const 3)))
    (i32.sub (call $address (call $allocate (local.get $region) (i32.const 3))) (call $address (local.get $a))))
  (func (export "dynamic") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes))))
  (func (export "aligned") (result i32) (call $address (call $aligned (call $new) (i32.const 3) (i32.const 256)))))

;; run: frame() == 8
;; run: dynamic(100) == 32
;; run: dynamic(70000) == 136
;; run: aligned() == 70144
;; violation: OutOfMemory dynamic(0xffffffff)
