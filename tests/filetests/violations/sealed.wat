;;! --sealed true
;;! representations: anyref structref (ref any)
;; With `--sealed`, segments come only from linmem.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (func (export "part") (param $o i32) (result i32) (local $r i32) (local $s {seg}) (local $t {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (local.set $t (call $slice (local.get $s) (i32.const 8) (i32.const 8)))
    (call $setInt (local.get $t) (local.get $o) (i32.const 6))
    (call $getInt (local.get $s) (i32.add (local.get $o) (i32.const 8)))
    (call $free (local.get $r))))

;; run: part(4) == 6
;; violation: OutOfBounds part(5)
;; violation: OutOfBounds part(0xfffffff8)
