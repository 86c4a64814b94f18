;;! representations: i32 i64 anyref
;;! stdin: abcdefg
;;! transfer: 2
;;! errnos: 27 6 6 29
;; As many calls as needed, of two bytes each: interrupted ones are repeated, those that would block after waiting; any
;; other error ends the loop, and the count says how much was read.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "wasi.read_exact" (func $read_exact (param i32 {seg} {bytes}) (result i32 i32)))
  (import "linmem" "wasi.read_exact" (func $folded (param i32 {seg} {bytes}) (result i32)))

  (func (export "read") (result i32 i32 i32) (local $s {seg}) (local $errno i32) (local $count i32)
    (local.set $s (call $allocate (call $new) (i32.const 8)))
    (call $read_exact (i32.const 0) (call $slice (local.get $s) (i32.const 1) (i32.const 5)) {size:5})
    (local.set $count) (local.set $errno)
    (local.get $errno) (local.get $count) (call $getUByte (local.get $s) (local.get $count)))
  (func (export "none") (result i32 i32)
    (call $read_exact (i32.const 0) (call $allocate (call $new) (i32.const 0)) {size:0}))
  (func (export "folded") (result i32)
    (call $folded (i32.const 0) (call $allocate (call $new) (i32.const 8)) {size:8})))

;; run: folded() == -29
;; run: none() == (0, 0)
;; run: read() == (0, 5, 101)
;; run: folded() == 2
;; run: read() == (0, 0, 0)
;; log: -1 -1
