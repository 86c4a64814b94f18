;;! --on-violation report
;;! representations: i64 anyref
;;! shown: i64
;; Reports of accesses that end beyond their segment: the bytes of the access, and the size of the segment.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getShort" (func $getShort (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setDouble" (func $setDouble (param {seg} i32 f64)))
  (import "linmem" "MemorySegment.setVector" (func $setVector (param {seg} i32 v128)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $byte (export "byte") (param $bytes i32) (param $o i32) (result i32)
    (call $getByte (call $segment (local.get $bytes)) (local.get $o)))
  (func $short (export "short") (param $bytes i32) (param $o i32) (result i32)
    (call $getShort (call $segment (local.get $bytes)) (local.get $o)))
  (func $int (export "int") (param $bytes i32) (param $o i32) (result i32)
    (call $getInt (call $segment (local.get $bytes)) (local.get $o)))
  (func $long (export "long") (param $bytes i32) (result i64)
    (call $getLong (call $segment (local.get $bytes)) (i32.const 8)))
  (func $double (export "double") (param $bytes i32) (param $o i32)
    (call $setDouble (call $segment (local.get $bytes)) (local.get $o) (f64.const 1)))
  (func $vector (export "vector") (param $bytes i32) (param $o i32)
    (call $setVector (call $segment (local.get $bytes)) (local.get $o) (v128.const i64x2 1 1))))

;; report: byte(8, 8) == MemorySegment.getByte: bytes 8..9 of a segment of 8 bytes (at line 16, in $byte)
;; report: byte(0, 0) == MemorySegment.getByte: bytes 0..1 of a segment of 0 bytes (at line 16, in $byte)
;; report: byte(1, 1) == MemorySegment.getByte: bytes 1..2 of a segment of 1 byte (at line 16, in $byte)
;; report: byte(1, 0xffffffff) == MemorySegment.getByte: bytes 4294967295..4294967296 of a segment of 1 byte (at line 16, in $byte)
;; report: short(8, 7) == MemorySegment.getShort: bytes 7..9 of a segment of 8 bytes (at line 18, in $short)
;; report: int(16, 13) == MemorySegment.getInt: bytes 13..17 of a segment of 16 bytes (at line 20, in $int)
;; report: int(3, 0) == MemorySegment.getInt: bytes 0..4 of a segment of 3 bytes (at line 20, in $int)
;; report: int(16, 0xfffffffe) == MemorySegment.getInt: bytes 4294967294..4294967298 of a segment of 16 bytes (at line 20, in $int)
;; report: long(15) == MemorySegment.getLong: bytes 8..16 of a segment of 15 bytes (at line 22, in $long)
;; report: double(12, 5) == MemorySegment.setDouble: bytes 5..13 of a segment of 12 bytes (at line 24, in $double)
;; report: vector(15, 0) == MemorySegment.setVector: bytes 0..16 of a segment of 15 bytes (at line 26, in $vector)
;; run: int(16, 12) == 0
;; run: long(16) == 0
;; run: vector(16, 0) == ()
