;;! --share trust
;;! --base 70001
;;! representations: i64
;; The program leaves all memory from an address on to linmem, whatever it contains.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 70000) "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff")
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes))))
  (func (export "pages") (result i32) (memory.size)))

;; run: allocate(1) == 70016
;; run: allocate(61048) == 70024
;; run: pages() == 2
;; run: allocate(8) == 131072
;; run: pages() == 3
