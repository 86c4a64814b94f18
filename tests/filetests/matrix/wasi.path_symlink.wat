;;! representations: i32 i64 anyref
;;! directories: / /other
;; Makes a link `name` in the second directory to which.txt in the same one: it leads to a file of 6 bytes, and its
;; target is read back. In the first directory, the target does not exist (NOENT, 44), but the link is made.

(module
  (import "wasi_snapshot_preview1" "path_symlink" (func $raw (param i32 i32 i32 i32 i32) (result i32)))
  (import "linmem" "wasi.path_symlink" (func $lifted (param {seg} {bytes} i32 {seg} {bytes}) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_filestat_get" (func $path_filestat_get (param i32 i32 {seg} {bytes} {seg}) (result i32)))
  (import "linmem" "wasi.path_readlink" (func $path_readlink (param i32 {seg} {bytes} {seg} {bytes}) (result i32 i32)))
  (import "linmem" "wasi.filestat.size" (func $size (param {seg}) (result i64)))

  ;; The text "which.txt".
  (func $which (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 9)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x78742e6863696877))
    (call $setByte (local.get $s) (i32.const 8) (i32.const 0x74))
    (local.get $s))
  ;; The text "name".
  (func $name (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x656d616e))
    (local.get $s))
  ;; The errno of following the link, the size of the file, and the size of the target with its last eight bytes.
  (func $found (param $r i32) (param $fd i32) (param $name {seg}) (result i32 i64 i32 i64)
    (local $stat {seg}) (local $count i32)
    (local.set $stat (call $allocate (local.get $r) (i32.const 64)))
    (call $fill (local.get $stat) (i32.const 0) (i32.const 64) (i32.const 0))
    (call $path_filestat_get (local.get $fd) (i32.const 1) (local.get $name) {size:4} (local.get $stat))
    (call $size (local.get $stat))
    (call $path_readlink (local.get $fd) (local.get $name) {size:4} (local.get $stat) {size:64})
    (local.set $count) (drop)
    (local.get $count) (call $getLong (local.get $stat) (i32.const 1)))

  (func (export "raw") (param $fd i32) (result i32 i32 i32 i64 i32 i64)
    (local $r i32) (local $which {seg}) (local $name {seg})
    (local.set $which (call $which (local.tee $r (call $new))))
    (local.set $name (call $name (local.get $r)))
    (call $raw (call $address (local.get $which)) (i32.const 9) (local.get $fd)
      (call $address (local.get $name)) (i32.const 4))
    ;; The same again: the link exists (EXIST, 20).
    (call $raw (call $address (local.get $which)) (i32.const 9) (local.get $fd)
      (call $address (local.get $name)) (i32.const 4))
    (call $found (local.get $r) (local.get $fd) (local.get $name)))
  (func (export "lifted") (param $fd i32) (result i32 i32 i32 i64 i32 i64)
    (local $r i32) (local $which {seg}) (local $name {seg})
    (local.set $which (call $which (local.tee $r (call $new))))
    (local.set $name (call $name (local.get $r)))
    (call $lifted (local.get $which) {size:9} (local.get $fd) (local.get $name) {size:4})
    (call $lifted (local.get $which) {size:9} (local.get $fd) (local.get $name) {size:4})
    (call $found (local.get $r) (local.get $fd) (local.get $name))))

;; `hich.txt`
;; run: raw(4) == (0, 20, 0, 6, 9, 0x7478742e68636968)
;; run: lifted(4) == (0, 20, 0, 6, 9, 0x7478742e68636968)
;; run: raw(3) == (0, 20, 44, 0, 9, 0x7478742e68636968)
;; run: lifted(3) == (0, 20, 44, 0, 9, 0x7478742e68636968)
;; run: raw(99) == (8, 8, 8, 0, 0, 0)
;; run: lifted(99) == (8, 8, 8, 0, 0, 0)
