;;! --safety none
;;! representations: anyref
;; Without checks, the engine itself traps if a reference is not a segment.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 {seg}) (result i32)))
  (type $alike (struct (field i32) (field i32)))
  (func (export "null") (result i32) (call $getInt (ref.null none) (i32.const 0)))
  (func (export "number") (call $setInt (ref.i31 (i32.const 0)) (i32.const 0) (i32.const 1)))
  (func (export "alike") (result i32) (call $address (struct.new $alike (i32.const 0) (i32.const 8))))
  (func (export "write") (result i32) (call $write_all (i32.const 1) (ref.null none)))
  (func (export "segment") (result i32) (call $getInt (call $allocate (call $new) (i32.const 4)) (i32.const 0))))

;; trap: null()
;; trap: number()
;; trap: alike()
;; trap: write()
;; run: segment() == 0
