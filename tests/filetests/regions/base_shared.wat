;;! --base global:base
;; Each instance of a module over a shared memory is given a base of its own.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "env" "__heap_base" (global $heap_base i32))
  (import "env" "memory" (memory 1 100 shared))
  (global $base i32 (i32.add (global.get $heap_base) (i32.const 16)))
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $allocate (call $new) (local.get $bytes))))

;; run: allocate(1) == 1056
;; run: allocate(1) == 1064
