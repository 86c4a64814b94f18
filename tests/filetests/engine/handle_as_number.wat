;;! --safety spatial
;;! representations: i64 anyref
;; To the program, a handle is a number. It is kept even if only a check reads it, and has the value that was pushed.
;; run: reads(-1) == 1
;; violation: OutOfBounds small()
;; run: moved() == (9, 0)
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (func $whole (result {seg}) (call $ofAddress (i32.const 0) (i32.const 60000)))
  (func (export "reads") (param $r i32) (result i32)
    (local.set $r (call $new))
    (call $fill (call $whole) (local.get $r) (i32.const 0) (i32.const 0))
    (i32.const 1))
  (func (export "small") (local $r i32)
    (local.set $r (call $new))
    (call $fill (call $ofAddress (i32.const 0) (i32.const 4)) (local.get $r) (i32.const 0) (i32.const 0)))
  (func (export "moved") (result i32 i32) (local $r i32) (local $old i32) (local $t {seg})
    (local.set $t (call $whole))
    (local.set $r (call $new))
    (local.set $old (i32.add (local.get $r) (i32.const 0)))
    (call $setByte (local.get $t) (local.get $r)
      (block (result i32) (local.set $r (i32.const 3000)) (i32.const 9)))
    (call $getUByte (local.get $t) (local.get $old))
    (call $getUByte (local.get $t) (i32.const 3000)))
)

;; The functions that it calls stay functions.
;;! calls: wrappers
