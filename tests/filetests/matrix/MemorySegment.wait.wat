;;! representations: i32 i64 anyref
;; Waiting: for a word that has another value, and until a timeout. No other thread notifies.

(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.waitInt" (func $waitInt (param {seg} i32 i32 i64) (result i32)))
  (import "linmem" "MemorySegment.waitLong" (func $waitLong (param {seg} i32 i64 i64) (result i32)))
  (import "linmem" "MemorySegment.notify" (func $notify (param {seg} i32 i32) (result i32)))
  (import "linmem" "MemorySegment.fence" (func $fence))
  (memory (export "memory") 1 4 shared)

  (data (i32.const 1032) "\05\00\00\00\00\00\00\00")
  (func (export "wait") (param $offset i32) (param $expected i32) (result i32 i32 i32)
    (local $s {seg})
    (local.set $s (call $ofAddress (i32.const 1024) (i32.const 16)))
    (call $fence)
    (call $waitInt (local.get $s) (local.get $offset) (local.get $expected) (i64.const 1000))
    (call $waitLong (local.get $s) (i32.const 8) (i64.const 5) (i64.const 1000))
    (call $notify (local.get $s) (i32.const 8) (i32.const -1))))

;; run: wait(8, 5) == (2, 2, 0)
;; run: wait(12, 5) == (1, 2, 0)
;; trap unchecked: wait(0x7ffffff8, 5)
;; violation checked: OutOfBounds wait(13, 5)
;; trap: wait(10, 5)
