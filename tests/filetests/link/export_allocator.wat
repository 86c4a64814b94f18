;;! --static-frames off
;;! representations: i32 i64 anyref
;;! --export-allocator true
;; With `--export-allocator`, a host opens regions, allocates and closes them. Regions of the host and of the program nest.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (func (export "store") (param $segment {seg}) (param $value i32)
    (call $setInt (local.get $segment) (i32.const 0) (local.get $value)))
  (func (export "load") (param $segment {seg}) (result i32)
    (call $getInt (local.get $segment) (i32.const 0)))
  (func (export "within") (result i32) (local $region i32)
    (local.set $region (call $new))
    (call $address (call $allocate (local.get $region) (i32.const 8)))
    (call $free (local.get $region))))

;; run: linmem_open() == 16
;; run: within() == 16
;; run: within() == 16
;; run: linmem_close(16) == ()
