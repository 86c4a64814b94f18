;;! representations: i32 i64 anyref
;;! directories: files
;; The offset of a descriptor after it was moved. Standard output has no offset (SPIPE), and 99 is not a descriptor
;; (BADF).

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_seek" (func $fd_seek (param i32 i64 i32) (result i64)))
  (import "wasi_snapshot_preview1" "fd_tell" (func $raw (param i32 i32) (result i32)))
  (import "linmem" "wasi.fd_tell" (func $lifted (param i32) (result i32 i64)))
  (import "linmem" "wasi.fd_tell" (func $folded (param i32) (result i64)))

  ;; Opens hello.txt for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func $open (param $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.get $region) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (drop (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0))))

  (func $begin (param $region i32) (param $offset i64)
    (call $open (local.get $region))
    (drop (call $fd_seek (i32.const 4) (local.get $offset) (i32.const 0))))

  (func (export "raw") (param $fd i32) (param $offset i64) (result i32 i64) (local $region i32) (local $to {seg})
    (call $begin (local.tee $region (call $new)) (local.get $offset))
    (local.set $to (call $allocate (local.get $region) (i32.const 8)))
    (call $setLong (local.get $to) (i32.const 0) (i64.const 0))
    (call $raw (local.get $fd) (call $address (local.get $to)))
    (call $getLong (local.get $to) (i32.const 0)))

  (func (export "lifted") (param $fd i32) (param $offset i64) (result i32 i64)
    (call $begin (call $new) (local.get $offset))
    (call $lifted (local.get $fd)))

  (func (export "folded") (param $fd i32) (param $offset i64) (result i64)
    (call $begin (call $new) (local.get $offset))
    (call $folded (local.get $fd))))

;; run: raw(4, 7) == (0, 7)
;; run: lifted(4, 7) == (0, 7)
;; run: raw(4, 0x100000007) == (0, 0x100000007)
;; run: lifted(4, 0x100000007) == (0, 0x100000007)
;; run: raw(1, 7) == (70, 0)
;; run: lifted(1, 7) == (70, 0)
;; run: raw(99, 7) == (8, 0)
;; run: lifted(99, 7) == (8, 0)
;; run: folded(4, 7) == 7
;; run: folded(4, 0x100000007) == 0x100000007
;; run: folded(1, 7) == -70
;; run: folded(99, 7) == -8
