;;! representations: i32 i64 anyref
;;! shown: i64
;;! functions: utf8
;; A helper computes the size.

(module
  (type $units (array i16))
  (type $latin (array i8))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "Text.utf8Size" (func $utf8 (param (ref null $units) i32 i32) (result i32)))
  (import "linmem" "Text.wtf8Size" (func $wtf8 (param (ref $latin) i32 i32) (result i32)))
  (import "linmem" "Text.latin1Size" (func $latin1 (param (ref $units) i32 i32) (result i32)))

  (func (export "utf8") (param $a (ref null $units)) (param $i i32) (param $count i32) (result i32)
    (call $utf8 (local.get $a) (local.get $i) (local.get $count)))

  (func $array (result (ref $units))
    (array.new_fixed $units 5 (i32.const 0x61) (i32.const 0x20ac) (i32.const 0xd83d) (i32.const 0xde00) (i32.const 0xde00)))
  (func (export "run") (param $i i32) (param $count i32) (result i32)
    (call $utf8 (call $array) (local.get $i) (local.get $count)))
  (func (export "latin1") (param $i i32) (param $count i32) (result i32)
    (call $latin1 (call $array) (local.get $i) (local.get $count)))
  (func (export "wide") (result i32)
    (call $wtf8 (array.new $latin (i32.const 0xe9) (i32.const 9)) (i32.const 1) (i32.const 8)))
  (func (export "null") (result i32) (call $utf8 (ref.null $units) (i32.const 0) (i32.const 0))))

;; run: run(0, 5) == 11
;; run: run(0, 3) == 7
;; run: run(3, 2) == 6
;; run: run(5, 0) == 0
;; run: latin1(0, 5) == 4
;; run: wide() == 16
;; trap: run(5, 1)
;; trap: run(6, 0)
;; trap: null()
