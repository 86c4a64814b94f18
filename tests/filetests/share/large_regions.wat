;;! --split 64KiB
;; A program of 64 KiB with 3 GiB of regions.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $set (param i64 i32 i32)))
  (import "linmem" "MemorySegment.getByte" (func $get (param i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "size") (result i32) memory.size)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "run") (param $bytes i32) (result i32) (local $r i32) (local $s i64)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (local.get $bytes)))
    (call $set (local.get $s) (i32.sub (local.get $bytes) (i32.const 1)) (i32.const 77))
    (call $get (local.get $s) (i32.sub (local.get $bytes) (i32.const 1)))
    (call $free (local.get $r))))

;; run: run(0xc0000000) == 77
;; run: run(0xc0000000) == 77
;; run: size() == 1
;; run: grow(1) == -1
