;;! representations: i32 i64 anyref
;;! directories: files
;; Makes a directory: the path then leads to a directory (3), and making it again fails (EXIST, 20).

(module
  (import "wasi_snapshot_preview1" "path_create_directory" (func $raw (param i32 i32 i32) (result i32)))
  (import "linmem" "wasi.path_create_directory" (func $lifted (param i32 {seg} {bytes}) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_filestat_get" (func $path_filestat_get (param i32 i32 {seg} {bytes} {seg}) (result i32)))
  (import "linmem" "wasi.filestat.filetype" (func $filetype (param {seg}) (result i32)))

  ;; The text "sub/made".
  (func $path (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x6564616d2f627573))
    (local.get $s))
  ;; The type of what the path leads to, or minus the errno.
  (func $type (param $r i32) (param $path {seg}) (result i32) (local $stat {seg}) (local $errno i32)
    (local.set $stat (call $allocate (local.get $r) (i32.const 64)))
    (local.set $errno
      (call $path_filestat_get (i32.const 3) (i32.const 0) (local.get $path) {size:8} (local.get $stat)))
    (if (result i32) (local.get $errno)
      (then (i32.sub (i32.const 0) (local.get $errno)))
      (else (call $filetype (local.get $stat)))))

  (func (export "raw") (param $fd i32) (result i32 i32 i32) (local $r i32) (local $path {seg})
    (local.set $path (call $path (local.tee $r (call $new))))
    (call $raw (local.get $fd) (call $address (local.get $path)) (i32.const 8))
    (call $type (local.get $r) (local.get $path))
    (call $raw (local.get $fd) (call $address (local.get $path)) (i32.const 8)))
  (func (export "lifted") (param $fd i32) (result i32 i32 i32) (local $r i32) (local $path {seg})
    (local.set $path (call $path (local.tee $r (call $new))))
    (call $lifted (local.get $fd) (local.get $path) {size:8})
    (call $type (local.get $r) (local.get $path))
    (call $lifted (local.get $fd) (local.get $path) {size:8}))
)

;; run: raw(3) == (0, 3, 20)
;; run: lifted(3) == (0, 3, 20)
;; run: raw(99) == (8, -44, 8)
;; run: lifted(99) == (8, -44, 8)
