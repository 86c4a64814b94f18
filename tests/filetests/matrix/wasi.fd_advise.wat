;;! representations: i32 i64 anyref
;;! directories: files
;; Announces how a part of a file will be used; only the errno is visible. As signed numbers, a size cannot be
;; negative (INVAL), but an offset can. 99 is not a descriptor (BADF). For an advice 9, the host traps.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_advise" (func $raw (param i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_advise" (func $lifted (param i32 i64 i64 i32) (result i32)))

  ;; Opens hello.txt for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func $open (param $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.get $region) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (drop (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0))))

  (func (export "raw") (param $fd i32) (param $offset i64) (param $bytes i64) (param $advice i32) (result i32)
    (call $open (call $new))
    (call $raw (local.get $fd) (local.get $offset) (local.get $bytes) (local.get $advice)))

  (func (export "lifted") (param $fd i32) (param $offset i64) (param $bytes i64) (param $advice i32) (result i32)
    (call $open (call $new))
    (call $lifted (local.get $fd) (local.get $offset) (local.get $bytes) (local.get $advice))))

;; run: raw(4, 7, 4, 2) == 0
;; run: lifted(4, 7, 4, 2) == 0
;; run: raw(4, 7, -1, 2) == 28
;; run: lifted(4, 7, -1, 2) == 28
;; run: raw(4, -1, 4, 2) == 0
;; run: lifted(4, -1, 4, 2) == 0
;; run: raw(99, 7, 4, 2) == 8
;; run: lifted(99, 7, 4, 2) == 8
;; trap: raw(4, 7, 4, 9)
;; trap: lifted(4, 7, 4, 9)
