;;! representations: i32 i64 anyref
;; Alignments up to 8 do not change the code. A larger constant one is inline; one that is not a constant takes a helper.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $allocateAligned (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))

  (func (export "small") (result i32)
    (i32.and (call $address (call $allocateAligned (call $new) (i32.const 3) (i32.const 2))) (i32.const 7)))
  (func (export "constant") (result i32)
    (local $region i32)
    (local.set $region (call $new))
    (drop (call $allocate (local.get $region) (i32.const 8)))
    (call $address (call $allocateAligned (local.get $region) (i32.const 3) (i32.const 64))))
  (func (export "page") (result i32)
    (call $address (call $allocateAligned (call $new) (i32.const 1) (i32.const 65536))))
  (func (export "dynamic") (param $bytes i32) (param $alignment i32) (result i32)
    (call $address (call $allocateAligned (call $new) (local.get $bytes) (local.get $alignment)))))

;; run: small() == 0
;; run: constant() == 64
;; run: page() == 65536
;; run: dynamic(0, 4096) == 4096
;; run none: dynamic(70000, 16) == 16
;; run temporal: dynamic(70000, 16) == 32
;; run none: dynamic(1, 1) == 16
;; run temporal: dynamic(1, 1) == 24
;; violation temporal: BadAlignment dynamic(1, 3)
;; violation temporal: BadAlignment dynamic(1, 0)
;; violation temporal: BadAlignment dynamic(1, 131072)
;; violation: OutOfMemory dynamic(0xffffffff, 65536)
