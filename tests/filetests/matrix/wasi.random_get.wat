;;! representations: i32 i64 anyref
;;! directories: files
;; Random bytes in the middle of a segment: of its six longs, the four in the middle (bits 1 to 4, 0x1e) change, and
;; change again with a second call; those beside them do not. In a segment of no bytes, nothing changes.

(module
  (import "wasi_snapshot_preview1" "random_get" (func $raw (param i32 i32) (result i32)))
  (import "linmem" "wasi.random_get" (func $lifted (param {seg} {bytes}) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))

  (func $segment (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 48)))
    (call $fill (local.get $s) (i32.const 0) (i32.const 48) (i32.const 0x2a))
    (local.get $s))
  ;; A bit for each long that was changed.
  (func $changed (param $s {seg}) (result i32) (local $i i32) (local $bits i32)
    (loop $longs
      (local.set $bits (i32.or (local.get $bits) (i32.shl
        (i64.ne (call $getLong (local.get $s) (i32.shl (local.get $i) (i32.const 3))) (i64.const 0x2a2a2a2a2a2a2a2a))
        (local.get $i))))
      (br_if $longs (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 6))))
    (local.get $bits))

  (func (export "raw") (result i32 i32 i32 i32) (local $s {seg}) (local $first i64)
    (local.set $s (call $segment (call $new)))
    (call $raw (i32.add (call $address (local.get $s)) (i32.const 8)) (i32.const 32))
    (call $changed (local.get $s))
    (local.set $first (call $getLong (local.get $s) (i32.const 32)))
    (call $raw (i32.add (call $address (local.get $s)) (i32.const 8)) (i32.const 32))
    (i64.ne (call $getLong (local.get $s) (i32.const 32)) (local.get $first)))
  (func (export "lifted") (result i32 i32 i32 i32) (local $s {seg}) (local $first i64)
    (local.set $s (call $segment (call $new)))
    (call $lifted (call $slice (local.get $s) (i32.const 8) (i32.const 32)) {size:32})
    (call $changed (local.get $s))
    (local.set $first (call $getLong (local.get $s) (i32.const 32)))
    (call $lifted (call $slice (local.get $s) (i32.const 8) (i32.const 32)) {size:32})
    (i64.ne (call $getLong (local.get $s) (i32.const 32)) (local.get $first)))
  (func (export "raw_none") (result i32 i32) (local $s {seg})
    (local.set $s (call $segment (call $new)))
    (call $raw (call $address (local.get $s)) (i32.const 0)) (call $changed (local.get $s)))
  (func (export "lifted_none") (result i32 i32) (local $s {seg})
    (local.set $s (call $segment (call $new)))
    (call $lifted (call $slice (local.get $s) (i32.const 0) (i32.const 0)) {size:0}) (call $changed (local.get $s))))

;; run: raw() == (0, 0x1e, 0, 1)
;; run: lifted() == (0, 0x1e, 0, 1)
;; run: raw_none() == (0, 0)
;; run: lifted_none() == (0, 0)
