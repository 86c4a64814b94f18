;;! --zero allocate
;;! representations: i32 i64 anyref
;; Segments start zeroed, however they are allocated, and whatever the memory contained.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (func $dirty (local $r i32)
    (local.set $r (call $new))
    (call $fill (call $allocate (local.get $r) (i32.const 60000)) (i32.const 0) (i32.const 60000) (i32.const 0xff))
    (call $free (local.get $r)))
  (func (export "small") (result i64) (local $r i32) (local $a {seg}) (local $b {seg})
    (call $dirty)
    (local.set $r (call $new))
    (local.set $a (call $allocate (local.get $r) (i32.const 24)))
    (local.set $b (call $allocate (local.get $r) (i32.const 8)))
    (call $fill (local.get $a) (i32.const 0) (i32.const 8) (i32.const 1))
    (i64.or
      (i64.or (call $getLong (local.get $a) (i32.const 8)) (call $getLong (local.get $a) (i32.const 16)))
      (call $getLong (local.get $b) (i32.const 0)))
    (call $free (local.get $r)))
  (func (export "large") (param $offset i32) (result i64) (local $r i32) (local $a {seg})
    (call $dirty)
    (local.set $r (call $new))
    (local.set $a (call $allocate (local.get $r) (i32.const 1000)))
    (call $getLong (local.get $a) (local.get $offset))
    (call $free (local.get $r)))
  (func (export "dynamic") (param $bytes i32) (result i32) (local $r i32) (local $a {seg})
    (call $dirty)
    (local.set $r (call $new))
    (local.set $a (call $allocate (local.get $r) (local.get $bytes)))
    (i32.or
      (call $getByte (local.get $a) (i32.const 0))
      (call $getByte (local.get $a) (i32.sub (local.get $bytes) (i32.const 1))))
    (call $free (local.get $r)))
  (func (export "aligned") (result i64) (local $r i32) (local $a {seg})
    (call $dirty)
    (local.set $r (call $new))
    (local.set $a (call $aligned (local.get $r) (i32.const 16) (i32.const 256)))
    (i64.or (call $getLong (local.get $a) (i32.const 0)) (call $getLong (local.get $a) (i32.const 8)))
    (call $free (local.get $r))))

;; run: small() == 0
;; run: large(0) == 0
;; run: large(992) == 0
;; run: dynamic(1) == 0
;; run: dynamic(59999) == 0
;; run: aligned() == 0
