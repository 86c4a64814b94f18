;;! --safety temporal
;;! representations: anyref
;; A reference knows its region, so that a use of a freed segment is detected even if it uses no byte.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.copy" (func $copy (param {seg} i32 {seg} i32 i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 {seg}) (result i32)))
  (func $dead (param $bytes i32) (result {seg}) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (local.get $bytes)))
    (call $free (local.get $r))
    (local.get $s))
  (func $live (result {seg}) (call $allocate (call $new) (i32.const 16)))
  (func (export "size") (result i32) (call $size (call $dead (i32.const 0))))
  (func (export "slice") (param $bytes i32) (result i32)
    (call $size (call $slice (call $dead (i32.const 16)) (i32.const 16) (local.get $bytes))))
  (func (export "fill") (param $bytes i32)
    (call $fill (call $dead (i32.const 16)) (i32.const 0) (local.get $bytes) (i32.const 1)))
  (func (export "copy_to") (param $bytes i32)
    (call $copy (call $dead (i32.const 16)) (i32.const 0) (call $live) (i32.const 0) (local.get $bytes)))
  (func (export "copy_from") (param $bytes i32)
    (call $copy (call $live) (i32.const 0) (call $dead (i32.const 16)) (i32.const 0) (local.get $bytes)))
  (func (export "write") (param $bytes i32) (result i32)
    (call $write_all (i32.const 1) (call $dead (local.get $bytes)))))

;; run: size() == 0
;; violation: UseAfterFree slice(0)
;; violation: OutOfBounds slice(1)
;; violation: UseAfterFree fill(0)
;; violation: UseAfterFree copy_to(0)
;; violation: UseAfterFree copy_from(0)
;; violation: UseAfterFree write(0)
;; output: ""
