;;! --safety temporal --on-violation report
;;! representations: i64 anyref
;;! shown: i64
;; Reports of copies of arrays. A number of bytes that is not below 2^32 is reported as the largest one that is.
(module
  (type $shorts (array (mut i16)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemoryAllocator.allocateArray" (func $array (param i32 (ref null $shorts) i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.copyFromArray" (func $from (param {seg} i32 (ref null $shorts) i32 i32)))

  (func $closed (result i32) (local $region i32)
    (local.set $region (call $new)) (call $free (local.get $region)) (local.get $region))
  (func $six (result {seg}) (call $array (call $new) (array.new_default $shorts (i32.const 5)) (i32.const 1) (i32.const 3)))
  (func $outside (export "outside") (param $at i32) (param $count i32)
    (call $from (call $six) (local.get $at) (ref.null $shorts) (i32.const 0) (local.get $count)))
  (func $closes (export "closed") (param $count i32)
    (drop (call $array (call $closed) (ref.null $shorts) (i32.const 0) (local.get $count))))
  (func $freed (export "freed") (param $count i32) (local $region i32) (local $s {seg})
    (local.set $region (call $new))
    (local.set $s (call $array (local.get $region) (array.new_default $shorts (i32.const 4)) (i32.const 0) (i32.const 4)))
    (call $free (local.get $region))
    (call $from (local.get $s) (i32.const 2) (ref.null $shorts) (i32.const 0) (local.get $count))))

;; report: outside(1, 3) == MemorySegment.copyFromArray: bytes 1..7 of a segment of 6 bytes (at line 16, in $outside)
;; report: outside(0, 0x80000000) == MemorySegment.copyFromArray: bytes 0..4294967295 of a segment of 6 bytes (at line 16, in $outside)
;; report: outside(7, 0) == MemorySegment.copyFromArray: bytes 7..7 of a segment of 6 bytes (at line 16, in $outside)
;; report: closed(1) == MemoryAllocator.allocateArray: allocator 7 is not open: it was closed, or never opened (at line 18, in $closes)
;; report: freed(2) == MemorySegment.copyFromArray: the 4 bytes at address 74 of a freed segment (at line 23, in $freed)
;; trap: outside(0, 2)
