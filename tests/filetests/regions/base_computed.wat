;;! --share trust
;;! --base global:base
;;! representations: i64
;; A base that is known only at run time is read when the first region is opened. The memory's contents do not matter.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 2000) "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff")
  (global $base i32 (i32.add (i32.const 2000) (i32.const 1)))
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes))))
  (func (export "pages") (result i32) (memory.size)))

;; run: allocate(1) == 2016
;; run: allocate(63512) == 2024
;; run: pages() == 1
;; run: allocate(65536) == 65536
;; run: pages() == 2
