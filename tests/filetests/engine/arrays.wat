;;! representations: i32 i64 anyref
;;! shown: i64
;; Copies of arrays that are not called directly, in unreachable code, with operands on the stack, and with array types that
;; the program declares twice.
(module
  (rec (type $node (struct (field (ref null $bytes)))) (type $bytes (array (mut i8))))
  (type $first (array (mut i32)))
  (type $second (array (mut i32)))
  (type $copy (func (param {seg} i32 (ref null $first) i32 i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.copyFromArray" (func $copyBytes (param {seg} i32 (ref $bytes) i32 i32)))
  (import "linmem" "MemorySegment.copyFromArray" (func $copyFirst (param {seg} i32 (ref null $first) i32 i32)))
  (import "linmem" "MemorySegment.copyFromArray" (func $copySecond (param {seg} i32 (ref $second) i32 i32)))
  (import "linmem" "MemorySegment.toArray" (func $toBytes (param {seg} i32 i32) (result (ref $bytes))))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (elem declare func $copyFirst)
  (global $a (mut (ref null $first)) (ref.null $first))

  (func $prepare (result {seg})
    (global.set $a (array.new $first (i32.const 7) (i32.const 20)))
    (call $allocate (call $new) (i32.const 64)))
  (func $one (result i32) (i32.const 1))
  (func $tail (param $s {seg}) (param $count i32)
    (return_call $copyFirst (local.get $s) (i32.const 0) (global.get $a) (i32.const 0) (local.get $count)))

  (func (export "indirect") (result i32) (local $s {seg})
    (local.set $s (call $prepare))
    (call_ref $copy (local.get $s) (i32.const 4) (global.get $a) (call $one) (i32.const 3) (ref.func $copyFirst))
    (call $tail (local.get $s) (call $one))
    (i32.add (call $getInt (local.get $s) (i32.const 0)) (call $getInt (local.get $s) (i32.const 12))))
  (func (export "twice") (result i32) (local $s {seg})
    (local.set $s (call $prepare))
    (call $copySecond (local.get $s) (i32.const 0) (ref.as_non_null (global.get $a)) (call $one) (i32.const 2))
    (call $copyFirst (local.get $s) (i32.const 8) (global.get $a) (call $one) (i32.const 9))
    (i32.add (call $getInt (local.get $s) (i32.const 4)) (call $getInt (local.get $s) (i32.const 40))))
  (func (export "group") (result i32) (local $s {seg})
    (local.set $s (call $prepare))
    (call $copyBytes (local.get $s) (call $one)
      (block (result (ref $bytes)) (array.new $bytes (call $one) (i32.const 9))) (call $one) (i32.mul (call $one) (i32.const 3)))
    (call $getInt (call $prepare) (i32.const 0)) (drop)
    (i32.add (i32.and (call $getInt (local.get $s) (i32.const 1)) (i32.const 0xffffff))
      (array.len (call $toBytes (local.get $s) (call $one) (i32.const 12)))))
  (func (export "dead") (result i32)
    (return (i32.const 5))
    (call $copyFirst)
    (array.len (call $toBytes))))

;; run: indirect() == 14
;; run: twice() == 14
;; run: group() == 65805
;; run: dead() == 5
