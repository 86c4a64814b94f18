;;! representations: i32 i64 anyref
;;! directories: files
;; The properties of a preopened directory: it is a directory (0), and its name "files" has 5 bytes.
;; hello.txt is not preopened (BADF), and 99 is not a descriptor (BADF); the record is not changed.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.prestat.tag" (func $tag (param {seg}) (result i32)))
  (import "linmem" "wasi.prestat.dir_name_len" (func $dir_name_len (param {seg}) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $raw (param i32 i32) (result i32)))
  (import "linmem" "wasi.fd_prestat_get" (func $lifted (param i32 {seg}) (result i32)))

  ;; Opens hello.txt for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func $open (param $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.get $region) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (drop (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0))))

  (func $new_prestat (param $region i32) (result {seg}) (local $prestat {seg})
    (local.set $prestat (call $allocate (local.get $region) (i32.const 8)))
    (call $fill (local.get $prestat) (i32.const 0) (i32.const 8) (i32.const 0xff))
    (local.get $prestat))
  (func $fields (param $prestat {seg}) (result i32 i32)
    (call $tag (local.get $prestat)) (call $dir_name_len (local.get $prestat)))

  (func (export "raw") (param $fd i32) (result i32 i32 i32) (local $region i32) (local $prestat {seg})
    (call $open (local.tee $region (call $new)))
    (local.set $prestat (call $new_prestat (local.get $region)))
    (call $raw (local.get $fd) (call $address (local.get $prestat))) (call $fields (local.get $prestat)))

  (func (export "lifted") (param $fd i32) (result i32 i32 i32) (local $region i32) (local $prestat {seg})
    (call $open (local.tee $region (call $new)))
    (local.set $prestat (call $new_prestat (local.get $region)))
    (call $lifted (local.get $fd) (local.get $prestat)) (call $fields (local.get $prestat))))

;; run: raw(3) == (0, 0, 5)
;; run: lifted(3) == (0, 0, 5)
;; run: raw(4) == (8, 255, -1)
;; run: lifted(4) == (8, 255, -1)
;; run: raw(99) == (8, 255, -1)
;; run: lifted(99) == (8, 255, -1)
