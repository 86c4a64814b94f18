;;! --on-violation report
;;! representations: i64 anyref
;;! shown: i64
;; Reports of slices, fills, copies and addresses. The destination of a copy is checked before its source.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.copy" (func $copy (param {seg} i32 {seg} i32 i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $slices (export "slices") (param $o i32) (param $bytes i32) (result i32)
    (call $size (call $slice (call $segment (i32.const 16)) (local.get $o) (local.get $bytes))))
  (func $fills (export "fills") (param $o i32) (param $bytes i32)
    (call $fill (call $segment (i32.const 16)) (local.get $o) (local.get $bytes) (i32.const 1)))
  (func $copies (export "copies") (param $to i32) (param $from i32) (param $bytes i32)
    (call $copy
      (call $segment (i32.const 16)) (local.get $to)
      (call $segment (i32.const 32)) (local.get $from)
      (local.get $bytes)))
  (func $vouches (export "vouches") (param $address i32) (param $bytes i32) (result i32)
    (call $size (call $ofAddress (local.get $address) (local.get $bytes)))))

;; report: slices(8, 9) == MemorySegment.slice: bytes 8..17 of a segment of 16 bytes (at line 15, in $slices)
;; report: slices(17, 0) == MemorySegment.slice: bytes 17..17 of a segment of 16 bytes (at line 15, in $slices)
;; report: slices(0xffffffff, 0xffffffff) == MemorySegment.slice: bytes 4294967295..8589934590 of a segment of 16 bytes (at line 15, in $slices)
;; run: slices(8, 8) == 8
;; report: fills(15, 2) == MemorySegment.fill: bytes 15..17 of a segment of 16 bytes (at line 17, in $fills)
;; report: fills(17, 0) == MemorySegment.fill: bytes 17..17 of a segment of 16 bytes (at line 17, in $fills)
;; run: fills(16, 0) == ()
;; report: copies(9, 0, 8) == MemorySegment.copy: bytes 9..17 of a segment of 16 bytes (at line 19, in $copies)
;; report: copies(8, 25, 8) == MemorySegment.copy: bytes 25..33 of a segment of 32 bytes (at line 19, in $copies)
;; report: copies(0, 0, 33) == MemorySegment.copy: bytes 0..33 of a segment of 16 bytes (at line 19, in $copies)
;; run: copies(8, 24, 8) == ()
;; report: vouches(0xffffffff, 2) == MemorySegment.ofAddress: the addresses 4294967295..4294967297 exceed the address space, which ends at 4294967296 (at line 24, in $vouches)
;; report: vouches(0x80000000, 0x80000001) == MemorySegment.ofAddress: the addresses 2147483648..4294967297 exceed the address space, which ends at 4294967296 (at line 24, in $vouches)
;; run: vouches(0x80000000, 0x80000000) == 0x80000000
