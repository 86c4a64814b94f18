;;! representations: i32 i64 anyref
;;! directories: files
;; The properties of `link`, or (lookup 1) of the file that it leads to: errno, type, links, size, and whether the file
;; was modified at a time that a clock can show. A record that is too short is out of bounds.

(module
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $raw (param i32 i32 i32 i32 i32) (result i32)))
  (import "linmem" "wasi.path_filestat_get" (func $lifted (param i32 i32 {seg} {bytes} {seg}) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "wasi.filestat.filetype" (func $filetype (param {seg}) (result i32)))
  (import "linmem" "wasi.filestat.size" (func $size (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.nlink" (func $nlink (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.mtim" (func $mtim (param {seg}) (result i64)))

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
  ;; A record with all bits set, so that every value found in it was written by the call.
  (func $stat (param $r i32) (result {seg}) (local $stat {seg})
    (local.set $stat (call $allocate (local.get $r) (i32.const 64)))
    (call $fill (local.get $stat) (i32.const 0) (i32.const 64) (i32.const 255))
    (local.get $stat))
  (func $found (param $stat {seg}) (result i32 i64 i64 i32)
    (call $filetype (local.get $stat)) (call $nlink (local.get $stat)) (call $size (local.get $stat))
    (i64.gt_s (call $mtim (local.get $stat)) (i64.const 0)))

  (func (export "raw") (param $fd i32) (param $lookup i32) (result i32 i32 i64 i64 i32)
    (local $r i32) (local $stat {seg})
    (local.set $stat (call $stat (local.tee $r (call $new))))
    (call $raw (local.get $fd) (local.get $lookup) (call $address (call $link (local.get $r))) (i32.const 4)
      (call $address (local.get $stat)))
    (call $found (local.get $stat)))
  (func (export "lifted") (param $fd i32) (param $lookup i32) (result i32 i32 i64 i64 i32)
    (local $r i32) (local $stat {seg})
    (local.set $stat (call $stat (local.tee $r (call $new))))
    (call $lifted (local.get $fd) (local.get $lookup) (call $link (local.get $r)) {size:4} (local.get $stat))
    (call $found (local.get $stat)))
  (func (export "raw_gone") (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $raw (i32.const 3) (i32.const 0) (call $address (call $gone (local.get $r))) (i32.const 4)
      (call $address (call $stat (local.get $r)))))
  (func (export "lifted_gone") (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $lifted (i32.const 3) (i32.const 0) (call $gone (local.get $r)) {size:4} (call $stat (local.get $r))))
  (func (export "short") (param $bytes i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $lifted (i32.const 3) (i32.const 0) (call $link (local.get $r)) {size:4}
      (call $slice (call $stat (local.get $r)) (i32.const 0) (local.get $bytes)))))

;; run: raw(3, 0) == (0, 7, 1, 9, 1)
;; run: lifted(3, 0) == (0, 7, 1, 9, 1)
;; run: raw(3, 1) == (0, 4, 1, 13, 1)
;; run: lifted(3, 1) == (0, 4, 1, 13, 1)
;; run: raw(99, 1) == (8, 255, -1, -1, 0)
;; run: lifted(99, 1) == (8, 255, -1, -1, 0)
;; run: raw_gone() == 44
;; run: lifted_gone() == 44
;; run: short(64) == 0
;; violation checked: OutOfBounds short(63)
