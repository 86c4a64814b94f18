;;! --safety temporal --on-violation report
;;! representations: i64 anyref
;;! shown: i64
;; Reports of text: the size of the text, as other accesses. Nothing is written to a freed segment.
(module
  (type $units (array (mut i16)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateUtf8" (func $text (param i32 (ref null $units) i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setUtf8" (func $set (param {seg} i32 (ref null $units) i32 i32) (result i32)))
  (import "linmem" "MemorySegment.getUtf8" (func $get (param {seg} i32 i32) (result (ref $units))))
  (func $array (result (ref $units)) (array.new $units (i32.const 0x20ac) (i32.const 4)))
  (func $sets (export "set") (param $at i32) (param $count i32) (result i32)
    (call $set (call $allocate (call $new) (i32.const 10)) (local.get $at) (call $array) (i32.const 0) (local.get $count)))
  (func $freed (export "freed") (param $count i32) (result i32) (local $region i32) (local $s {seg})
    (local.set $region (call $new))
    (local.set $s (call $text (local.get $region) (call $array) (i32.const 0) (i32.const 4)))
    (call $free (local.get $region))
    (call $set (local.get $s) (i32.const 2) (call $array) (i32.const 0) (local.get $count)))
  (func $gets (export "get") (param $bytes i32) (result i32)
    (array.len (call $get (call $text (call $new) (call $array) (i32.const 0) (i32.const 1)) (i32.const 0) (local.get $bytes)))))
;; run: set(1, 3) == 9
;; report: set(2, 3) == MemorySegment.setUtf8: bytes 2..11 of a segment of 10 bytes (at line 15, in $sets)
;; report: set(11, 0) == MemorySegment.setUtf8: bytes 11..11 of a segment of 10 bytes (at line 15, in $sets)
;; violation: UseAfterFree freed(1)
;; report: get(4) == MemorySegment.getUtf8: bytes 0..4 of a segment of 3 bytes (at line 22, in $gets)
;; run: get(3) == 1
