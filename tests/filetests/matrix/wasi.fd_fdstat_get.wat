;;! representations: i32 i64 anyref
;;! directories: files
;; The properties of a descriptor: its type, flags, rights, and inherited rights. The directory (type 3)
;; may not be read or written itself (0x42), but files that are opened through it may. The file (type 4) has the flag
;; append, and on this host all rights, own and inherited. 99 is not a descriptor (BADF); the record is not changed.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_fdstat_set_flags" (func $fd_fdstat_set_flags (param i32 i32) (result i32)))
  (import "linmem" "wasi.fdstat.filetype" (func $filetype (param {seg}) (result i32)))
  (import "linmem" "wasi.fdstat.flags" (func $flags (param {seg}) (result i32)))
  (import "linmem" "wasi.fdstat.rights_base" (func $rights_base (param {seg}) (result i64)))
  (import "linmem" "wasi.fdstat.rights_inheriting" (func $rights_inheriting (param {seg}) (result i64)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $raw (param i32 i32) (result i32)))
  (import "linmem" "wasi.fd_fdstat_get" (func $lifted (param i32 {seg}) (result i32)))

  ;; Opens hello.txt for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func $open (param $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.get $region) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (drop (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0))))

  (func $new_fdstat (param $region i32) (result {seg}) (local $fdstat {seg})
    (local.set $fdstat (call $allocate (local.get $region) (i32.const 24)))
    (call $fill (local.get $fdstat) (i32.const 0) (i32.const 24) (i32.const 0xff))
    (local.get $fdstat))
  (func $fields (param $fdstat {seg}) (result i32 i32 i64 i64)
    (call $filetype (local.get $fdstat)) (call $flags (local.get $fdstat)) (call $rights_base (local.get $fdstat))
    (call $rights_inheriting (local.get $fdstat)))

  (func (export "raw") (param $fd i32) (result i32 i32 i32 i64 i64) (local $region i32) (local $fdstat {seg})
    (call $open (local.tee $region (call $new)))
    (drop (call $fd_fdstat_set_flags (i32.const 4) (i32.const 1)))
    (local.set $fdstat (call $new_fdstat (local.get $region)))
    (call $raw (local.get $fd) (call $address (local.get $fdstat))) (call $fields (local.get $fdstat)))

  (func (export "lifted") (param $fd i32) (result i32 i32 i32 i64 i64) (local $region i32) (local $fdstat {seg})
    (call $open (local.tee $region (call $new)))
    (drop (call $fd_fdstat_set_flags (i32.const 4) (i32.const 1)))
    (local.set $fdstat (call $new_fdstat (local.get $region)))
    (call $lifted (local.get $fd) (local.get $fdstat)) (call $fields (local.get $fdstat))))

;; run: raw(3) == (0, 3, 0, 0x7b7fe00, 0xff7ffff)
;; run: lifted(3) == (0, 3, 0, 0x7b7fe00, 0xff7ffff)
;; run: raw(4) == (0, 4, 1, 0x3fffffff, 0x3fffffff)
;; run: lifted(4) == (0, 4, 1, 0x3fffffff, 0x3fffffff)
;; run: raw(99) == (8, 255, 65535, -1, -1)
;; run: lifted(99) == (8, 255, 65535, -1, -1)
