;;! representations: i32 i64 anyref
;;! stdin: abcdefg
;;! transfer: 3
;;! errnos: 29
;; One call of the host, which may read fewer bytes than fit into the segment.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "wasi.fd_read" (func $fd_read (param i32 {seg} {bytes}) (result i32 i32)))

  (func (export "read") (result i32 i32 i32) (local $s {seg}) (local $errno i32) (local $count i32)
    (local.set $s (call $allocate (call $new) (i32.const 8)))
    (call $fd_read (i32.const 0) (local.get $s) {size:8})
    (local.set $count) (local.set $errno)
    (local.get $errno) (local.get $count) (call $getUByte (local.get $s) (i32.const 1))))

;; run: read() == (29, 0, 0)
;; run: read() == (0, 3, 98)
;; run: read() == (0, 3, 101)
;; run: read() == (0, 1, 0)
;; run: read() == (0, 0, 0)
