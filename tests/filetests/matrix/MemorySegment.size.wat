;;! representations: i64 anyref
;; The size of a segment that carries its size. An address does not: see reject/size_of_an_address.wat.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))

  (func (export "frame") (result i32) (call $size (call $allocate (call $new) (i32.const 13))))
  (func (export "constant") (result i32) (call $size (call $ofAddress (i32.const 8) (i32.const 0xfffffff0))))
  (func (export "dynamic") (param $bytes i32) (result i32) (call $size (call $allocate (call $new) (local.get $bytes))))
  (func (export "vouched") (param $bytes i32) (result i32)
    (call $size (call $ofAddress (i32.const -1) (local.get $bytes)))))

;; run: frame() == 13
;; run: constant() == 0xfffffff0
;; run: dynamic(13) == 13
;; run: dynamic(0) == 0
;; run: vouched(1) == 1
;; run unchecked: vouched(0xffffffff) == 0xffffffff
;; violation checked: OutOfBounds vouched(2)
