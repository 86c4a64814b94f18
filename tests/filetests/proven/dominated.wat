;;! representations: i64 anyref
;; Bytes that were checked are not checked again, nor are bytes before them or between them.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $same (export "same") (param $bytes i32) (result i32) (local $s {seg})
    (local.set $s (call $segment (local.get $bytes)))
    (call $setInt (local.get $s) (i32.const 12) (i32.const 5))
    (call $getInt (local.get $s) (i32.const 12)))
  (func $before (export "before") (param $bytes i32) (result i32) (local $s {seg})
    (local.set $s (call $segment (local.get $bytes)))
    (call $setInt (local.get $s) (i32.const 12) (i32.const 5))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 6))
    (i32.add (call $getInt (local.get $s) (i32.const 0)) (call $getByte (local.get $s) (i32.const 15))))
  (func $behind (export "behind") (param $bytes i32) (result i32) (local $s {seg})
    (local.set $s (call $segment (local.get $bytes)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 5))
    (call $setInt (local.get $s) (i32.const 1) (i32.const 6))
    (call $getInt (local.get $s) (i32.const 0)))
  (func $dynamic (export "dynamic") (param $bytes i32) (param $o i32) (result i32) (local $s {seg})
    (local.set $s (call $segment (local.get $bytes)))
    (call $setInt (local.get $s) (local.get $o) (i32.const 5))
    (call $getInt (local.get $s) (local.get $o)))
  ;; The offset is a different one.
  (func $moved (export "moved") (param $bytes i32) (param $o i32) (result i32) (local $s {seg})
    (local.set $s (call $segment (local.get $bytes)))
    (call $setInt (local.get $s) (local.get $o) (i32.const 5))
    (local.set $o (i32.add (local.get $o) (i32.const 1)))
    (call $getInt (local.get $s) (local.get $o)))
  ;; The segment is a different one.
  (func $replaced (export "replaced") (param $a i32) (param $b i32) (result i32) (local $s {seg})
    (local.set $s (call $segment (local.get $a)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 5))
    (local.set $s (call $segment (local.get $b)))
    (call $getInt (local.get $s) (i32.const 0)))
  ;; Only one of two paths contains the check.
  (func $one_way (export "one_way") (param $bytes i32) (param $way i32) (result i32) (local $s {seg})
    (local.set $s (call $segment (local.get $bytes)))
    (if (local.get $way) (then (call $setInt (local.get $s) (i32.const 0) (i32.const 5))))
    (call $getInt (local.get $s) (i32.const 0))))

;; run: same(16) == 5
;; violation: OutOfBounds same(15)
;; run: before(16) == 6
;; violation: OutOfBounds before(15)
;; run: behind(5) == 0x605
;; violation: OutOfBounds behind(4)
;; run: dynamic(16, 12) == 5
;; violation: OutOfBounds dynamic(16, 13)
;; violation: OutOfBounds moved(16, 12)
;; run: moved(17, 12) == 0
;; violation: OutOfBounds moved(0, 0xffffffff)
;; run: replaced(4, 4) == 0
;; violation: OutOfBounds replaced(4, 3)
;; violation: OutOfBounds replaced(3, 4)
;; run: one_way(4, 1) == 5
;; violation: OutOfBounds one_way(3, 0)
;; violation: OutOfBounds one_way(3, 1)
