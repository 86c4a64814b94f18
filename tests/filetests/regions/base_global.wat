;;! --base global:__heap_base
;;! representations: i64
;; As in modules that a linker made: an immutable global contains the end of their data.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (memory (export "memory") 1)
  (global (export "__heap_base") i32 (i32.const 1028))
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes)))))

;; run: allocate(1) == 1040
;; run: allocate(1) == 1048
