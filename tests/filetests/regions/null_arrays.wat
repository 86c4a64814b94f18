;;! --oom null
;;! representations: i32 i64 anyref
;;! policies: stack
;;! pages: 2
;;! shown: i32
;; If there is no memory for an array, the segment is null and has no bytes, and nothing is copied.
(module
  (type $longs (array i64))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocateArray"
    (func $array (param i32 (ref null $longs) i32 i32) (result {seg} {bytes})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (global $a (ref $longs) (array.new_default $longs (i32.const 100000)))
  (func (export "array") (param $index i32) (param $count i32) (result i32) (local $s {seg})
    (call $array (call $new) (global.get $a) (local.get $index) (local.get $count)) {drop}
    (local.set $s)
    (i32.eqz (call $address (local.get $s))))
  (func (export "constant") (result i32) (local $s {seg})
    (call $array (call $new) (global.get $a) (i32.const 0) (i32.const 2)) {drop}
    (local.set $s)
    (i32.eqz (call $address (local.get $s)))))

;; run: array(0, 1) == 0
;; run: array(0, 100000) == 1
;; run: constant() == 0
;; trap: array(1, 100000)
