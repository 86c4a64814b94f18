;;! representations: i32 i64 anyref
;;! directories: files
;; Opens `link` and writes two bytes through the new descriptor: errno and descriptor of the open, errno of the write,
;; and the size of the file after it. Every operand has an effect: lookup 0 does not follow the link (LOOP, 32); oflags 8
;; truncates, 2 requires a directory (NOTDIR, 54), 5 a new file (EXIST, 20); without the right 64 among the base rights,
;; writing fails (BADF, 8), whatever the inherited rights are; with flag 1, the write appends. Folded, the file
;; is `gone`: it does not exist (NOENT, 44), unless it is created (oflags 1).

(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $raw (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "linmem" "wasi.path_open" (func $lifted (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32 i32)))
  (import "linmem" "wasi.path_open" (func $folded (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "wasi.path_filestat_get" (func $path_filestat_get (param i32 i32 {seg} {bytes} {seg}) (result i32)))
  (import "linmem" "wasi.fd_write" (func $fd_write (param i32 {seg} {bytes}) (result i32 i32)))
  (import "linmem" "wasi.filestat.size" (func $size (param {seg}) (result i64)))

  ;; The text "link".
  (func $link (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x6b6e696c))
    (local.get $s))
  ;; The text "gone".
  (func $gone (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x656e6f67))
    (local.get $s))
  ;; The errno of writing two bytes, and the size of the file after it.
  (func $used (param $r i32) (param $fd i32) (param $link {seg}) (result i32 i64) (local $stat {seg})
    (drop (call $fd_write (local.get $fd) (call $slice (local.get $link) (i32.const 0) (i32.const 2)) {size:2}))
    (local.set $stat (call $allocate (local.get $r) (i32.const 64)))
    (drop (call $path_filestat_get (i32.const 3) (i32.const 1) (local.get $link) {size:4} (local.get $stat)))
    (call $size (local.get $stat)))

  (func (export "raw") (param $fd i32) (param $lookup i32) (param $oflags i32) (param $base i64) (param $flags i32)
    (result i32 i32 i32 i64) (local $r i32) (local $link {seg}) (local $new {seg})
    (local.set $link (call $link (local.tee $r (call $new))))
    (local.set $new (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $new) (i32.const 0) (i32.const 0))
    (call $raw (local.get $fd) (local.get $lookup) (call $address (local.get $link)) (i32.const 4)
      (local.get $oflags) (local.get $base) (i64.const 64) (local.get $flags) (call $address (local.get $new)))
    (call $getInt (local.get $new) (i32.const 0))
    (call $used (local.get $r) (call $getInt (local.get $new) (i32.const 0)) (local.get $link)))
  (func (export "lifted") (param $fd i32) (param $lookup i32) (param $oflags i32) (param $base i64) (param $flags i32)
    (result i32 i32 i32 i64) (local $r i32) (local $link {seg}) (local $new i32)
    (local.set $link (call $link (local.tee $r (call $new))))
    (call $lifted (local.get $fd) (local.get $lookup) (local.get $link) {size:4}
      (local.get $oflags) (local.get $base) (i64.const 64) (local.get $flags))
    (local.set $new)
    (local.get $new)
    (call $used (local.get $r) (local.get $new) (local.get $link)))
  (func (export "folded") (param $fd i32) (param $oflags i32) (result i32)
    (call $folded (local.get $fd) (i32.const 0) (call $gone (call $new)) {size:4}
      (local.get $oflags) (i64.const 66) (i64.const 0) (i32.const 0))))

;; run: raw(3, 1, 0, 66, 0) == (0, 4, 0, 13)
;; run: lifted(3, 1, 0, 66, 0) == (0, 4, 0, 13)
;; run: raw(3, 1, 0, 66, 1) == (0, 4, 0, 15)
;; run: lifted(3, 1, 0, 66, 1) == (0, 4, 0, 15)
;; run: raw(3, 1, 8, 66, 0) == (0, 4, 0, 2)
;; run: lifted(3, 1, 8, 66, 0) == (0, 4, 0, 2)
;; run: raw(3, 1, 0, 2, 0) == (0, 4, 8, 13)
;; run: lifted(3, 1, 0, 2, 0) == (0, 4, 8, 13)
;; run: raw(3, 0, 0, 66, 0) == (32, 0, 8, 13)
;; run: lifted(3, 0, 0, 66, 0) == (32, 0, 8, 13)
;; run: raw(3, 1, 2, 66, 0) == (54, 0, 8, 13)
;; run: lifted(3, 1, 2, 66, 0) == (54, 0, 8, 13)
;; run: raw(3, 1, 5, 66, 0) == (20, 0, 8, 13)
;; run: lifted(3, 1, 5, 66, 0) == (20, 0, 8, 13)
;; run: raw(99, 1, 0, 66, 0) == (8, 0, 8, 13)
;; run: lifted(99, 1, 0, 66, 0) == (8, 0, 8, 13)
;; run: folded(3, 1) == 4
;; run: folded(3, 0) == -44
;; run: folded(99, 1) == -8
