;;! representations: i32 i64 anyref
;; Allocations of constant sizes share a frame; each other one has its own bump. A size of 0 is not a special case.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))

  (func (export "constant") (result i32)
    (local $region i32) (local $a {seg}) (local $b {seg})
    (local.set $region (call $new))
    (local.set $a (call $allocate (local.get $region) (i32.const 5)))
    (local.set $b (call $allocate (local.get $region) (i32.const 0)))
    (i32.sub
      (call $address (call $allocate (local.get $region) (i32.const 1)))
      (call $address (local.get $a))))
  (func (export "dynamic") (param $bytes i32) (result i32)
    (local $region i32) (local $a {seg})
    (local.set $region (call $new))
    (local.set $a (call $allocate (local.get $region) (local.get $bytes)))
    (i32.sub
      (call $address (call $allocate (local.get $region) (local.get $bytes)))
      (call $address (local.get $a))))
  (func (export "large") (result i32)
    (call $address (call $allocate (call $new) (i32.const 1000000)))))

;; run: constant() == 8
;; run: dynamic(0) == 0
;; run: dynamic(1) == 8
;; run: dynamic(8) == 8
;; run: dynamic(65536) == 65536
;; violation: OutOfMemory dynamic(0xffffffff)
;; violation: OutOfMemory dynamic(0xfffffff8)
;; violation: OutOfMemory dynamic(0x80000000)
