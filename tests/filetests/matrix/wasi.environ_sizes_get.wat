;;! representations: i32 i64 anyref
;;! env: A=1 B=
;; The number of texts of the environment and their size in bytes: "A=1" and "B=", each followed by a NUL. The function
;; has no operands, so that no error is possible.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $raw (param i32 i32) (result i32)))
  (import "linmem" "wasi.environ_sizes_get" (func $lifted (result i32 i32 i32)))

  (func (export "raw") (result i32 i32 i32) (local $sizes {seg})
    (local.set $sizes (call $allocate (call $new) (i32.const 8)))
    (call $setLong (local.get $sizes) (i32.const 0) (i64.const -1))
    (call $raw (call $address (local.get $sizes)) (i32.add (call $address (local.get $sizes)) (i32.const 4)))
    (call $getInt (local.get $sizes) (i32.const 0)) (call $getInt (local.get $sizes) (i32.const 4)))

  (func (export "lifted") (result i32 i32 i32) (call $lifted))

  ;; With an open region, whose memory is not changed.
  (func (export "lifted_in_region") (result i32 i32 i32 i64) (local $mine {seg})
    (local.set $mine (call $allocate (call $new) (i32.const 8)))
    (call $setLong (local.get $mine) (i32.const 0) (i64.const -1))
    (call $lifted) (call $getLong (local.get $mine) (i32.const 0))))

;; run: raw() == (0, 2, 7)
;; run: lifted() == (0, 2, 7)
;; run: lifted_in_region() == (0, 2, 7, -1)
