;; A packed segment that ends above 2^32: a constant offset of a load or store traps there. Addresses that code computes wrap
;; around to the start of the memory.
(module
  (import "linmem" "MemorySegment.getByte" (func $getByte (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param i64 i32 i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (import "linmem" "MemorySegment.fill" (func $fill (param i64 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\07")
  (func (export "at") (param $s i64) (param $o i32) (result i32) (call $getByte (local.get $s) (local.get $o)))
  (func (export "at_32") (param $s i64) (result i32) (call $getByte (local.get $s) (i32.const 32)))
  (func (export "set_at_32") (param $s i64) (call $setByte (local.get $s) (i32.const 32) (i32.const 1)))
  (func (export "slice_at_32") (param $s i64) (result i64)
    (call $slice (local.get $s) (i32.const 32) (i32.const 4)))
  (func (export "fill_4_at_32") (param $s i64) (call $fill (local.get $s) (i32.const 32) (i32.const 4) (i32.const 9)))
  (func (export "fill_at_32") (param $s i64) (param $bytes i32)
    (call $fill (local.get $s) (i32.const 32) (local.get $bytes) (i32.const 9))))

;; The segment has 64 bytes at 2^32 - 16.
;; run: at(0x00000040fffffff0, 32) == 7
;; trap: at_32(0x00000040fffffff0)
;; trap: set_at_32(0x00000040fffffff0)
;; trap: fill_4_at_32(0x00000040fffffff0)
;; run: slice_at_32(0x00000040fffffff0) == 0x0000000400000010
;; run: fill_at_32(0x00000040fffffff0, 1) == ()
;; run: at(0x0000002000000000, 16) == 9
