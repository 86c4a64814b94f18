;;! representations: i32 i64 anyref
;;! shown: i64
;;! functions: utf8
;; A helper encodes the text at top, or allocates. Where segments are addresses, the size is one more result.

(module
  (type $units (array (mut i16)))
  (type $latin (array i8))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocateUtf8"
    (func $utf8 (param i32 (ref null $units) i32 i32) (result {seg} {bytes})))
  (import "linmem" "MemoryAllocator.allocateWtf8"
    (func $wtf8 (param i32 (ref $units) i32 i32) (result {seg} {bytes})))
  (import "linmem" "MemoryAllocator.allocateLatin1"
    (func $latin1 (param i32 (ref $latin) i32 i32) (result {seg} {bytes})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))

  (func (export "utf8") (param $region i32) (param $a (ref null $units)) (param $i i32) (param $count i32)
    (result {seg} {bytes})
    (call $utf8 (local.get $region) (local.get $a) (local.get $i) (local.get $count)))

  (func $array (result (ref $units))
    (array.new_fixed $units 4 (i32.const 0x61) (i32.const 0xd83d) (i32.const 0xde00) (i32.const 0xd83d)))
  (func (export "run") (param $i i32) (param $count i32) (result i32) (local $s {seg})
    (call $utf8 (call $new) (call $array) (local.get $i) (local.get $count)) {drop} (local.set $s)
    (call $getInt (local.get $s) (i32.const 0)))
  (func (export "lone") (result i32) (local $s {seg})
    (call $wtf8 (call $new) (array.new $units (i32.const 0xd83d) (i32.const 2)) (i32.const 0) (i32.const 2)) {drop}
    (local.set $s)
    (call $getInt (local.get $s) (i32.const 0)))
  (func (export "latin1") (result i32) (local $s {seg})
    (call $latin1 (call $new) (array.new $latin (i32.const 0xe9) (i32.const 4)) (i32.const 0) (i32.const 4)) {drop}
    (local.set $s)
    (call $getInt (local.get $s) (i32.const 0)))
  (func (export "none") (param $i i32)
    (call $utf8 (call $new) (call $array) (local.get $i) (i32.const 0)) {drop} (drop))
  (func (export "null") (param $count i32)
    (call $utf8 (call $new) (ref.null $units) (i32.const 0) (local.get $count)) {drop} (drop)))

;; run: run(1, 2) == 0x80989ff0
;; run: run(0, 2) == 0xbdbfef61
;; run: lone() == 0xedbda0ed
;; run: latin1() == 0xe9e9e9e9
;; run: none(4) == ()
;; trap: none(5)
;; trap: run(1, 4)
;; trap: run(0xffffffff, 1)
;; trap: null(0)
