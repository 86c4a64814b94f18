;;! representations: i64
;; A program that starts with more than 2 GiB can still grow after linmem has taken its part.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (memory (export "memory") 40000)
  (func (export "grow") (param $pages i32) (result i32) (memory.grow (local.get $pages)))
  (func (export "is_above") (param $bytes i32) (result i32)
    (i32.ge_u (call $address (call $allocate (call $new) (local.get $bytes))) (i32.const 3000000000))))

;; run: is_above(8) == 1
;; run: grow(1000) == 40000
;; run: grow(1000) == 41000
