;; A packed segment is any number that does not end above 2^32: its low half is the start, its high half the size. The
;; program may compute it.
(module
  (import "linmem" "MemorySegment.getByte" (func $getByte (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (import "linmem" "MemorySegment.size" (func $size (param i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "byte") (param $s i64) (param $o i32) (result i32) (call $getByte (local.get $s) (local.get $o)))
  (func (export "slice") (param $s i64) (param $o i32) (param $bytes i32) (result i64)
    (call $slice (local.get $s) (local.get $o) (local.get $bytes)))
  (func (export "size") (param $s i64) (result i32) (call $size (local.get $s))))

;; run: byte(0x0000000400000008, 3) == 0
;; violation: OutOfBounds byte(0x0000000400000008, 4)
;; violation: OutOfBounds byte(0, 0)
;; run: byte(0xffffffff00000000, 65535) == 0
;; trap: byte(0xffffffff00000000, 65536)
;; trap: byte(0xffffffff00000000, 0xfffffffe)
;; violation: OutOfBounds byte(0xffffffff00000000, 0xffffffff)
;; run: slice(0x0000000400000008, 4, 0) == 0x000000000000000c
;; run: slice(0x0000000400000008, 1, 3) == 0x0000000300000009
;; violation: OutOfBounds slice(0x0000000400000008, 1, 4)
;; run: size(0xffffffff00000000) == 0xffffffff
