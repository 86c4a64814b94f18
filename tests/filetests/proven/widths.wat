;;! representations: i64 anyref
;; A wider access covers a narrower one at the same offset, but not vice versa.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getShort" (func $getShort (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.getVector" (func $getVector (param {seg} i32) (result v128)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $narrower (export "narrower") (param $bytes i32) (param $o i32) (result i64) (local $s {seg})
    (local.set $s (call $segment (local.get $bytes)))
    (i64.add (i64.add (i64.add
      (call $getLong (local.get $s) (local.get $o))
      (i64.extend_i32_u (call $getInt (local.get $s) (local.get $o))))
      (i64.extend_i32_u (call $getShort (local.get $s) (local.get $o))))
      (i64.extend_i32_u (call $getByte (local.get $s) (local.get $o)))))
  (func $wider (export "wider") (param $bytes i32) (param $o i32) (result i64) (local $s {seg})
    (local.set $s (call $segment (local.get $bytes)))
    (i64.add (i64.add
      (i64.extend_i32_u (call $getByte (local.get $s) (local.get $o)))
      (i64.extend_i32_u (call $getInt (local.get $s) (local.get $o))))
      (call $getLong (local.get $s) (local.get $o))))
  (func $constant (export "constant") (param $bytes i32) (result i32) (local $s {seg})
    (local.set $s (call $segment (local.get $bytes)))
    (i32.add (i32.add
      (i32x4.extract_lane 0 (call $getVector (local.get $s) (i32.const 8)))
      (call $getInt (local.get $s) (i32.const 20)))
      (call $getByte (local.get $s) (i32.const 23)))))

;; run: narrower(16, 8) == 0
;; violation: OutOfBounds narrower(16, 9)
;; violation: OutOfBounds narrower(15, 8)
;; run: wider(16, 8) == 0
;; violation: OutOfBounds wider(16, 9)
;; violation: OutOfBounds wider(16, 12)
;; violation: OutOfBounds wider(16, 15)
;; run: constant(24) == 0
;; violation: OutOfBounds constant(23)
