;;! representations: i32 i64 anyref
;;! directories: files
;; A directory is not a socket (NOTSOCK, 57), and a descriptor may be bad (BADF, 8). Nothing is sent: the count is 0.

(module
  (import "wasi_snapshot_preview1" "sock_send" (func $raw (param i32 i32 i32 i32 i32) (result i32)))
  (import "linmem" "wasi.sock_send" (func $lifted (param i32 {seg} {bytes} i32) (result i32 i32)))
  (import "linmem" "wasi.sock_send" (func $folded (param i32 {seg} {bytes} i32) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.iovec.set_buf" (func $set_buf (param {seg} i32)))
  (import "linmem" "wasi.iovec.set_buf_len" (func $set_buf_len (param {seg} i32)))

  ;; The text "datagram".
  (func $text (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x6d61726761746164))
    (local.get $s))
  (func (export "raw") (param $fd i32) (param $flags i32) (result i32 i32)
    (local $r i32) (local $iovec {seg}) (local $count {seg})
    (local.set $iovec (call $allocate (local.tee $r (call $new)) (i32.const 8)))
    (call $set_buf (local.get $iovec) (call $address (call $text (local.get $r))))
    (call $set_buf_len (local.get $iovec) (i32.const 8))
    (local.set $count (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $count) (i32.const 0) (i32.const 0))
    (call $raw (local.get $fd) (call $address (local.get $iovec)) (i32.const 1) (local.get $flags)
      (call $address (local.get $count)))
    (call $getInt (local.get $count) (i32.const 0)))
  (func (export "lifted") (param $fd i32) (param $flags i32) (result i32 i32)
    (call $lifted (local.get $fd) (call $text (call $new)) {size:8} (local.get $flags)))
  (func (export "folded") (param $fd i32) (param $flags i32) (result i32)
    (call $folded (local.get $fd) (call $text (call $new)) {size:8} (local.get $flags))))

;; run: raw(3, 0) == (57, 0)
;; run: lifted(3, 0) == (57, 0)
;; run: folded(3, 0) == -57
;; run: raw(99, 3) == (8, 0)
;; run: lifted(99, 3) == (8, 0)
;; run: folded(99, 3) == -8
