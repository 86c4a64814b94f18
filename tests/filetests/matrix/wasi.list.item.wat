;;! representations: i32 i64 anyref
;;! args: name one
;; Items of a list, and invalid ones: an index beyond its end, and a text that the program has made longer than the list.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "wasi.list.item" (func $item (param {seg} {bytes} i32) (result {seg} {bytes})))
  (import "linmem" "wasi.args" (func $args (param i32) (result i32 {seg} {bytes})))
  (func $list (param $region i32) (result {seg}) (local $s {seg})
    (call $args (local.get $region))
    {drop}
    (local.set $s)
    (drop)
    (local.get $s))
  (func $byte (param $list {seg}) (param $index i32) (param $offset i32) (result i32) (local $s {seg})
    (call $item (local.get $list) {size:33} (local.get $index))
    {drop}
    (local.set $s)
    (call $getUByte (local.get $s) (local.get $offset)))
  (func (export "byte") (param $index i32) (param $offset i32) (result i32)
    (call $byte (call $list (call $new)) (local.get $index) (local.get $offset)))
  (func (export "changed") (param $bytes i32) (param $offset i32) (result i32) (local $list {seg})
    (local.set $list (call $list (call $new)))
    (call $setInt (local.get $list) (i32.const 12) (local.get $bytes))
    (call $byte (local.get $list) (i32.const 0) (local.get $offset)))
  (func (export "stale") (result i32) (local $region i32) (local $list {seg})
    (local.set $region (call $new))
    (local.set $list (call $list (local.get $region)))
    (call $free (local.get $region))
    (call $byte (local.get $list) (i32.const 0) (i32.const 0))))

;; run: byte(0, 3) == 0x65
;; run: byte(1, 2) == 0x65
;; violation checked: OutOfBounds byte(1, 3)
;; violation checked: OutOfBounds byte(2, 0)
;; violation checked: OutOfBounds byte(-1, 0)
;; violation checked: OutOfBounds byte(0x20000000, 0)
;; run: changed(9, 8) == 0
;; violation checked: OutOfBounds changed(10, 0)
;; violation checked: OutOfBounds changed(-1, 0)
