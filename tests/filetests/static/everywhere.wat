;;! representations: i64 anyref
;; Constants in functions that call intrinsics and in those that do not, in globals and exports. Other globals are renumbered.
(module
  (import "linmem" "MemorySegment.getUByte" (func $get (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $set (param {seg} i32 i32)))
  (import "linmem:utf8" "unused" (global {seg}))
  (import "linmem:utf16" "\\u00e9\\\\" (global $wide {seg}))
  (import "linmem:hex" "00 ff\n10" (global $bytes {seg}))
  (import "linmem:reserve" "buffer 0x20 align 64" (global $buffer {seg}))
  (import "linmem:reserve" "buffer 32" (global $same {seg}))
  (global $first {seg} (global.get $bytes))
  (global $count (mut i32) (i32.const 3))
  (export "buffer" (global $buffer))
  (func (export "bytes") (result i32 i32 i32)
    (call $get (global.get $bytes) (i32.const 0))
    (call $get (global.get $bytes) (i32.const 1))
    (call $get (global.get $wide) (i32.const 2)))
  (func (export "reservation") (result i32 i32)
    (call $get (global.get $same) (i32.const 31))
    (call $set (global.get $buffer) (i32.const 31) (global.get $count))
    (call $get (global.get $same) (i32.const 31)))
  (func $copied (result {seg})
    (global.set $count (i32.add (global.get $count) (i32.const -1)))
    (select (result {seg}) (global.get $wide) (global.get $first) (global.get $count)))
  (func (export "past") (param i32) (result i32) (call $get (call $copied) (local.get 0))))

;; run: bytes() == (0, 255, 0x5c)
;; run: reservation() == (0, 3)
;; run: past(0) == 0xe9
;; run: past(2) == 0x5c
;; run: past(2) == 0x10
;; run: reservation() == (3, 0)
;; violation checked: OutOfBounds past(4)
