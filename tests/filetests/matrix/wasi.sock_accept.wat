;;! representations: i32 i64 anyref
;;! directories: files
;; A directory is not a socket (NOTSOCK, 57), and a descriptor may be bad (BADF, 8). For unknown flags, wasmtime
;; traps.

(module
  (import "wasi_snapshot_preview1" "sock_accept" (func $raw (param i32 i32 i32) (result i32)))
  (import "linmem" "wasi.sock_accept" (func $lifted (param i32 i32) (result i32 i32)))
  (import "linmem" "wasi.sock_accept" (func $folded (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))

  (func (export "raw") (param $fd i32) (param $flags i32) (result i32 i32) (local $new {seg})
    (local.set $new (call $allocate (call $new) (i32.const 4)))
    (call $setInt (local.get $new) (i32.const 0) (i32.const 0))
    (call $raw (local.get $fd) (local.get $flags) (call $address (local.get $new)))
    (call $getInt (local.get $new) (i32.const 0)))
  (func (export "lifted") (param $fd i32) (param $flags i32) (result i32 i32)
    (call $lifted (local.get $fd) (local.get $flags)))
  (func (export "folded") (param $fd i32) (param $flags i32) (result i32)
    (call $folded (local.get $fd) (local.get $flags))))

;; run: raw(3, 4) == (57, 0)
;; run: lifted(3, 4) == (57, 0)
;; run: folded(3, 4) == -57
;; run: raw(99, 4) == (8, 0)
;; run: lifted(99, 4) == (8, 0)
;; run: folded(99, 4) == -8
;; trap: raw(3, 0x20)
;; trap: lifted(3, 0x20)
;; trap: folded(3, 0x20)
