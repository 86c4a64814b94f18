;;! representations: i32 i64 anyref
;;! directories: /
;; The rest of a file, in a segment of the region; the next allocation starts right after it.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "wasi.open" (func $open (param {seg} {bytes} i32) (result i32)))
  (import "linmem" "wasi.fd_seek" (func $fd_seek (param i32 i64 i32) (result i64)))
  (import "linmem" "wasi.read_to_end" (func $read_to_end (param i32 i32) (result i32 {seg} {bytes})))
  (global $region (mut i32) (i32.const 0))
  ;; hello.txt, at an offset
  (func $file (param $offset i64) (result i32) (local $path {seg}) (local $fd i32)
    (global.set $region (call $new))
    (local.set $path (call $allocate (global.get $region) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568))
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74))
    (local.set $fd (call $open (local.get $path) {size:9} (i32.const 0)))
    (drop (call $fd_seek (local.get $fd) (local.get $offset) (i32.const 0)))
    (local.get $fd))
  (func (export "read") (param $offset i64) (result i32 i64 i32 i32) (local $s {seg}) (local $errno i32) (local $fd i32)
    (local.set $fd (call $file (local.get $offset)))
    (call $read_to_end (global.get $region) (local.get $fd))
    {drop}
    (local.set $s) (local.set $errno)
    (local.get $errno)
    (call $getLong (local.get $s) (i32.const 0))
    (call $getUByte (local.get $s) (i32.const 8))
    ;; the distance from the end of this segment to the next one
    (i32.sub (call $address (call $allocate (global.get $region) (call $getUByte (local.get $s) (i32.const 0)))) (call $address (local.get $s))))
  (func (export "bad") (result i32) (local $s {seg}) (local $errno i32)
    (call $read_to_end (call $new) (i32.const 99))
    {drop}
    (local.set $s) (local.set $errno)
    (local.get $errno)))

;; "Hello, f", "i"; "ello, fi", "l"
;; run: read(0) == (0, 0x66202c6f6c6c6548, 0x69, 16)
;; run: read(1) == (0, 0x6966202c6f6c6c65, 0x6c, 16)
;; run: bad() == 8
