;;! representations: i32 i64 anyref
;;! directories: files
;; The entries of a directory from a cookie on: sub, descriptor 4, has `.`, `..` and inner.txt. Each entry has
;; the cookie of the next one, whether it is the directory itself, its size, its type and the first byte of its
;; name. What does not fit is cut off. Standard input is not a directory, and 99 is not a descriptor (both BADF).

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setShort" (func $setShort (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_filestat_get" (func $fd_filestat_get (param i32 {seg}) (result i32)))
  (import "linmem" "wasi.filestat.ino" (func $ino (param {seg}) (result i64)))
  (import "linmem" "wasi.dirent.next" (func $next (param {seg}) (result i64)))
  (import "linmem" "wasi.dirent.ino" (func $entry_ino (param {seg}) (result i64)))
  (import "linmem" "wasi.dirent.namlen" (func $namlen (param {seg}) (result i32)))
  (import "linmem" "wasi.dirent.type" (func $type (param {seg}) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $raw (param i32 i32 i32 i64 i32) (result i32)))
  (import "linmem" "wasi.fd_readdir" (func $lifted (param i32 {seg} {bytes} i64) (result i32 i32)))
  (import "linmem" "wasi.fd_readdir" (func $folded (param i32 {seg} {bytes} i64) (result i32)))

  ;; Opens sub, a directory (oflags 2), for reading (rights 0x4002). It is the first one that is opened: descriptor 4.
  (func $open (param $region i32) (local $path {seg})
    (local.set $path (call $allocate (local.get $region) (i32.const 3)))
    (call $setShort (local.get $path) (i32.const 0) (i32.const 0x7573)) ;; "su"
    (call $setByte (local.get $path) (i32.const 2) (i32.const 0x62)) ;; "b"
    (drop (call $path_open (i32.const 3) (i32.const 0) (local.get $path) {size:3} (i32.const 2)
      (i64.const 0x4002) (i64.const 0) (i32.const 0))))
  (func $new_entries (param $region i32) (result {seg}) (local $entries {seg})
    (local.set $entries (call $allocate (local.get $region) (i32.const 128)))
    (call $fill (local.get $entries) (i32.const 0) (i32.const 128) (i32.const 0))
    (local.get $entries))
  (func $is_directory_itself (param $region i32) (param $entry {seg}) (result i32) (local $filestat {seg})
    (local.set $filestat (call $allocate (local.get $region) (i32.const 64)))
    (drop (call $fd_filestat_get (i32.const 4) (local.get $filestat)))
    (i64.eq (call $entry_ino (local.get $entry)) (call $ino (local.get $filestat))))
  (func $first (param $region i32) (param $entries {seg}) (result i64 i32 i32 i32 i32)
    (call $next (local.get $entries)) (call $is_directory_itself (local.get $region) (local.get $entries))
    (call $namlen (local.get $entries)) (call $type (local.get $entries))
    (call $getUByte (local.get $entries) (i32.const 24)))

  ;; The errno, the count, and the fields of the first entry.
  (func (export "raw") (param $fd i32) (param $cookie i64) (result i32 i32 i64 i32 i32 i32 i32)
    (local $region i32) (local $entries {seg}) (local $count {seg})
    (call $open (local.tee $region (call $new)))
    (local.set $entries (call $new_entries (local.get $region)))
    (local.set $count (call $allocate (local.get $region) (i32.const 4)))
    (call $setInt (local.get $count) (i32.const 0) (i32.const 0))
    (call $raw (local.get $fd) (call $address (local.get $entries)) (i32.const 128) (local.get $cookie)
      (call $address (local.get $count)))
    (call $getInt (local.get $count) (i32.const 0)) (call $first (local.get $region) (local.get $entries)))

  (func (export "lifted") (param $fd i32) (param $cookie i64) (result i32 i32 i64 i32 i32 i32 i32)
    (local $region i32) (local $entries {seg})
    (call $open (local.tee $region (call $new)))
    (local.set $entries (call $new_entries (local.get $region)))
    (call $lifted (local.get $fd) (local.get $entries) {size:128} (local.get $cookie))
    (call $first (local.get $region) (local.get $entries)))

  ;; With room for 26 bytes: the byte after them, where the third byte of the name would be, is not changed.
  (func (export "raw_short") (param $fd i32) (param $cookie i64) (result i32 i32 i32 i32)
    (local $region i32) (local $entries {seg}) (local $count {seg})
    (call $open (local.tee $region (call $new)))
    (local.set $entries (call $new_entries (local.get $region)))
    (local.set $count (call $allocate (local.get $region) (i32.const 4)))
    (call $raw (local.get $fd) (call $address (local.get $entries)) (i32.const 26) (local.get $cookie)
      (call $address (local.get $count)))
    (call $getInt (local.get $count) (i32.const 0))
    (call $namlen (local.get $entries)) (call $getInt (local.get $entries) (i32.const 24)))

  (func (export "lifted_short") (param $fd i32) (param $cookie i64) (result i32 i32 i32 i32)
    (local $region i32) (local $entries {seg})
    (call $open (local.tee $region (call $new)))
    (local.set $entries (call $new_entries (local.get $region)))
    (call $lifted (local.get $fd) (call $slice (local.get $entries) (i32.const 0) (i32.const 26)) {size:26}
      (local.get $cookie))
    (call $namlen (local.get $entries)) (call $getInt (local.get $entries) (i32.const 24)))

  (func (export "folded") (param $fd i32) (param $cookie i64) (result i32) (local $region i32)
    (call $open (local.tee $region (call $new)))
    (call $folded (local.get $fd) (call $new_entries (local.get $region)) {size:128} (local.get $cookie))))

;; run: raw(4, 0) == (0, 84, 1, 1, 1, 3, 46)
;; run: lifted(4, 0) == (0, 84, 1, 1, 1, 3, 46)
;; run: raw(4, 2) == (0, 33, 3, 0, 9, 4, 105)
;; run: lifted(4, 2) == (0, 33, 3, 0, 9, 4, 105)
;; run: raw(4, 3) == (0, 0, 0, 0, 0, 0, 0)
;; run: lifted(4, 3) == (0, 0, 0, 0, 0, 0, 0)
;; run: raw(0, 0) == (8, 0, 0, 0, 0, 0, 0)
;; run: lifted(0, 0) == (8, 0, 0, 0, 0, 0, 0)
;; run: raw(99, 0) == (8, 0, 0, 0, 0, 0, 0)
;; run: lifted(99, 0) == (8, 0, 0, 0, 0, 0, 0)
;; run: raw_short(4, 2) == (0, 26, 9, 0x6e69)
;; run: lifted_short(4, 2) == (0, 26, 9, 0x6e69)
;; run: folded(4, 0) == 84
;; run: folded(4, 2) == 33
;; run: folded(99, 0) == -8
