;;! representations: i32 i64 anyref
;;! args: name one
;;! env: A=1 LONG=x
;; The arguments: a header, two entries, and nine bytes of text.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "wasi.list.count" (func $count (param {seg}) (result i32)))
  (import "linmem" "wasi.list.item" (func $item (param {seg} {bytes} i32) (result {seg} {bytes})))
  (import "linmem" "wasi.args" (func $list (param i32) (result i32 {seg} {bytes})))
  (global $errno (mut i32) (i32.const -1))
  (func $text (param $list {seg}) (param $index i32) (result {seg}) (local $s {seg})
    (call $item (local.get $list) {size:33} (local.get $index))
    {drop}
    (local.set $s)
    (local.get $s))
  (func (export "list") (result i32 i32 i32 i32 i32 i32) (local $region i32) (local $list {seg})
    (local.set $region (call $new))
    (call $list (local.get $region))
    {drop}
    (local.set $list) (global.set $errno)
    (global.get $errno)
    (call $count (local.get $list))
    (call $getUByte (call $text (local.get $list) (i32.const 0)) (i32.const 0))
    (call $getUByte (call $text (local.get $list) (i32.const 1)) (i32.const 0))
    (call $getUByte (call $text (local.get $list) (i32.const 1)) (i32.const 2))
    ;; all scratch memory is free again
    (i32.sub
      (call $address (call $allocate (local.get $region) (call $count (local.get $list))))
      (call $address (local.get $list)))))

;; run: list() == (0, 2, 0x6e, 0x6f, 0x65, 40)
