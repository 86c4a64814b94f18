;;! representations: i32 i64 anyref
;;! directories: files
;; Sets the times of hello.txt through `link` (lookup 1), or those of the link itself (lookup 0). The flags select the
;; times: 1 the given time of reads, 2 now, 4 the given time of writes, 8 now; 1 and 2 exclude each other (INVAL, 28).

(module
  (import "wasi_snapshot_preview1" "path_filestat_set_times"
    (func $raw (param i32 i32 i32 i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.path_filestat_set_times"
    (func $lifted (param i32 i32 {seg} {bytes} i64 i64 i32) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "wasi.path_filestat_get" (func $path_filestat_get (param i32 i32 {seg} {bytes} {seg}) (result i32)))
  (import "linmem" "wasi.filestat.atim" (func $atim (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.mtim" (func $mtim (param {seg}) (result i64)))

  ;; The text "link".
  (func $link (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x6b6e696c))
    (local.get $s))
  ;; Whether hello.txt has the one time, and whether it has the other.
  (func $found (param $r i32) (param $link {seg}) (result i32 i32) (local $stat {seg})
    (local.set $stat (call $allocate (local.get $r) (i32.const 64)))
    (drop (call $path_filestat_get (i32.const 3) (i32.const 1) (local.get $link) {size:4} (local.get $stat)))
    (i64.eq (call $atim (local.get $stat)) (i64.const 1_000_000_000))
    (i64.eq (call $mtim (local.get $stat)) (i64.const 2_000_000_000)))

  (func (export "raw") (param $fd i32) (param $lookup i32) (param $flags i32) (result i32 i32 i32)
    (local $r i32) (local $link {seg})
    (local.set $link (call $link (local.tee $r (call $new))))
    (call $raw (local.get $fd) (local.get $lookup) (call $address (local.get $link)) (i32.const 4)
      (i64.const 1_000_000_000) (i64.const 2_000_000_000) (local.get $flags))
    (call $found (local.get $r) (local.get $link)))
  (func (export "lifted") (param $fd i32) (param $lookup i32) (param $flags i32) (result i32 i32 i32)
    (local $r i32) (local $link {seg})
    (local.set $link (call $link (local.tee $r (call $new))))
    (call $lifted (local.get $fd) (local.get $lookup) (local.get $link) {size:4}
      (i64.const 1_000_000_000) (i64.const 2_000_000_000) (local.get $flags))
    (call $found (local.get $r) (local.get $link))))

;; run: raw(3, 1, 5) == (0, 1, 1)
;; run: lifted(3, 1, 5) == (0, 1, 1)
;; run: raw(3, 1, 1) == (0, 1, 0)
;; run: lifted(3, 1, 1) == (0, 1, 0)
;; run: raw(3, 1, 4) == (0, 0, 1)
;; run: lifted(3, 1, 4) == (0, 0, 1)
;; run: raw(3, 0, 5) == (0, 0, 0)
;; run: lifted(3, 0, 5) == (0, 0, 0)
;; run: raw(3, 1, 3) == (28, 0, 0)
;; run: lifted(3, 1, 3) == (28, 0, 0)
;; run: raw(99, 1, 5) == (8, 0, 0)
;; run: lifted(99, 1, 5) == (8, 0, 0)
