;;! representations: i32 i64 anyref
;;! directories: / /other
;; Moves sub/inner.txt of one directory to `name` in another one: there it has its size, and the old name does not exist
;; (NOENT, 44). The same errno results if the directories are swapped. With a bad descriptor (BADF, 8), nothing happens.

(module
  (import "wasi_snapshot_preview1" "path_rename" (func $raw (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "linmem" "wasi.path_rename" (func $lifted (param i32 {seg} {bytes} i32 {seg} {bytes}) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_filestat_get" (func $path_filestat_get (param i32 i32 {seg} {bytes} {seg}) (result i32)))
  (import "linmem" "wasi.filestat.size" (func $size (param {seg}) (result i64)))

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
  ;; The errno for the old name, and the errno and the size for the new one.
  (func $found (param $r i32) (param $inner {seg}) (param $name {seg}) (result i32 i32 i64) (local $stat {seg})
    (local.set $stat (call $allocate (local.get $r) (i32.const 64)))
    (call $path_filestat_get (i32.const 3) (i32.const 0) (local.get $inner) {size:13} (local.get $stat))
    (call $fill (local.get $stat) (i32.const 0) (i32.const 64) (i32.const 0))
    (call $path_filestat_get (i32.const 4) (i32.const 0) (local.get $name) {size:4} (local.get $stat))
    (call $size (local.get $stat)))

  (func (export "raw") (param $old i32) (param $new i32) (result i32 i32 i32 i64)
    (local $r i32) (local $inner {seg}) (local $name {seg})
    (local.set $inner (call $inner (local.tee $r (call $new))))
    (local.set $name (call $name (local.get $r)))
    (call $raw (local.get $old) (call $address (local.get $inner)) (i32.const 13)
      (local.get $new) (call $address (local.get $name)) (i32.const 4))
    (call $found (local.get $r) (local.get $inner) (local.get $name)))
  (func (export "lifted") (param $old i32) (param $new i32) (result i32 i32 i32 i64)
    (local $r i32) (local $inner {seg}) (local $name {seg})
    (local.set $inner (call $inner (local.tee $r (call $new))))
    (local.set $name (call $name (local.get $r)))
    (call $lifted (local.get $old) (local.get $inner) {size:13} (local.get $new) (local.get $name) {size:4})
    (call $found (local.get $r) (local.get $inner) (local.get $name))))

;; run: raw(3, 4) == (0, 44, 0, 5)
;; run: lifted(3, 4) == (0, 44, 0, 5)
;; run: raw(4, 3) == (44, 0, 44, 0)
;; run: lifted(4, 3) == (44, 0, 44, 0)
;; run: raw(99, 4) == (8, 0, 44, 0)
;; run: lifted(99, 4) == (8, 0, 44, 0)
;; run: raw(3, 99) == (8, 0, 44, 0)
;; run: lifted(3, 99) == (8, 0, 44, 0)
