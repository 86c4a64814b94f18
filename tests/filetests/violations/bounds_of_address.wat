;;! representations: i64 anyref
;; A segment of `ofAddress` ends at most at 2^32. An access to it outside of the memory traps as in WebAssembly.
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "size") (param $address i32) (param $bytes i32) (result i32)
    (call $size (call $ofAddress (local.get $address) (local.get $bytes))))
  (func (export "end") (param $address i32) (param $bytes i32) (result i32) (local $s {seg})
    (local.set $s (call $ofAddress (local.get $address) (local.get $bytes)))
    (i32.add (call $address (local.get $s)) (call $size (local.get $s))))
  (func (export "int") (param $address i32) (param $bytes i32) (param $o i32) (result i32)
    (call $getInt (call $ofAddress (local.get $address) (local.get $bytes)) (local.get $o)))
  (func (export "last") (param $bytes i32) (result i32)
    (call $getByte (call $ofAddress (i32.const 0xffffffff) (local.get $bytes)) (i32.const 0))))

;; run: size(0, 0xffffffff) == 0xffffffff
;; run: size(1, 0xffffffff) == 0xffffffff
;; run: size(0xffffffff, 1) == 1
;; run: size(0xffffffff, 0) == 0
;; run: end(0xfffffff0, 16) == 0
;; run: end(0x80000000, 0x80000000) == 0
;; violation: OutOfBounds size(2, 0xffffffff)
;; violation: OutOfBounds size(0xffffffff, 2)
;; violation: OutOfBounds size(0xfffffff0, 17)
;; violation: OutOfBounds size(0x80000000, 0x80000001)
;; run: int(65532, 4, 0) == 0
;; run: int(0, 65536, 65532) == 0
;; violation: OutOfBounds int(65532, 4, 1)
;; trap: int(65533, 4, 0)
;; trap: int(65536, 4, 0)
;; trap: int(0, 0xffffffff, 65533)
;; trap: int(0xfffffffc, 4, 0)
;; trap: last(1)
;; violation: OutOfBounds last(0)
;; violation: OutOfBounds last(2)
