;;! representations: structref
;; References to structures: null, and structures of the program.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (type $alike (struct (field i32) (field i32)))
  (func (export "null") (result i32) (call $getInt (ref.null struct) (i32.const 0)))
  (func (export "none") (result i32) (call $getInt (ref.null none) (i32.const 0)))
  (func (export "alike") (result i32) (call $getInt (struct.new $alike (i32.const 24) (i32.const 8)) (i32.const 0)))
  (func (export "segment") (param $o i32) (result i32)
    (call $getInt (call $allocate (call $new) (i32.const 8)) (local.get $o))))

;; violation: Forged null()
;; violation: Forged none()
;; violation: Forged alike()
;; run: segment(4) == 0
;; violation: OutOfBounds segment(5)
