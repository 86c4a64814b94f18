;;! --safety none
;;! representations: i32 i64 anyref
;; Without checks, an offset beyond the end of the memory does not wrap around.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))

  (func $filled (result {seg}) (call $allocate (call $new) (i32.const 40)))
  (func (export "huge") (result i32)
    (call $getInt (call $slice (call $filled) (i32.const 4) (i32.const 8)) (i32.const 0xfffffff0))))


;; trap: huge()
