;;! representations: i32 i64 anyref
;; The start address of segments from different sources.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))

  (func (export "frame") (result i32)
    (local $region i32)
    (local.set $region (call $new))
    (drop (call $allocate (local.get $region) (i32.const 8)))
    (call $address (call $allocate (local.get $region) (i32.const 8))))
  (func (export "constant") (result i32) (call $address (call $ofAddress (i32.const 1234) (i32.const 5))))
  (func (export "dynamic") (param $address i32) (result i32)
    (call $address (call $ofAddress (local.get $address) (i32.const 5)))))

;; run none: frame() == 24
;; run temporal: frame() == 32
;; run: constant() == 1234
;; run unchecked: dynamic(0xffffffff) == 0xffffffff
;; run: dynamic(0xfffffffb) == 0xfffffffb
;; violation checked: OutOfBounds dynamic(0xfffffffc)
;; run: dynamic(0) == 0
