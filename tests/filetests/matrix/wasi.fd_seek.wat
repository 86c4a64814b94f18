;;! representations: i32 i64 anyref
;;! directories: files
;; Moves the offset of a descriptor, which is 5 at first, and gives the new one: from the start (0), from the offset
;; (1), from the end (2), 13 here. It cannot be negative (INVAL), standard output has none (SPIPE), and for any other
;; whence the host traps.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_tell" (func $fd_tell (param i32) (result i64)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $raw (param i32 i64 i32 i32) (result i32)))
  (import "linmem" "wasi.fd_seek" (func $lifted (param i32 i64 i32) (result i32 i64)))
  (import "linmem" "wasi.fd_seek" (func $folded (param i32 i64 i32) (result i64)))

  ;; Opens hello.txt for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func $open (param $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.get $region) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (drop (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0))))

  (func $begin (param $region i32)
    (call $open (local.get $region))
    (drop (call $folded (i32.const 4) (i64.const 5) (i32.const 0))))

  ;; The errno, the offset in the result, and the offset of 4 after the call.
  (func (export "raw") (param $fd i32) (param $offset i64) (param $whence i32) (result i32 i64 i64)
    (local $region i32) (local $to {seg})
    (call $begin (local.tee $region (call $new)))
    (local.set $to (call $allocate (local.get $region) (i32.const 8)))
    (call $setLong (local.get $to) (i32.const 0) (i64.const 0))
    (call $raw (local.get $fd) (local.get $offset) (local.get $whence) (call $address (local.get $to)))
    (call $getLong (local.get $to) (i32.const 0)) (call $fd_tell (i32.const 4)))

  (func (export "lifted") (param $fd i32) (param $offset i64) (param $whence i32) (result i32 i64 i64)
    (call $begin (call $new))
    (call $lifted (local.get $fd) (local.get $offset) (local.get $whence)) (call $fd_tell (i32.const 4)))

  (func (export "folded") (param $fd i32) (param $offset i64) (param $whence i32) (result i64 i64)
    (call $begin (call $new))
    (call $folded (local.get $fd) (local.get $offset) (local.get $whence)) (call $fd_tell (i32.const 4))))

;; run: raw(4, 7, 0) == (0, 7, 7)
;; run: lifted(4, 7, 0) == (0, 7, 7)
;; run: raw(4, -3, 1) == (0, 2, 2)
;; run: lifted(4, -3, 1) == (0, 2, 2)
;; run: raw(4, -3, 2) == (0, 10, 10)
;; run: lifted(4, -3, 2) == (0, 10, 10)
;; run: raw(4, 0x100000000, 0) == (0, 0x100000000, 0x100000000)
;; run: lifted(4, 0x100000000, 0) == (0, 0x100000000, 0x100000000)
;; run: raw(4, -3, 0) == (28, 0, 5)
;; run: lifted(4, -3, 0) == (28, 0, 5)
;; run: raw(1, 7, 0) == (70, 0, 5)
;; run: lifted(1, 7, 0) == (70, 0, 5)
;; run: raw(99, 7, 0) == (8, 0, 5)
;; run: lifted(99, 7, 0) == (8, 0, 5)
;; run: folded(4, -3, 1) == (2, 2)
;; run: folded(4, 0x100000000, 0) == (0x100000000, 0x100000000)
;; run: folded(4, -3, 0) == (-28, 5)
;; run: folded(99, 7, 0) == (-8, 5)
;; trap: raw(4, 1, 9)
;; trap: lifted(4, 1, 9)
;; trap: folded(4, 1, 9)
