;;! representations: i32 i64 anyref
;;! directories: files
;; The name of a preopened directory, which is "files", without a NUL. A segment of 4 bytes has no
;; room for it (NAMETOOLONG); hello.txt, descriptor 4, is not a preopened directory (NOTDIR); 99 is not a descriptor
;; (BADF).

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $raw (param i32 i32 i32) (result i32)))
  (import "linmem" "wasi.fd_prestat_dir_name" (func $lifted (param i32 {seg} {bytes}) (result i32)))

  ;; Opens hello.txt for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func $open (param $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.get $region) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (drop (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0))))

  (func $new_name (param $region i32) (result {seg}) (local $name {seg})
    (local.set $name (call $allocate (local.get $region) (i32.const 8)))
    (call $setLong (local.get $name) (i32.const 0) (i64.const 0x2020202020202020)) ;; eight blanks
    (local.get $name))

  (func (export "raw") (param $fd i32) (result i32 i64) (local $region i32) (local $name {seg})
    (call $open (local.tee $region (call $new)))
    (local.set $name (call $new_name (local.get $region)))
    (call $raw (local.get $fd) (call $address (local.get $name)) (i32.const 8))
    (call $getLong (local.get $name) (i32.const 0)))
  (func (export "raw_short") (param $fd i32) (result i32 i64) (local $name {seg})
    (local.set $name (call $new_name (call $new)))
    (call $raw (local.get $fd) (call $address (local.get $name)) (i32.const 4))
    (call $getLong (local.get $name) (i32.const 0)))

  (func (export "lifted") (param $fd i32) (result i32 i64) (local $region i32) (local $name {seg})
    (call $open (local.tee $region (call $new)))
    (local.set $name (call $new_name (local.get $region)))
    (call $lifted (local.get $fd) (local.get $name) {size:8})
    (call $getLong (local.get $name) (i32.const 0)))
  (func (export "lifted_short") (param $fd i32) (result i32 i64) (local $name {seg})
    (local.set $name (call $new_name (call $new)))
    (call $lifted (local.get $fd) (call $slice (local.get $name) (i32.const 0) (i32.const 4)) {size:4})
    (call $getLong (local.get $name) (i32.const 0))))

;; run: raw(3) == (0, 0x20202073656c6966)
;; run: lifted(3) == (0, 0x20202073656c6966)
;; run: raw(4) == (54, 0x2020202020202020)
;; run: lifted(4) == (54, 0x2020202020202020)
;; run: raw(99) == (8, 0x2020202020202020)
;; run: lifted(99) == (8, 0x2020202020202020)
;; run: raw_short(3) == (37, 0x2020202020202020)
;; run: lifted_short(3) == (37, 0x2020202020202020)
