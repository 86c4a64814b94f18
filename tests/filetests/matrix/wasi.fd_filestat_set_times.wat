;;! representations: i32 i64 anyref
;;! directories: files
;; Sets the times of an open file in nanoseconds since 1970: of the last read (flag 1), of the last change (flag 4);
;; they are 11 s and 22 s at first. Flags 1 and 2 (now) exclude each other (INVAL). 99 is not a descriptor
;; (BADF).

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_filestat_get" (func $fd_filestat_get (param i32 {seg}) (result i32)))
  (import "linmem" "wasi.filestat.atim" (func $atim (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.mtim" (func $mtim (param {seg}) (result i64)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_times" (func $raw (param i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_filestat_set_times" (func $lifted (param i32 i64 i64 i32) (result i32)))

  ;; Opens hello.txt for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func $open (param $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.get $region) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (drop (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0))))

  (func $begin (param $region i32)
    (call $open (local.get $region))
    (drop (call $lifted (i32.const 4) (i64.const 11_000_000_000) (i64.const 22_000_000_000) (i32.const 5))))
  (func $times_of (param $region i32) (param $fd i32) (result i64 i64) (local $filestat {seg})
    (local.set $filestat (call $allocate (local.get $region) (i32.const 64)))
    (drop (call $fd_filestat_get (local.get $fd) (local.get $filestat)))
    (call $atim (local.get $filestat)) (call $mtim (local.get $filestat)))

  (func (export "raw") (param $fd i32) (param $atim i64) (param $mtim i64) (param $flags i32) (result i32 i64 i64)
    (local $region i32)
    (call $begin (local.tee $region (call $new)))
    (call $raw (local.get $fd) (local.get $atim) (local.get $mtim) (local.get $flags))
    (call $times_of (local.get $region) (i32.const 4)))

  (func (export "lifted") (param $fd i32) (param $atim i64) (param $mtim i64) (param $flags i32) (result i32 i64 i64)
    (local $region i32)
    (call $begin (local.tee $region (call $new)))
    (call $lifted (local.get $fd) (local.get $atim) (local.get $mtim) (local.get $flags))
    (call $times_of (local.get $region) (i32.const 4))))

;; run: raw(4, 1000000000, 2000000000, 5) == (0, 1000000000, 2000000000)
;; run: lifted(4, 1000000000, 2000000000, 5) == (0, 1000000000, 2000000000)
;; run: raw(4, 1000000000, 2000000000, 1) == (0, 1000000000, 22000000000)
;; run: lifted(4, 1000000000, 2000000000, 1) == (0, 1000000000, 22000000000)
;; run: raw(4, 1000000000, 2000000000, 4) == (0, 11000000000, 2000000000)
;; run: lifted(4, 1000000000, 2000000000, 4) == (0, 11000000000, 2000000000)
;; run: raw(4, 1000000000, 2000000000, 3) == (28, 11000000000, 22000000000)
;; run: lifted(4, 1000000000, 2000000000, 3) == (28, 11000000000, 22000000000)
;; run: raw(99, 1000000000, 2000000000, 5) == (8, 11000000000, 22000000000)
;; run: lifted(99, 1000000000, 2000000000, 5) == (8, 11000000000, 22000000000)
