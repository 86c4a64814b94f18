;;! representations: i32 i64 anyref
;;! transfer: 5
;;! errnos: 8 27
;; One call of the host; after it, its scratch memory is free again.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "wasi.fd_write" (func $fd_write (param i32 {seg} {bytes}) (result i32 i32)))
  (import "linmem" "wasi.fd_write" (func $folded (param i32 {seg} {bytes}) (result i32)))

  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))

  (func $text (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 11)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x6f77206f6c6c6568))
    (call $setInt (local.get $s) (i32.const 7) (i32.const 0x646c726f))
    (local.get $s))

  (func (export "write") (result i32 i32) (call $fd_write (i32.const 1) (call $text) {size:11}))
  (func (export "folded") (result i32) (call $folded (i32.const 1) (call $text) {size:11}))
  (func (export "scratch") (param $bytes i32) (result i32)
    (local $r i32) (local $s {seg}) (local $t {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (local.get $bytes)))
    (drop (call $folded (i32.const 1) (local.get $s) {size:0}))
    (local.set $t (call $allocate (local.get $r) (local.get $bytes)))
    (i32.sub (call $address (local.get $t)) (call $address (local.get $s)))))

;; run: write() == (8, 0)
;; run: folded() == -27
;; run: scratch(0) == 0
;; run: write() == (0, 5)
;; run: folded() == 5
;; output: "hellohello"
