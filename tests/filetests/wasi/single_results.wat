;;! representations: i64 anyref eqref structref
;;! args: name one
;;! env: A=1
;;! stdin: text
;;! directories: /
;; Calls that make a segment return only it, or the null segment: 0, or the null reference. wasi.last_errno says why.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "wasi.list.count" (func $count (param {seg}) (result i32)))
  (import "linmem" "wasi.args" (func $args (param i32) (result {seg})))
  (import "linmem" "wasi.environ" (func $environ (param i32) (result {seg})))
  (import "linmem" "wasi.read_to_end" (func $read (param i32 i32) (result {seg})))
  (import "linmem" "wasi.last_errno" (func $last (result i32)))
  (func (export "lists") (result i32 i32 i32) (local $r i32)
    (local.set $r (call $new))
    (call $count (call $args (local.get $r)))
    (call $count (call $environ (local.get $r)))
    (call $last))
  (func (export "read") (param $fd i32) (result i32 i32) (local $s {seg})
    (local.set $s (call $read (call $new) (local.get $fd)))
    (call $size (local.get $s))
    (call $getUByte (local.get $s) (i32.const 0)))
  (func $null (param {seg}) (result i32) (call $is_null (local.get 0)))
  (func (export "failed") (param $fd i32) (result i32 i32)
    (call $null (call $read (call $new) (local.get $fd)))
    (call $last))
  (func $is_null (param $s {seg}) (result i32)
    ({null} (local.get $s))))

;; run: lists() == (2, 1, 0)
;; run: read(0) == (4, 0x74)
;; run: failed(99) == (1, 8)
