;;! representations: i32 i64 anyref
;;! transfer: 3
;;! errnos: 8 27 6 27
;; Loops over short writes and interruptions; returns other errors.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 {seg} {bytes}) (result i32)))

  (func $text (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 11)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x6f77206f6c6c6568))
    (call $setInt (local.get $s) (i32.const 7) (i32.const 0x646c726f))
    (local.get $s))

  (func (export "write") (result i32) (call $write_all (i32.const 1) (call $text) {size:11}))
  (func (export "nothing") (result i32)
    (call $write_all (i32.const 1) (call $allocate (call $new) (i32.const 0)) {size:0})))

;; run: write() == 8
;; run: write() == 0
;; run: nothing() == 0
;; output: "hello world"
