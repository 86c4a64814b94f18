;;! representations: i32 i64 anyref
;;! directories: / /other
;; Links sub/inner.txt of one directory as `name` in another one: the file is found there, and has two links.
;; A missing file gives NOENT (44); wasmtime does not follow links (lookup 1: INVAL, 28); either descriptor may be bad
;; (BADF, 8).

(module
  (import "wasi_snapshot_preview1" "path_link" (func $raw (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "linmem" "wasi.path_link" (func $lifted (param i32 i32 {seg} {bytes} i32 {seg} {bytes}) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_filestat_get" (func $path_filestat_get (param i32 i32 {seg} {bytes} {seg}) (result i32)))
  (import "linmem" "wasi.filestat.size" (func $size (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.nlink" (func $nlink (param {seg}) (result i64)))

  ;; The text "sub/inner.txt".
  (func $inner (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 13)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x656e6e692f627573))
    (call $setLong (local.get $s) (i32.const 5) (i64.const 0x7478742e72656e6e))
    (local.get $s))
  ;; The text "name".
  (func $name (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x656d616e))
    (local.get $s))
  ;; The errno, the number of links and the size of the new name, looked up in the second directory.
  (func $found (param $r i32) (param $name {seg}) (result i32 i64 i64) (local $stat {seg})
    (local.set $stat (call $allocate (local.get $r) (i32.const 64)))
    (call $fill (local.get $stat) (i32.const 0) (i32.const 64) (i32.const 0))
    (call $path_filestat_get (i32.const 4) (i32.const 0) (local.get $name) {size:4} (local.get $stat))
    (call $nlink (local.get $stat)) (call $size (local.get $stat)))

  (func (export "raw") (param $old i32) (param $lookup i32) (param $new i32) (result i32 i32 i64 i64)
    (local $r i32) (local $name {seg})
    (local.set $name (call $name (local.tee $r (call $new))))
    (call $raw (local.get $old) (local.get $lookup) (call $address (call $inner (local.get $r))) (i32.const 13)
      (local.get $new) (call $address (local.get $name)) (i32.const 4))
    (call $found (local.get $r) (local.get $name)))
  (func (export "lifted") (param $old i32) (param $lookup i32) (param $new i32) (result i32 i32 i64 i64)
    (local $r i32) (local $name {seg})
    (local.set $name (call $name (local.tee $r (call $new))))
    (call $lifted (local.get $old) (local.get $lookup) (call $inner (local.get $r)) {size:13}
      (local.get $new) (local.get $name) {size:4})
    (call $found (local.get $r) (local.get $name))))

;; run: raw(3, 0, 4) == (0, 0, 2, 5)
;; run: lifted(3, 0, 4) == (0, 0, 2, 5)
;; run: raw(4, 0, 3) == (44, 44, 0, 0)
;; run: lifted(4, 0, 3) == (44, 44, 0, 0)
;; run: raw(3, 1, 4) == (28, 44, 0, 0)
;; run: lifted(3, 1, 4) == (28, 44, 0, 0)
;; run: raw(99, 0, 4) == (8, 44, 0, 0)
;; run: lifted(99, 0, 4) == (8, 44, 0, 0)
;; run: raw(3, 0, 99) == (8, 44, 0, 0)
;; run: lifted(3, 0, 99) == (8, 44, 0, 0)
