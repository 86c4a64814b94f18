;;! --on-violation report
;; Accesses that are always outside of their segment link, and reach the violation with its numbers at run time.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param i64 i32 i64)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (import "linmem" "MemorySegment.copy" (func $copy (param i64 i32 i64 i32 i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param i64 i32 i32 i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (import "test" "log" (func $log (param i64)))
  (func $right (export "right") (result i32)
    (call $getInt (call $allocate (call $new) (i32.const 16)) (i32.const 12)))
  (func $wrong (export "wrong") (result i32)
    (call $getInt (call $allocate (call $new) (i32.const 16)) (i32.const 13)))
  (func $ever (export "ever") (param $s i64) (result i32) (call $getInt (local.get $s) (i32.const 0xfffffffc)))
  (func $small (export "small") (param $offset i32)
    (call $setLong (call $allocate (call $new) (i32.const 4)) (local.get $offset) (i64.const 1)))
  (func $slices (export "slices") (result i64) (local $s i64)
    (local.set $s (call $slice (call $allocate (call $new) (i32.const 16)) (i32.const 8) (i32.const 8)))
    (call $slice (local.get $s) (i32.const 1) (i32.const 8)))
  (func $copies (export "copies") (local $r i32)
    (local.set $r (call $new))
    (call $copy
      (call $allocate (local.get $r) (i32.const 16)) (i32.const 0)
      (call $allocate (local.get $r) (i32.const 8)) (i32.const 1)
      (i32.const 8)))
  (func $filled (export "filled") (param $bytes i32)
    (call $fill (call $allocate (call $new) (i32.const 3)) (i32.const 4) (local.get $bytes) (i32.const 0)))
  (func $address (export "address") (result i64) (call $ofAddress (i32.const 0xfffffff0) (i32.const 17)))
  (func $last (export "last") (result i64) (call $ofAddress (i32.const 0xfffffff0) (i32.const 16)))
  ;; Code before the access runs, code after it does not.
  (func $order (export "order") (param $s i64) (result i32)
    (call $log (i64.const 1))
    (i32.add
      (call $getInt (call $slice (local.get $s) (i32.const 0) (i32.const 2)) (i32.const 0))
      (block (result i32) (call $log (i64.const 2)) (i32.const 0)))))

;; run: right() == 0
;; report: wrong() == MemorySegment.getInt: bytes 13..17 of a segment of 16 bytes (at line 16, in $wrong)
;; report: ever(0x4000000010) == MemorySegment.getInt: bytes 4294967292..4294967296 of a segment of 64 bytes (at line 17, in $ever)
;; report: small(7) == MemorySegment.setLong: bytes 7..15 of a segment of 4 bytes (at line 19, in $small)
;; report: slices() == MemorySegment.slice: bytes 1..9 of a segment of 8 bytes (at line 22, in $slices)
;; report: copies() == MemorySegment.copy: bytes 1..9 of a segment of 8 bytes (at line 25, in $copies)
;; report: filled(5) == MemorySegment.fill: bytes 4..9 of a segment of 3 bytes (at line 30, in $filled)
;; report: address() == MemorySegment.ofAddress: the addresses 4294967280..4294967297 exceed the address space, which ends at 4294967296 (at line 31, in $address)
;; run: last() == 0x10fffffff0
;; report: order(0x1000000010) == MemorySegment.getInt: bytes 0..4 of a segment of 2 bytes (at line 37, in $order)
;; log: 1
