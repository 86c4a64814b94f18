;;! representations: i32 i64 anyref
;; A fill of a constant number of at most 64 bytes becomes stores; every other one becomes memory.fill.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))

  (func $segment (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 100)))
    (call $fill (local.get $s) (i32.const 0) (i32.const 100) (i32.const 1))
    (local.get $s))
  (func (export "constant") (param $at i32) (result i32) (local $s {seg})
    (local.set $s (call $segment))
    (call $fill (local.get $s) (i32.const 3) (i32.const 13) (i32.const 0x1ff))
    (call $getUByte (local.get $s) (local.get $at)))
  (func (export "frame") (result i64) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 8)))
    (call $fill (local.get $s) (i32.const 0) (i32.const 8) (i32.const -1))
    (call $fill (local.get $s) (i32.const 2) (i32.const 3) (i32.const 0x55))
    (call $fill (local.get $s) (i32.const 0) (i32.const 0) (i32.const 9))
    (call $getLong (local.get $s) (i32.const 0)))
  (func (export "byte") (param $byte i32) (param $at i32) (result i32) (local $s {seg})
    (local.set $s (call $segment))
    (call $fill (local.get $s) (i32.const 1) (i32.const 7) (local.get $byte))
    (call $getUByte (local.get $s) (local.get $at)))
  (func (export "dynamic") (param $offset i32) (param $bytes i32) (param $byte i32) (param $at i32) (result i32)
    (local $s {seg})
    (local.set $s (call $segment))
    (call $fill (local.get $s) (local.get $offset) (local.get $bytes) (local.get $byte))
    (call $getUByte (local.get $s) (local.get $at)))
  (func (export "cleared") (param $bytes i32) (param $at i32) (result i32) (local $s {seg})
    (local.set $s (call $segment))
    (call $fill (local.get $s) (i32.const 2) (local.get $bytes) (i32.const 0))
    (call $fill (local.get $s) (local.get $bytes) (i32.const 70) (local.get $at))
    (call $getUByte (local.get $s) (local.get $at))))

;; run: constant(2) == 1
;; run: constant(3) == 255
;; run: constant(15) == 255
;; run: constant(16) == 1
;; run: frame() == 0xffffff555555ffff
;; run: byte(0x1234, 0) == 1
;; run: byte(0x1234, 1) == 0x34
;; run: byte(0x1234, 7) == 0x34
;; run: byte(0x1234, 8) == 1
;; run: dynamic(5, 6, 0x107, 4) == 1
;; run: dynamic(5, 6, 0x107, 5) == 7
;; run: dynamic(5, 6, 0x107, 10) == 7
;; run: dynamic(5, 6, 0x107, 11) == 1
;; run: cleared(10, 5) == 0
;; run: cleared(10, 50) == 50
;; trap unchecked: dynamic(0, 0x7fffffff, 1, 0)
;; violation checked: OutOfBounds dynamic(0, 0x7fffffff, 1, 0)
