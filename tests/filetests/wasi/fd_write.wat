;;! representations: i32 i64 anyref
;;! directories: files
;; Writes a segment by one call of the host: four bytes at a time over the 13 bytes of hello.txt, in turn raw, lifted
;; and folded; then to standard output. A directory cannot be written (BADF), and 99 is not a descriptor (BADF).

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.iovec.set_buf" (func $set_buf (param {seg} i32)))
  (import "linmem" "wasi.iovec.set_buf_len" (func $set_buf_len (param {seg} i32)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_pread" (func $fd_pread (param i32 {seg} {bytes} i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $raw (param i32 i32 i32 i32) (result i32)))
  (import "linmem" "wasi.fd_write" (func $lifted (param i32 {seg} {bytes}) (result i32 i32)))
  (import "linmem" "wasi.fd_write" (func $folded (param i32 {seg} {bytes}) (result i32)))

  ;; Opens hello.txt for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func (export "open") (result i32) (local $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.tee $region (call $new)) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0))
    (call $free (local.get $region)))

  ;; Eight bytes of the file after the write.
  (func (export "content") (param $offset i64) (result i64) (local $region i32) (local $to {seg})
    (local.set $to (call $allocate (local.tee $region (call $new)) (i32.const 8)))
    (call $setLong (local.get $to) (i32.const 0) (i64.const 0))
    (drop (call $fd_pread (i32.const 4) (local.get $to) {size:8} (local.get $offset)))
    (call $getLong (local.get $to) (i32.const 0)) (call $free (local.get $region)))
  (func $segment_of (param $region i32) (param $text i32) (result {seg}) (local $from {seg})
    (local.set $from (call $allocate (local.get $region) (i32.const 4)))
    (call $setInt (local.get $from) (i32.const 0) (local.get $text))
    (local.get $from))

  ;; The errno and the count.
  (func (export "raw") (param $fd i32) (param $text i32) (result i32 i32)
    (local $region i32) (local $iovec {seg}) (local $count {seg})
    (local.set $iovec (call $allocate (local.tee $region (call $new)) (i32.const 8)))
    (local.set $count (call $allocate (local.get $region) (i32.const 4)))
    (call $setInt (local.get $count) (i32.const 0) (i32.const 0))
    (call $set_buf (local.get $iovec) (call $address (call $segment_of (local.get $region) (local.get $text))))
    (call $set_buf_len (local.get $iovec) (i32.const 4))
    (call $raw (local.get $fd) (call $address (local.get $iovec)) (i32.const 1) (call $address (local.get $count)))
    (call $getInt (local.get $count) (i32.const 0)) (call $free (local.get $region)))

  (func (export "lifted") (param $fd i32) (param $text i32) (result i32 i32) (local $region i32)
    (local.set $region (call $new))
    (call $lifted (local.get $fd) (call $segment_of (local.get $region) (local.get $text)) {size:4})
    (call $free (local.get $region)))

  (func (export "folded") (param $fd i32) (param $text i32) (result i32) (local $region i32)
    (local.set $region (call $new))
    (call $folded (local.get $fd) (call $segment_of (local.get $region) (local.get $text)) {size:4})
    (call $free (local.get $region))))

;; The texts are "one.", "two." and "six.".
;; run: open() == 4
;; run: raw(4, 0x2e656e6f) == (0, 4)
;; run: lifted(4, 0x2e6f7774) == (0, 4)
;; run: folded(4, 0x2e786973) == 4
;; run: content(0) == 0x2e6f77742e656e6f
;; run: content(8) == 0x0a2e786973
;; run: raw(1, 0x2e656e6f) == (0, 4)
;; run: lifted(1, 0x2e656e6f) == (0, 4)
;; run: folded(1, 0x2e656e6f) == 4
;; run: raw(3, 0x2e656e6f) == (8, 0)
;; run: lifted(3, 0x2e656e6f) == (8, 0)
;; run: folded(3, 0x2e656e6f) == -8
;; run: raw(99, 0x2e656e6f) == (8, 0)
;; run: lifted(99, 0x2e656e6f) == (8, 0)
;; run: folded(99, 0x2e656e6f) == -8
