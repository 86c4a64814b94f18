;; Uses of intrinsics other than calls: exports, tables, globals, references, tail calls.
(module
  (type $get (func (param i64 i32) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (type $get)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (export "open" (func $new))
  (export "allocate" (func $allocate))
  (table funcref (elem $getInt $setInt))
  (global $get (ref $get) (ref.func $getInt))
  (elem declare func $getInt)
  (func (export "fill") (param $s i64) (call $setInt (local.get $s) (i32.const 4) (i32.const 99)))
  (func (export "indirect") (param $s i64) (result i32)
    (call_indirect (type $get) (local.get $s) (i32.const 4) (i32.const 0)))
  (func (export "global") (param $s i64) (result i32) (call_ref $get (local.get $s) (i32.const 4) (global.get $get)))
  (func (export "reference") (param $s i64) (result i32) (call_ref $get (local.get $s) (i32.const 4) (ref.func $getInt)))
  (func (export "tail") (param $s i64) (result i32) (return_call $getInt (local.get $s) (i32.const 4)))
  (func (export "close") (param $region i32) (return_call $free (local.get $region))))

;; run: open() == 16
;; run: allocate(16, 8) == 0x800000010
;; run: fill(0x800000010) == ()
;; run: indirect(0x800000010) == 99
;; run: global(0x800000010) == 99
;; run: reference(0x800000010) == 99
;; run: tail(0x800000010) == 99
;; run: close(16) == ()
;; run: open() == 16
