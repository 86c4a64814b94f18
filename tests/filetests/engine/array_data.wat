;;! representations: i32 i64 anyref
;;! shown: i64
;; A copy of a whole array that was just made of a data segment becomes memory.init, unless code between the two could drop the
;; data segment, or the array is used elsewhere. Both trap if the data segment is too short or was dropped.
(module
  (type $shorts (array i16))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateArray"
    (func $array (param i32 (ref null $shorts) i32 i32) (result {seg} {bytes})))
  (import "linmem" "MemorySegment.copyFromArray" (func $copy (param {seg} i32 (ref null $shorts) i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (data $data "\00\01\02\03\04\05\06\07\08\09")
  (data $dropped "\01\02\03\04")
  (global $count (mut i32) (i32.const 0))

  (func (export "allocated") (result i32) (local $s {seg})
    (call $array (call $new) (array.new_data $shorts $data (i32.const 2) (i32.const 4)) (i32.const 0) (i32.const 4)) {drop}
    (local.set $s)
    (call $getInt (local.get $s) (i32.const 4)))
  (func (export "copied") (result i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    (call $copy (local.get $s) (i32.const 3)
      (array.new_data $shorts $data (i32.const 1) (i32.const 2)) (i32.const 0) (i32.const 2))
    (call $getInt (local.get $s) (i32.const 3)))
  (func (export "dropped_between") (result i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    local.get $s
    i32.const 0
    (array.new_data $shorts $dropped (i32.const 0) (i32.const 2))
    (data.drop $dropped)
    (call $copy (i32.const 0) (i32.const 2))
    (call $getInt (local.get $s) (i32.const 0)))
  (func (export "part") (result i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    (call $copy (local.get $s) (i32.const 0)
      (array.new_data $shorts $data (i32.const 0) (i32.const 3)) (i32.const 1) (i32.const 2))
    (call $getInt (local.get $s) (i32.const 0)))
  (func (export "short") (param $at i32)
    (call $array (call $new) (array.new_data $shorts $data (i32.const 4) (i32.const 4)) (i32.const 0) (i32.const 4))
    {drop} (drop))
  (func (export "none")
    (call $array (call $new) (array.new_data $shorts $dropped (i32.const 0) (i32.const 2)) (i32.const 0) (i32.const 2))
    {drop} (drop)))

;; run: allocated() == 0x09080706
;; run: copied() == 0x04030201
;; run: part() == 0x05040302
;; trap: short(0)
;; run: none() == ()
;; run: dropped_between() == 0x04030201
;; trap: none()
