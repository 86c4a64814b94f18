;;! representations: i32 i64 anyref
;;! directories: files
;; Makes a directory and removes it again: the errno, and that of looking it up after that (NOENT, 44). Neither a
;; directory with a file in it (NOTEMPTY, 55) nor a link (NOTDIR, 54) is removed.

(module
  (import "wasi_snapshot_preview1" "path_remove_directory" (func $raw (param i32 i32 i32) (result i32)))
  (import "linmem" "wasi.path_remove_directory" (func $lifted (param i32 {seg} {bytes}) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "wasi.path_filestat_get" (func $path_filestat_get (param i32 i32 {seg} {bytes} {seg}) (result i32)))
  (import "linmem" "wasi.path_create_directory" (func $path_create_directory (param i32 {seg} {bytes}) (result i32)))

  ;; The text "made".
  (func $made (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x6564616d))
    (local.get $s))
  ;; The text "link".
  (func $link (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x6b6e696c))
    (local.get $s))
  ;; The text "./sub".
  (func $sub (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 5)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x75732f2e))
    (call $setInt (local.get $s) (i32.const 1) (i32.const 0x6275732f))
    (local.get $s))
  (func $make (param $r i32) (result {seg}) (local $made {seg})
    (local.set $made (call $made (local.get $r)))
    (drop (call $path_create_directory (i32.const 3) (local.get $made) {size:4}))
    (local.get $made))
  (func $found (param $r i32) (param $path {seg}) (result i32)
    (call $path_filestat_get (i32.const 3) (i32.const 0) (local.get $path) {size:4}
      (call $allocate (local.get $r) (i32.const 64))))

  (func (export "raw") (param $fd i32) (result i32 i32) (local $r i32) (local $made {seg})
    (local.set $made (call $make (local.tee $r (call $new))))
    (call $raw (local.get $fd) (call $address (local.get $made)) (i32.const 4))
    (call $found (local.get $r) (local.get $made)))
  (func (export "lifted") (param $fd i32) (result i32 i32) (local $r i32) (local $made {seg})
    (local.set $made (call $make (local.tee $r (call $new))))
    (call $lifted (local.get $fd) (local.get $made) {size:4})
    (call $found (local.get $r) (local.get $made)))
  (func (export "raw_others") (result i32 i32) (local $r i32)
    (local.set $r (call $new))
    (call $raw (i32.const 3) (call $address (call $sub (local.get $r))) (i32.const 5))
    (call $raw (i32.const 3) (call $address (call $link (local.get $r))) (i32.const 4)))
  (func (export "lifted_others") (result i32 i32) (local $r i32)
    (local.set $r (call $new))
    (call $lifted (i32.const 3) (call $sub (local.get $r)) {size:5})
    (call $lifted (i32.const 3) (call $link (local.get $r)) {size:4})))

;; run: raw(3) == (0, 44)
;; run: lifted(3) == (0, 44)
;; run: raw(99) == (8, 0)
;; run: lifted(99) == (8, 0)
;; run: raw_others() == (55, 54)
;; run: lifted_others() == (55, 54)
