;;! representations: i32 i64 anyref
;;! directories: files
;; Reads from a position of a file into a segment; the offset of the descriptor does not change. 99 is not a descriptor
;; (BADF), and standard input has no positions (SPIPE).

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.iovec.set_buf" (func $set_buf (param {seg} i32)))
  (import "linmem" "wasi.iovec.set_buf_len" (func $set_buf_len (param {seg} i32)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_tell" (func $fd_tell (param i32) (result i64)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $raw (param i32 i32 i32 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_pread" (func $lifted (param i32 {seg} {bytes} i64) (result i32 i32)))
  (import "linmem" "wasi.fd_pread" (func $folded (param i32 {seg} {bytes} i64) (result i32)))

  ;; Opens hello.txt for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func $open (param $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.get $region) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (drop (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0))))

  ;; The errno, the count, the bytes that are read, and the offset. hello.txt has "file" at 7, "!" and a line feed at 11.
  (func (export "raw") (param $fd i32) (param $offset i64) (result i32 i32 i32 i64)
    (local $region i32) (local $iovec {seg}) (local $to {seg}) (local $count {seg})
    (call $open (local.tee $region (call $new)))
    (local.set $to (call $allocate (local.get $region) (i32.const 4)))
    (local.set $iovec (call $allocate (local.get $region) (i32.const 8)))
    (local.set $count (call $allocate (local.get $region) (i32.const 4)))
    (call $setInt (local.get $to) (i32.const 0) (i32.const 0))
    (call $setInt (local.get $count) (i32.const 0) (i32.const 0))
    (call $set_buf (local.get $iovec) (call $address (local.get $to)))
    (call $set_buf_len (local.get $iovec) (i32.const 4))
    (call $raw (local.get $fd) (call $address (local.get $iovec)) (i32.const 1) (local.get $offset)
      (call $address (local.get $count)))
    (call $getInt (local.get $count) (i32.const 0))
    (call $getInt (local.get $to) (i32.const 0)) (call $fd_tell (i32.const 4)))

  (func (export "lifted") (param $fd i32) (param $offset i64) (result i32 i32 i32 i64)
    (local $region i32) (local $to {seg})
    (call $open (local.tee $region (call $new)))
    (local.set $to (call $allocate (local.get $region) (i32.const 4)))
    (call $setInt (local.get $to) (i32.const 0) (i32.const 0))
    (call $lifted (local.get $fd) (local.get $to) {size:4} (local.get $offset))
    (call $getInt (local.get $to) (i32.const 0)) (call $fd_tell (i32.const 4)))

  (func (export "folded") (param $fd i32) (param $offset i64) (result i32) (local $region i32)
    (call $open (local.tee $region (call $new)))
    (call $folded (local.get $fd) (call $allocate (local.get $region) (i32.const 4)) {size:4} (local.get $offset))))

;; run: raw(4, 7) == (0, 4, 0x656c6966, 0)
;; run: lifted(4, 7) == (0, 4, 0x656c6966, 0)
;; run: folded(4, 7) == 4
;; run: raw(4, 11) == (0, 2, 0x0a21, 0)
;; run: lifted(4, 11) == (0, 2, 0x0a21, 0)
;; run: raw(4, 13) == (0, 0, 0, 0)
;; run: lifted(4, 13) == (0, 0, 0, 0)
;; run: raw(99, 7) == (8, 0, 0, 0)
;; run: lifted(99, 7) == (8, 0, 0, 0)
;; run: folded(99, 7) == -8
;; run: raw(0, 7) == (70, 0, 0, 0)
;; run: lifted(0, 7) == (70, 0, 0, 0)
