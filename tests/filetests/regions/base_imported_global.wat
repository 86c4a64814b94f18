;;! --base global:__heap_base
;;! representations: i64
;; A module whose address is chosen by a loader imports the global: the name of the import is sufficient.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "env" "__heap_base" (global i32))
  (memory (export "memory") 1)
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes)))))

;; run: allocate(1) == 1040
;; run: allocate(1) == 1048
