;;! --static-frames off
;;! representations: i32 i64 anyref
;; Closing a region writes top, which frees what was allocated since the region was opened.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))

  (func (export "reuse") (result i32)
    (local $region i32) (local $first i32)
    (local.set $region (call $new))
    (local.set $first (call $address (call $allocate (local.get $region) (i32.const 40))))
    (call $free (local.get $region))
    (i32.eq (local.get $first) (call $address (call $allocate (call $new) (i32.const 40)))))
  (func (export "close") (param $region i32) (call $free (local.get $region))))

;; run: reuse() == 1
;; run none: close(16) == ()
;; violation temporal: AlreadyFreed close(16)
;; violation temporal: AlreadyFreed close(1)
;; run: reuse() == 1
