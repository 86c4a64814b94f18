;;! representations: i32 i64 anyref
;;! directories: files
;; Removes `link`: the errno, that of looking it up after that (NOENT, 44), that of looking up the file that it led to,
;; which is kept, and that of removing it again. A directory is not a file (ISDIR, 31).

(module
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $raw (param i32 i32 i32) (result i32)))
  (import "linmem" "wasi.path_unlink_file" (func $lifted (param i32 {seg} {bytes}) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setShort" (func $setShort (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_filestat_get" (func $path_filestat_get (param i32 i32 {seg} {bytes} {seg}) (result i32)))

  ;; The text "link".
  (func $link (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x6b6e696c))
    (local.get $s))
  ;; The text "hello.txt".
  (func $hello (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 9)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x78742e6f6c6c6568))
    (call $setByte (local.get $s) (i32.const 8) (i32.const 0x74))
    (local.get $s))
  ;; The text "sub".
  (func $sub (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 3)))
    (call $setShort (local.get $s) (i32.const 0) (i32.const 0x7573))
    (call $setByte (local.get $s) (i32.const 2) (i32.const 0x62))
    (local.get $s))
  (func $found (param $r i32) (param $link {seg}) (result i32 i32) (local $stat {seg})
    (local.set $stat (call $allocate (local.get $r) (i32.const 64)))
    (call $path_filestat_get (i32.const 3) (i32.const 0) (local.get $link) {size:4} (local.get $stat))
    (call $path_filestat_get (i32.const 3) (i32.const 0) (call $hello (local.get $r)) {size:9} (local.get $stat)))

  (func (export "raw") (param $fd i32) (result i32 i32 i32 i32) (local $r i32) (local $link {seg})
    (local.set $link (call $link (local.tee $r (call $new))))
    (call $raw (local.get $fd) (call $address (local.get $link)) (i32.const 4))
    (call $found (local.get $r) (local.get $link))
    (call $raw (local.get $fd) (call $address (local.get $link)) (i32.const 4)))
  (func (export "lifted") (param $fd i32) (result i32 i32 i32 i32) (local $r i32) (local $link {seg})
    (local.set $link (call $link (local.tee $r (call $new))))
    (call $lifted (local.get $fd) (local.get $link) {size:4})
    (call $found (local.get $r) (local.get $link))
    (call $lifted (local.get $fd) (local.get $link) {size:4}))
  (func (export "raw_directory") (result i32)
    (call $raw (i32.const 3) (call $address (call $sub (call $new))) (i32.const 3)))
  (func (export "lifted_directory") (result i32)
    (call $lifted (i32.const 3) (call $sub (call $new)) {size:3})))

;; run: raw(3) == (0, 44, 0, 44)
;; run: lifted(3) == (0, 44, 0, 44)
;; run: raw(99) == (8, 0, 0, 8)
;; run: lifted(99) == (8, 0, 0, 8)
;; run: raw_directory() == 31
;; run: lifted_directory() == 31
