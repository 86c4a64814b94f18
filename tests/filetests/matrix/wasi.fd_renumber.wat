;;! representations: i32 i64 anyref
;;! directories: files
;; Makes the second descriptor refer to what the first one refers to: 3 is a directory (type 3), 4 is hello.txt (type
;; 4). After that, the first one is not a descriptor (-8, for BADF). 99 is not a descriptor (BADF).

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_fdstat_get" (func $fd_fdstat_get (param i32 {seg}) (result i32)))
  (import "linmem" "wasi.fdstat.filetype" (func $filetype (param {seg}) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $raw (param i32 i32) (result i32)))
  (import "linmem" "wasi.fd_renumber" (func $lifted (param i32 i32) (result i32)))

  ;; Opens hello.txt for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func $open (param $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.get $region) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (drop (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0))))

  ;; The type of what the descriptor refers to, or minus the errno.
  (func $type_of (param $region i32) (param $fd i32) (result i32) (local $fdstat {seg}) (local $errno i32)
    (local.set $fdstat (call $allocate (local.get $region) (i32.const 24)))
    (local.set $errno (call $fd_fdstat_get (local.get $fd) (local.get $fdstat)))
    (select (i32.sub (i32.const 0) (local.get $errno)) (call $filetype (local.get $fdstat)) (local.get $errno)))

  (func (export "raw") (param $fd i32) (param $to i32) (result i32 i32 i32) (local $region i32)
    (call $open (local.tee $region (call $new)))
    (call $raw (local.get $fd) (local.get $to))
    (call $type_of (local.get $region) (i32.const 3)) (call $type_of (local.get $region) (i32.const 4)))

  (func (export "lifted") (param $fd i32) (param $to i32) (result i32 i32 i32) (local $region i32)
    (call $open (local.tee $region (call $new)))
    (call $lifted (local.get $fd) (local.get $to))
    (call $type_of (local.get $region) (i32.const 3)) (call $type_of (local.get $region) (i32.const 4))))

;; run: raw(4, 3) == (0, 4, -8)
;; run: lifted(4, 3) == (0, 4, -8)
;; run: raw(3, 4) == (0, -8, 3)
;; run: lifted(3, 4) == (0, -8, 3)
;; run: raw(4, 4) == (0, 3, 4)
;; run: lifted(4, 4) == (0, 3, 4)
;; run: raw(4, 99) == (8, 3, 4)
;; run: lifted(4, 99) == (8, 3, 4)
;; run: raw(99, 4) == (8, 3, 4)
;; run: lifted(99, 4) == (8, 3, 4)
