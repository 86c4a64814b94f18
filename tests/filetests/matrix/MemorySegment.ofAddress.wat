;;! representations: i32 i64 anyref
;; A segment over memory that the program guarantees is valid.

(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))

  ;; This memory is not linmem's, so no byte of it is free.
  (memory (export "memory") 1)
  (func (export "constant") (result i32)
    (call $setInt (call $ofAddress (i32.const 40000) (i32.const 8)) (i32.const 4) (i32.const 5))
    (call $getInt (call $ofAddress (i32.const 40000) (i32.const 8)) (i32.const 4)))
  (func (export "dynamic") (param $address i32) (param $bytes i32) (result i32)
    (local $s {seg})
    (local.set $s (call $ofAddress (local.get $address) (local.get $bytes)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 6))
    (call $getInt (call $ofAddress (local.get $address) (i32.const 4)) (i32.const 0))))

;; run: constant() == 5
;; run: dynamic(40008, 100) == 6
;; trap: dynamic(0x10000000, 4)
;; run checked: dynamic(0, 4) == 6
;; trap: dynamic(0xfffffffc, 4)
;; trap unchecked: dynamic(0xfffffffc, 5)
;; violation checked: OutOfBounds dynamic(0xfffffffc, 5)
;; violation checked: OutOfBounds dynamic(0xffffffff, 0xffffffff)
