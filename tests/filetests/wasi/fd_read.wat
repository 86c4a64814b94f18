;;! representations: i32 i64 anyref
;;! directories: files
;;! stdin: abcdefghij
;; Reads into a segment by one call of the host: the next bytes of hello.txt, in turn raw, lifted and folded, four
;; bytes or what is left; then from standard input. A directory cannot be read (BADF), and 99 is not a descriptor
;; (BADF).

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.iovec.set_buf" (func $set_buf (param {seg} i32)))
  (import "linmem" "wasi.iovec.set_buf_len" (func $set_buf_len (param {seg} i32)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $raw (param i32 i32 i32 i32) (result i32)))
  (import "linmem" "wasi.fd_read" (func $lifted (param i32 {seg} {bytes}) (result i32 i32)))
  (import "linmem" "wasi.fd_read" (func $folded (param i32 {seg} {bytes}) (result i32)))

  ;; Opens hello.txt for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func (export "open") (result i32) (local $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.tee $region (call $new)) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0))
    (call $free (local.get $region)))

  ;; The errno, the count, and the bytes that are read.
  (func (export "raw") (param $fd i32) (result i32 i32 i32)
    (local $region i32) (local $iovec {seg}) (local $to {seg}) (local $count {seg})
    (local.set $region (call $new))
    (local.set $to (call $allocate (local.get $region) (i32.const 4)))
    (local.set $iovec (call $allocate (local.get $region) (i32.const 8)))
    (local.set $count (call $allocate (local.get $region) (i32.const 4)))
    (call $setInt (local.get $to) (i32.const 0) (i32.const 0))
    (call $setInt (local.get $count) (i32.const 0) (i32.const 0))
    (call $set_buf (local.get $iovec) (call $address (local.get $to)))
    (call $set_buf_len (local.get $iovec) (i32.const 4))
    (call $raw (local.get $fd) (call $address (local.get $iovec)) (i32.const 1) (call $address (local.get $count)))
    (call $getInt (local.get $count) (i32.const 0)) (call $getInt (local.get $to) (i32.const 0))
    (call $free (local.get $region)))

  (func (export "lifted") (param $fd i32) (result i32 i32 i32) (local $region i32) (local $to {seg})
    (local.set $to (call $allocate (local.tee $region (call $new)) (i32.const 4)))
    (call $setInt (local.get $to) (i32.const 0) (i32.const 0))
    (call $lifted (local.get $fd) (local.get $to) {size:4}) (call $getInt (local.get $to) (i32.const 0))
    (call $free (local.get $region)))

  (func (export "folded") (param $fd i32) (result i32 i32) (local $region i32) (local $to {seg})
    (local.set $to (call $allocate (local.tee $region (call $new)) (i32.const 4)))
    (call $setInt (local.get $to) (i32.const 0) (i32.const 0))
    (call $folded (local.get $fd) (local.get $to) {size:4}) (call $getInt (local.get $to) (i32.const 0))
    (call $free (local.get $region))))

;; run: open() == 4
;; run: raw(4) == (0, 4, 0x6c6c6548)
;; run: lifted(4) == (0, 4, 0x66202c6f)
;; run: folded(4) == (4, 0x21656c69)
;; run: lifted(4) == (0, 1, 0x0a)
;; run: raw(4) == (0, 0, 0)
;; run: lifted(4) == (0, 0, 0)
;; run: folded(4) == (0, 0)
;; run: raw(0) == (0, 4, 0x64636261)
;; run: lifted(0) == (0, 4, 0x68676665)
;; run: folded(0) == (2, 0x6a69)
;; run: raw(3) == (8, 0, 0)
;; run: lifted(3) == (8, 0, 0)
;; run: folded(3) == (-8, 0)
;; run: raw(99) == (8, 0, 0)
;; run: lifted(99) == (8, 0, 0)
;; run: folded(99) == (-8, 0)
