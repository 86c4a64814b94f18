;;! representations: i32 i64 anyref
;;! directories: files
;; A directory is not a socket (NOTSOCK, 57), and a descriptor may be bad (BADF, 8). For unknown flags, wasmtime
;; traps. Nothing is received: no count and no flags, and the
;; segment is not changed.

(module
  (import "wasi_snapshot_preview1" "sock_recv" (func $raw (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "linmem" "wasi.sock_recv" (func $lifted (param i32 {seg} {bytes} i32) (result i32 i32 i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getUShort" (func $getUShort (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.iovec.set_buf" (func $set_buf (param {seg} i32)))
  (import "linmem" "wasi.iovec.set_buf_len" (func $set_buf_len (param {seg} i32)))

  (func $segment (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 77))
    (local.get $s))

  (func (export "raw") (param $fd i32) (param $flags i32) (result i32 i32 i32 i64)
    (local $r i32) (local $s {seg}) (local $iovec {seg}) (local $out {seg})
    (local.set $s (call $segment (local.tee $r (call $new))))
    (local.set $iovec (call $allocate (local.get $r) (i32.const 8)))
    (call $set_buf (local.get $iovec) (call $address (local.get $s)))
    (call $set_buf_len (local.get $iovec) (i32.const 8))
    (local.set $out (call $allocate (local.get $r) (i32.const 8)))
    (call $setLong (local.get $out) (i32.const 0) (i64.const 0))
    (call $raw (local.get $fd) (call $address (local.get $iovec)) (i32.const 1) (local.get $flags)
      (call $address (local.get $out)) (i32.add (call $address (local.get $out)) (i32.const 4)))
    (call $getInt (local.get $out) (i32.const 0)) (call $getUShort (local.get $out) (i32.const 4))
    (call $getLong (local.get $s) (i32.const 0)))
  (func (export "lifted") (param $fd i32) (param $flags i32) (result i32 i32 i32 i64) (local $s {seg})
    (local.set $s (call $segment (call $new)))
    (call $lifted (local.get $fd) (local.get $s) {size:8} (local.get $flags))
    (call $getLong (local.get $s) (i32.const 0))))

;; run: raw(3, 1) == (57, 0, 0, 77)
;; run: lifted(3, 1) == (57, 0, 0, 77)
;; run: raw(99, 1) == (8, 0, 0, 77)
;; run: lifted(99, 1) == (8, 0, 0, 77)
;; trap: raw(3, 4)
;; trap: lifted(3, 4)
