;;! representations: i32 i64 anyref
;;! directories: files
;; Sets the size of an open file, which its filestat then shows; hello.txt has 13 bytes at first. A size that is negative
;; as a signed number is invalid (INVAL). 99 is not a descriptor (BADF).

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_filestat_get" (func $fd_filestat_get (param i32 {seg}) (result i32)))
  (import "linmem" "wasi.filestat.size" (func $size (param {seg}) (result i64)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $raw (param i32 i64) (result i32)))
  (import "linmem" "wasi.fd_filestat_set_size" (func $lifted (param i32 i64) (result i32)))

  ;; Opens hello.txt for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func $open (param $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.get $region) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (drop (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0))))

  (func $size_of (param $region i32) (param $fd i32) (result i64) (local $filestat {seg})
    (local.set $filestat (call $allocate (local.get $region) (i32.const 64)))
    (drop (call $fd_filestat_get (local.get $fd) (local.get $filestat)))
    (call $size (local.get $filestat)))

  (func (export "raw") (param $fd i32) (param $bytes i64) (result i32 i64) (local $region i32)
    (call $open (local.tee $region (call $new)))
    (call $raw (local.get $fd) (local.get $bytes)) (call $size_of (local.get $region) (i32.const 4)))

  (func (export "lifted") (param $fd i32) (param $bytes i64) (result i32 i64) (local $region i32)
    (call $open (local.tee $region (call $new)))
    (call $lifted (local.get $fd) (local.get $bytes)) (call $size_of (local.get $region) (i32.const 4))))

;; run: raw(4, 5) == (0, 5)
;; run: lifted(4, 5) == (0, 5)
;; run: raw(4, 20) == (0, 20)
;; run: lifted(4, 20) == (0, 20)
;; run: raw(4, -1) == (28, 13)
;; run: lifted(4, -1) == (28, 13)
;; run: raw(99, 5) == (8, 13)
;; run: lifted(99, 5) == (8, 13)
