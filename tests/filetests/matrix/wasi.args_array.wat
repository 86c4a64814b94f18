;;! representations: i32 i64 anyref
;;! args: name é😀
;;! env: A=1 LONG=x
;; The arguments as an array of texts.

(module
  (rec
    (type $units (array (mut i16)))
    (type $texts (array (mut (ref null $units)))))
  (type $latin (array (mut i8)))
  (type $known (array (mut (ref $latin))))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "wasi.args_array" (func $all (result i32 (ref null $texts))))
  (import "linmem" "wasi.args_array" (func $folded (result (ref null $known))))
  (global $texts (mut (ref null $texts)) (ref.null $texts))
  (func $unit (param $text i32) (param $index i32) (result i32)
    (array.get_u $units (array.get $texts (global.get $texts) (local.get $text)) (local.get $index)))
  (func (export "all") (result i32 i32 i32 i32 i32 i32)
    (call $all)
    (global.set $texts)
    (array.len (global.get $texts))
    (array.len (array.get $texts (global.get $texts) (i32.const 1)))
    (call $unit (i32.const 0) (i32.const 0))
    (call $unit (i32.const 1) (i32.const 0))
    (call $unit (i32.const 1) (i32.const 2)))
  ;; The length, a byte of the second text, and the distance between allocations.
  (func (export "folded") (result i32 i32 i32) (local $region i32) (local $s {seg}) (local $list (ref null $known))
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 8)))
    (local.set $list (call $folded))
    (array.len (local.get $list))
    (array.get_u $latin (array.get $known (local.get $list) (i32.const 1)) (i32.const 0))
    (i32.sub (call $address (call $allocate (local.get $region) (i32.const 16))) (call $address (local.get $s)))))

;; run: all() == (0, 2, 3, 0x6e, 0xe9, 0xde00)
;; run: folded() == (2, 0xe9, 8)
